# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of virtual servers that keepalived accepts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.fault import Fault
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.routers import Router, peers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import plain_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, NOTE, WARNING

_CHECKS = "http_get ssl_get tcp_check smtp_check dns_check misc_check bfd_check ping_check udp_check file_check"
CHECKERS = tuple(_CHECKS.split())


def known_addresses(sources: Sequence[Source], found: Sequence[Router]) -> dict[str, str]:
    """Host names by each known address."""
    known: dict[str, str] = {}
    for each in sources:
        for text in (each.address, *(str(one.get("address")) for one in each.addresses)):
            known.setdefault(plain_address(text), each.host)
    for router in found:
        for host, one in router.members.items():
            known.setdefault(plain_address(one.get("unicast_src_ip")), host)
    known.pop("", None)
    moving = {plain_address(entry.get("address")) for router in found for entry in router.entries}
    return {address: host for address, host in known.items() if address not in moving}


def real_server_hosts(
    servers: Sequence[str], directors: Sequence[str], known: Mapping[str, str]
) -> tuple[list[str], bool]:
    """The directors that are real servers too, and whether this is certain. If the directors' addresses are unknown,
    they are assumed to be the real servers when both are equally many and all directors have the same virtual
    servers."""
    certain = [known[each] for each in servers if known.get(each) in directors]
    if certain:
        return list(dict.fromkeys(certain)), True
    unknown = not any(host in directors for host in known.values())
    return (list(directors), False) if unknown and len(servers) == len(directors) > 1 else ([], False)


def server_faults(
    sources: Sequence[Source], values: Mapping[str, Mapping[str, Any]], found: Sequence[Router]
) -> Iterator[Fault]:
    """The faults of the virtual servers of every host."""
    known = known_addresses(sources, found)
    by_host = {each.host: each for each in sources}
    directing: dict[str, list[str]] = {}
    for host, each in values.items():
        for service in each.get("virtual_servers") or ():
            directing.setdefault(_name(service), []).append(host)
    for host, each in values.items():
        for service in each.get("virtual_servers") or ():
            about = f"virtual_server {_name(service)}"
            yield from _checks(host, about, service)
            if str(service.get("lb_kind")).upper() == "DR":
                synced = bool((each.get("global_defs") or {}).get("lvs_sync_daemon"))
                yield from _direct(by_host[host], about, service, directing[_name(service)], known, synced)
    for router in found:
        for host, one in router.members.items():
            if len(router.members) == 1 and not peers(one):
                reason = "is alone: no other host that was read takes part in it"
                yield Fault(
                    "alone", NOTE, (host,), f"vrrp_instance {router.name}", reason, "Adopt all of its members together"
                )


def _checks(host: str, about: str, service: Mapping[str, Any]) -> Iterator[Fault]:
    servers = service.get("real_servers") or ()
    kinds = {kind for server in servers for kind in CHECKERS if kind in server}
    if servers and not all(any(kind in server for kind in CHECKERS) for server in servers):
        reason = "real servers without a check stay in, dead or alive"
        yield Fault("no-check", ERROR, (host,), about, reason, "Check each, by HTTP where it speaks that")
    if kinds == {"tcp_check"}:
        reason = "TCP_CHECK sees that a port is open, and not that what is behind it serves"
        remedy = (
            "Ask over HTTP (HTTP_GET, path /ping of Traefik): remove check from the VIP once the servers answer that"
        )
        yield Fault("tcp-check", WARNING, (host,), about, reason, remedy)


def _direct(
    source: Source,
    about: str,
    service: Mapping[str, Any],
    directors: Sequence[str],
    known: Mapping[str, str],
    synced: bool,
) -> Iterator[Fault]:
    servers = [plain_address(each.get("address")) for each in service.get("real_servers") or ()]
    port = service.get("port")
    loop, certain = real_server_hosts(servers, directors, known)
    if source.host in loop and not synced:
        likely = "" if certain else " (there are as many servers as directors, whose addresses are not known)"
        reason = f"the director is a real server of its own{likely}: two directors send packets round and round"
        remedy = "Let only the MASTER direct (lvs_sync_daemon, net.ipv4.vs.backup_only), as profile ipvs does"
        yield Fault("loop", ERROR, (source.host,), about, reason, remedy, "profile ipvs, with its guard")
    if source.host in loop:
        address = plain_address(service.get("address"))
        held = [plain_address(each.get("address")) for each in source.addresses if str(each.get("interface")) == "lo"]
        if address and address not in held:
            seen = "is not on this host's loopback interface" if source.addresses else "does not follow from the file"
            reason = (
                f"direct routing needs the VIP on lo of each real server, with arp_ignore and arp_announce; it {seen}"
            )
            remedy = "Bring the VIP to lo with both, as profile ipvs does"
            yield Fault("dr-unit", ERROR, (source.host,), about, reason, remedy, "profile ipvs: lo and both parameters")
    if any(each.get("port") not in (None, port) for each in service.get("real_servers") or ()):
        reason = "direct routing hands packets on unchanged, and keepalived resets another port of a real server"
        yield Fault("dr-port", ERROR, (source.host,), about, reason, "Use the VIP's port, or NAT")


def _name(service: Mapping[str, Any]) -> str:
    if service.get("address"):
        return f"{service['address']} {service.get('port', '')}".rstrip()
    return f"fwmark {service['fwmark']}" if service.get("fwmark") else str(service.get("group") or "")
