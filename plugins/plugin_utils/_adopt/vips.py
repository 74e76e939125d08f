# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognize VIPs in hand-made configurations: a virtual router, and where its address leads on every member. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import SCHEDULERS
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.proxies import Proxy, proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.routers import Router
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.vrrp import LONG_INTERVAL
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import plain_address

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
#: Options of a section that an adopted VIP can replace. Lines that only inspect connections are dropped.
_FRONT = {"name", "mode", "bind", "options", "log", "timeouts", "maxconn", "default_backend", "tcp_request"}
_BACK = {"name", "mode", "options", "balance", "timeouts", "default_server", "servers", "retries", "tcp_check", "log"}
_BACK |= {"fullconn", "http_check"}
_LOOKS = re.compile(r"tcp-request (inspect-delay|content accept)|inspect-delay|content accept|option |log-format")
#: Options of a server that the profile derives itself.
_SERVER = {
    "name",
    "address",
    "port",
    "check",
    "inter",
    "fastinter",
    "downinter",
    "rise",
    "fall",
    "slowstart",
    "maxconn",
}
_SERVER |= {"maxqueue", "weight", "check_ssl", "verify", "ca_file", "on_marked_down", "on_error", "observe"}
#: Options of an instance that are derived, or that differ from member to member.
_DERIVED = {"name", "initial_state", "interface", "virtual_router_id", "priority", "virtual_ipaddress"}
_DERIVED |= {"unicast_src_ip", "unicast_peer", "track_script", "track_process", "exact"}


class Adopted(NamedTuple):
    """A recognized VIP. ``entry`` is an entry of ``k8s_edge_vips`` without its group; ``servers`` are addresses by
    name. ``absorbed`` are the sections of haproxy.cfg, as (kind, name), and ``services`` the virtual servers, as
    (address, port), that the entry replaces."""

    router: Router
    entry: dict[str, Any]
    servers: dict[str, str]
    absorbed: frozenset[tuple[str, str]] = frozenset()
    services: frozenset[tuple[str, Any]] = frozenset()


def adopted_vips(
    found: Sequence[Router], sources: Mapping[str, Source], values: Mapping[str, Mapping[str, Any]], verified: bool
) -> list[Adopted]:
    """The virtual routers that can become VIPs. ``values``: the values of ``keepalived`` and ``haproxy`` by host;
    ``verified``: the apiservers' CA is given."""
    adopted: list[Adopted] = []
    for router in found:
        entry = _entry(router, sources, [each.entry["name"] for each in adopted])
        if entry is None:
            continue
        alone = sum(bool(set(other.members) & set(router.members)) for other in found) == 1
        led = (
            _directed(router, values) or _proxied(router, values, alone, verified) or ({}, {}, frozenset(), frozenset())
        )
        adopted.append(Adopted(router, {**entry, **led[0]}, *led[1:]))
    return adopted


def _entry(router: Router, sources: Mapping[str, Source], taken: Sequence[str]) -> dict[str, Any] | None:
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", router.name)[:64]
    entries = router.entries
    families = [ip_address(plain_address(each["address"])).version for each in entries]
    members = list(router.members.values())
    sound = all(isinstance(one.get("virtual_router_id"), int) and one.get("interface") for one in members)
    if not sound or not entries or len(set(families)) < len(families) or not _NAME.fullmatch(name) or name in taken:
        return None
    if router.agreed("virtual_router_id") is None:
        return None
    if any(set(each) - {"address", "dev", "label", "broadcast", "preferred_lft"} for each in entries):
        return None
    entry: dict[str, Any] = {
        "name": name,
        "addresses": [str(ip_interface(str(each["address"]))) for each in entries],
        "virtual_router_id": members[0]["virtual_router_id"],
    }
    interface = router.agreed("interface")
    if interface:
        entry["interface"] = interface
    entry.update(_ranks(router, sources))
    entry["instance"] = _instance(router)
    return entry


def _ranks(router: Router, sources: Mapping[str, Source]) -> dict[str, Any]:
    """``priorities`` if all members have different ones; otherwise ``holder``, if exactly one member is or starts as
    MASTER."""
    ranks = {host: one.get("priority", 100) for host, one in router.members.items()}
    if len(set(ranks.values())) == len(ranks) and all(
        isinstance(each, int) and 1 <= each <= 254 for each in ranks.values()
    ):
        return {"priorities": ranks}
    holding = [
        host
        for host, one in router.members.items()
        for live in sources[host].instances
        if live.get("name") == one["name"] and live.get("state") == "MASTER"
    ]
    begins = [host for host, one in router.members.items() if str(one.get("initial_state")).upper() == "MASTER"]
    first = holding if len(holding) == 1 else begins
    return {"holder": first[0]} if len(first) == 1 else {}


def _instance(router: Router) -> dict[str, Any]:
    """The instance options that all members share and that are not derived. VRRP version and advertisement interval are
    kept, except an interval so long that a failed holder would be noticed too late."""
    members = list(router.members.values())
    kept = {
        option: value
        for option, value in members[0].items()
        if option not in _DERIVED and all(one.get(option) == value for one in members)
    }
    version = kept.get("version", 2)
    pace = kept.get("advert_int", 1)
    kept.update(version=version, advert_int=pace if isinstance(pace, (int, float)) and pace < LONG_INTERVAL else 1)
    return kept


def _proxied(
    router: Router, values: Mapping[str, Mapping[str, Any]], alone: bool, verified: bool
) -> tuple[dict[str, Any], dict[str, str], frozenset[tuple[str, str]], frozenset[tuple[str, Any]]] | None:
    """The entry's part for HAProxy, from the one frontend that all members have for the VIP. None unless it only passes
    TCP through."""
    addresses = {plain_address(each["address"]) for each in router.entries} | ({"*"} if alone else set())
    fits = []
    for host in router.members:
        found = proxies(values[host].get("haproxy") or {})
        backends = {proxy.name: proxy for proxy in found if proxy.kind == "backend"}
        fits.append([pair for proxy in found for pair in _pair(proxy, backends, addresses)])
    first = fits[0] if fits else []
    common = [pair for pair in first if all(_same(pair, others) for others in fits[1:])]
    if len(common) != 1:
        return None
    front, back = common[0]
    ports = {each.get("port") for each in back.servers}
    port, server_port = int(front.binds[0][1]), ports.pop()
    entry: dict[str, Any] = {"port": port, "profile": "tcp"}
    if server_port != port:
        entry["backend_port"] = server_port
    if back.apiservers and verified:
        entry["profile"] = "kube_apiserver"
    servers = {str(each["name"]): str(each["address"]) for each in back.servers}
    return entry, servers, frozenset({(front.kind, front.name), (back.kind, back.name)}), frozenset()


def _same(pair: tuple[Proxy, Proxy], others: Sequence[tuple[Proxy, Proxy]]) -> bool:
    front, back = pair
    return any(
        front.name == one.name
        and front.binds == one.binds
        and back.section.get("servers") == two.section.get("servers")
        for one, two in others
    )


def _pair(proxy: Proxy, backends: Mapping[str, Proxy], addresses: set[str]) -> Iterator[tuple[Proxy, Proxy]]:
    if proxy.kind == "backend" or proxy.mode != "tcp" or len(proxy.binds) != 1:
        return
    address, port = proxy.binds[0]
    back = proxy if proxy.kind == "listen" else backends.get(str(proxy.section.get("default_backend")))
    allowed = _FRONT | (_BACK if proxy.kind == "listen" else set())
    plain = all(set(each) <= {"address", "port"} for each in proxy.section.get("bind") or ())
    if back is None or address not in addresses or not port.isdigit() or not plain:
        return
    if not _simple(proxy, allowed) or not _simple(back, allowed | _BACK):
        return
    servers = back.servers
    sound = all(
        set(each) <= _SERVER and plain_address(each.get("address")) and isinstance(each.get("port"), int)
        for each in servers
    )
    one_weight = len({each.get("weight") for each in servers}) == 1
    if servers and sound and one_weight and len({each["port"] for each in servers}) == 1:
        yield proxy, back


def _simple(proxy: Proxy, allowed: set[str]) -> bool:
    lines = [*proxy.lines(), *map(str, proxy.section.get("tcp_request") or ())]
    return set(proxy.section) <= allowed | {"directives"} and all(_LOOKS.match(each) for each in lines)


def _directed(
    router: Router, values: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, str], frozenset[tuple[str, str]], frozenset[tuple[str, Any]]] | None:
    """The entry's part for IPVS, from the virtual servers of the VIP. None unless every member has them, with direct
    routing."""
    address = plain_address(router.entries[0]["address"])
    by_host = [
        [
            each
            for each in (values[host].get("keepalived") or {}).get("virtual_servers") or ()
            if each.get("address") == address
        ]
        for host in router.members
    ]
    services = by_host[0]
    if not services or any(each != services for each in by_host[1:]) or len(router.entries) > 1:
        return None
    servers = [plain_address(each.get("address")) for each in services[0].get("real_servers") or ()]
    if not servers or not all(servers) or not all(_direct(each, servers) for each in services):
        return None
    entry: dict[str, Any] = {"ports": [each["port"] for each in services], "profile": "ipvs"}
    settings = _settings(services[0])
    if settings:
        entry["virtual_server"] = settings
    entry["check"] = _check(services[0])
    keys = frozenset((address, each["port"]) for each in services)
    return entry, {f"server-{each.replace(':', '-')}": each for each in servers}, frozenset(), keys


def _direct(service: Mapping[str, Any], servers: Sequence[str]) -> bool:
    there = service.get("real_servers") or ()
    return (
        str(service.get("lb_kind")).upper() == "DR"
        and str(service.get("protocol") or "TCP").upper() == "TCP"
        and isinstance(service.get("port"), int)
        and [plain_address(each.get("address")) for each in there] == list(servers)
        and all(each.get("port") == service["port"] for each in there)
        and len({each.get("weight") for each in there}) == 1
    )


def _settings(service: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if service.get("lb_algo") in SCHEDULERS and service["lb_algo"] != "wlc":
        found["scheduler"] = service["lb_algo"]
    if service.get("persistence_timeout"):
        found["persistence_timeout"] = service["persistence_timeout"]
    return found


def _check(service: Mapping[str, Any]) -> dict[str, Any]:
    """The health check of a virtual server, in the options of profile ``ipvs``."""
    server: Mapping[str, Any] = service["real_servers"][0]
    for kind, name in (("http_get", "http"), ("ssl_get", "https")):
        urls = (server.get(kind) or [{}])[0].get("url") or []
        if urls and urls[0].get("path"):
            status = urls[0].get("status_code")
            return {"type": name, "path": urls[0]["path"], **({"status": str(status)} if status else {})}
    return {"type": "tcp"}
