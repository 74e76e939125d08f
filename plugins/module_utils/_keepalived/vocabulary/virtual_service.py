# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual service in the options of the IPVS modules, and in keepalived's. Pure; also used by the inventory's
filters.

Options with the same meaning in both have the IPVS modules' names. Options that only keepalived has keep its names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import (
    REAL_SERVER,
    SCHEDULERS,
    VIRTUAL_SERVER,
)

#: Flags of a service and the options that write them.
FLAGS = {name: name.replace("-", "_") for name in ("ops", "sh-port", "sh-fallback", "mh-port", "mh-fallback")}
FLAGS.update({"flag-{0}".format(number): "flag_{0}".format(number) for number in (1, 2, 3)})
#: IPVS modules' name -> keepalived's, where the value is the same.
_SERVICE = {
    "scheduler": "lb_algo",
    "persistence_netmask": "persistence_granularity",
}
_SERVER = {"upper_threshold": "uthreshold", "lower_threshold": "lthreshold"}
_FAMILIES = {"ipv4": "inet", "ipv6": "inet6"}
_TUNNEL_OPTIONS = ("tunnel_type", "tunnel_port", "tunnel_checksum")
_TUNNELS: dict[str, Any] = {
    "tunnel_type": {"type": "str", "choices": ["ipip", "gue", "gre"]},
    "tunnel_port": {"type": "int"},
    "tunnel_checksum": {"type": "str", "choices": ["none", "csum", "remcsum"]},
}
_METHOD: dict[str, Any] = {"forwarding_method": {"type": "str", "choices": ["dr", "tun", "nat"]}, **_TUNNELS}

#: Keywords of keepalived that have another name here.
_SAID = {*FLAGS.values(), *_SERVICE.values(), "protocol", "ip_family", "lb_kind", "real_servers", "hashed"}
_SAID_OF_SERVERS = {*_SERVER.values(), "lvs_method"}

VIRTUAL_SERVER_ARGUMENTS: dict[str, Any] = {
    "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"]},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "fwmark": {"type": "int"},
    "family": {"type": "str", "choices": list(_FAMILIES)},
    "group": {"type": "str"},
    "scheduler": {"type": "str", "choices": list(SCHEDULERS)},
    "flags": {"type": "list", "elements": "str", "choices": list(FLAGS)},
    **_METHOD,
    "persistence_netmask": {"type": "str"},
    **{name: spec for name, spec in VIRTUAL_SERVER.arguments().items() if name not in _SAID},
}
REAL_SERVER_ARGUMENTS: dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int"},
    **_METHOD,
    "upper_threshold": {"type": "int"},
    "lower_threshold": {"type": "int"},
    **{name: spec for name, spec in REAL_SERVER.arguments().items() if name not in _SAID_OF_SERVERS},
}


def in_keepalived_words(service: Mapping[str, Any]) -> dict[str, Any]:
    """A virtual service as an entry of keepalived_config's ``virtual_servers``."""
    entry = _renamed(service, VIRTUAL_SERVER_ARGUMENTS, _SERVICE)
    if "protocol" in entry:
        entry["protocol"] = entry["protocol"].upper()
    if "family" in entry:
        entry["ip_family"] = _FAMILIES[entry.pop("family")]
    if "flags" in entry:
        given = entry.pop("flags")
        entry.update((option, flag in given) for flag, option in FLAGS.items())
    mask = str(entry.get("persistence_granularity", ""))
    if mask.isdigit() and int(mask) <= 32 and not _is_ipv6(service):
        # keepalived would read 24 as 0.0.0.24.
        entry["persistence_granularity"] = str(ip_network("0.0.0.0/" + mask).netmask)
    servers = service.get("real_servers")
    if servers is not None:
        entry["real_servers"] = [_server(server, service.get("port")) for server in servers]
    method = _method(service) or next((_method(server) for server in servers or ()), None)
    if method is not None:
        entry["lb_kind"] = method
    return entry


def word_faults(service: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of options that keepalived has no keyword for, or that leave unclear which service is meant."""
    if not any(service.get(option) for option in ("address", "fwmark", "group")):
        yield Problem("address", None, "is missing", "Give address and port, or fwmark, or group.")
    if service.get("address") and not service.get("protocol"):
        yield Problem("protocol", None, "is missing", "Give tcp, udp or sctp.")
    if service.get("address") and service.get("port") is None:
        yield Problem("port", None, "is missing", "Give the port, or 0 for every port of a persistent service.")
    if service.get("family") and service.get("fwmark") is None:
        yield Problem("family", service["family"], "goes with fwmark only", "Leave it out.")
    yield from _tunnel_faults("", service)
    for index, server in enumerate(service.get("real_servers") or ()):
        yield from _tunnel_faults("real_servers[{0}].".format(index), server)


def in_ipvs_words(problems: Iterable[Problem]) -> list[Problem]:
    """The planner's problems, with the option names that the user gave."""
    names = {"lvs_method": "forwarding_method", "lb_kind": "forwarding_method", "ip_family": "family"}
    names.update({theirs: ours for ours, theirs in (*_SERVICE.items(), *_SERVER.items())})
    names.update(dict.fromkeys(FLAGS.values(), "flags"))
    words = re.compile(r"\b({0})\b".format("|".join(names)))

    def ours(text: str) -> str:
        return words.sub(lambda found: names[found[1]], re.sub(r"^virtual_servers\[0\]\.?", "", text))

    return [one._replace(option=ours(one.option), reason=ours(one.reason), remedy=ours(one.remedy)) for one in problems]


def _is_ipv6(service: Mapping[str, Any]) -> bool:
    return service.get("family") == "ipv6" or ":" in str(service.get("address") or "")


def _server(server: Mapping[str, Any], port: int | None) -> dict[str, Any]:
    entry = _renamed(server, REAL_SERVER_ARGUMENTS, _SERVER)
    if port is not None:
        entry.setdefault("port", port)
    method = _method(server)
    return entry if method is None else dict(entry, lvs_method=method)


def _renamed(given: Mapping[str, Any], known: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): given[name] for name in known if given.get(name) is not None and name not in _METHOD}


def _method(entry: Mapping[str, Any]) -> str | None:
    """The forwarding method, as ``TUN type gue port 5555 csum``; None where it is not given."""
    if entry.get("forwarding_method") is None:
        return None
    words = [str(entry["forwarding_method"]).upper()]
    if entry.get("tunnel_type"):
        words += ["type", entry["tunnel_type"]]
        if entry.get("tunnel_port"):
            words += ["port", str(entry["tunnel_port"])]
        if entry.get("tunnel_checksum"):
            words.append("nocsum" if entry["tunnel_checksum"] == "none" else entry["tunnel_checksum"])
    return " ".join(words)


def _tunnel_faults(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    given = [option for option in _TUNNEL_OPTIONS if entry.get(option) is not None]
    if given and entry.get("forwarding_method") != "tun":
        reason = "goes with forwarding_method tun only"
        yield Problem(path + given[0], entry[given[0]], reason, "Leave it out, or set forwarding_method: tun here.")
    elif given and entry.get("tunnel_type") is None:
        yield Problem(path + "tunnel_type", None, "is missing", "Say which tunnel this is about: ipip, gue or gre.")
    elif entry.get("tunnel_type") == "gue" and entry.get("tunnel_port") is None:
        yield Problem(path + "tunnel_port", None, "is missing, and gue has no port of its own", "Give it.")
    elif entry.get("tunnel_port") is not None and entry.get("tunnel_type") != "gue":
        yield Problem(path + "tunnel_port", entry["tunnel_port"], "goes with gue only", "Leave it out.")
