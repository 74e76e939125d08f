# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall must accept, derived from the VIPs, the VRRP instances and HAProxy's sections. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import port_numbers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The VRRP multicast groups by family (RFC 5798, section 5.1), used without unicast peers.
GROUPS = {4: "224.0.0.18", 6: "ff02::12"}
#: keepalived's global options that replace these groups.
_GROUP_OPTIONS = {4: "vrrp_mcast_group4", 6: "vrrp_mcast_group6"}

#: The multicast group to which a director's sync daemon sends its connections (ip_vs_sync.c).
SYNC = {"protocol": "udp", "port": 8848, "destination": "224.0.0.81"}

Section = Mapping[str, Any]


def firewall_needs(
    vips: Sequence[Vip],
    instances: Sequence[Section],
    sections: Mapping[str, Section],
    further: Iterable[Section],
    global_defs: Section,
) -> dict[str, list[Any]]:
    """``openings``, ``interfaces`` and ``guarded`` as ``firewall_access`` takes them.

    ``vips``: those that the host may hold. ``sections``: the derived frontends by name. ``further``: HAProxy's
    frontends and listens declared by hand; they are opened to every client."""
    openings = [each for instance in instances for each in _vrrp(instance, global_defs)]
    directed = [vip for vip in vips if vip.directed]
    openings += [SYNC] if directed else []
    openings += [each for vip in directed for instance in instances for each in _checks(vip, instance)]
    for vip in vips:
        for address, port in _listened(vip, sections):
            openings += _service(address, port, vip.clients)
    for section in further:
        for address, port in _binds(section):
            openings += _service(address, port, ())
    own = {str(address.ip) for vip in vips for address in vip.addresses}
    guarded = sorted({each["destination"] for each in openings if each.get("destination") in own})
    interfaces = sorted({each for instance in instances for each in _interfaces(instance)})
    return {"openings": _unique(openings), "interfaces": interfaces, "guarded": guarded}


def _vrrp(instance: Section, global_defs: Section) -> Iterator[dict[str, Any]]:
    """VRRP from each unicast peer. Without peers, VRRP from any host on the link to the multicast group, which routers
    do not forward."""
    authentication = instance.get("authentication") or {}
    protocol = "ah" if authentication.get("auth_type") == "AH" else "vrrp"
    peers = [_address(peer) for peer in instance.get("unicast_peer") or ()]
    for peer in peers:
        opening = {"protocol": protocol, "sources": [peer]}
        if instance.get("unicast_src_ip"):
            opening["destination"] = str(instance["unicast_src_ip"])
        yield opening
    if not peers:
        version = _version(instance)
        group = instance.get("mcast_dst_ip") or global_defs.get(_GROUP_OPTIONS[version]) or GROUPS[version]
        yield {"protocol": protocol, "destination": str(group)}


def understood(instance: Section) -> bool:
    """Whether the peers of an instance not declared here are addresses of one family, as the firewall needs them."""
    try:
        openings = list(_vrrp(instance, {}))
        named = [[*each.get("sources", ()), *filter(None, [each.get("destination")])] for each in openings]
        families = [{ip_network(address).version for address in addresses} for addresses in named]
        return all(len(each) == 1 for each in families) and "%" not in str(named)  # firewalld accepts no zone index
    except (KeyError, ValueError):
        return False


def _checks(vip: Vip, instance: Section) -> Iterator[dict[str, Any]]:
    """The health checks that other directors send to this host's own address."""
    port = vip.profile.asked_port(vip)
    if port is None or instance.get("name") not in {instance_name(vip, each) for each in vip.addresses}:
        return
    peers = [_address(peer) for peer in instance.get("unicast_peer") or ()]
    if peers and instance.get("unicast_src_ip"):
        asked = {"protocol": "tcp", "port": port}
        yield {**asked, "sources": peers, "destination": str(instance["unicast_src_ip"])}


def _version(instance: Section) -> int:
    """The IP version of an instance's advertisements: that of its first address unless the instance sets it."""
    first = next(iter(instance.get("virtual_ipaddress") or ()), None)
    if instance.get("native_ipv6"):
        return 6
    return ip_address(_address(first).partition("/")[0]).version if first else 4


def _address(entry: Any) -> str:
    return str(entry["address"] if isinstance(entry, Mapping) else entry).split()[0]


def _interfaces(instance: Section) -> Iterator[str]:
    """The interfaces on which VRRP and the VIP's clients arrive, including a macvlan that keepalived creates (2.2.7,
    ``create_vmac_name``)."""
    if instance.get("interface"):
        yield str(instance["interface"])
    if instance.get("use_vmac") is not None:
        yield instance["use_vmac"].get("name") or f"vrrp.{instance.get('virtual_router_id')}"


def _listened(vip: Vip, sections: Mapping[str, Section]) -> Iterator[tuple[str | None, int]]:
    """The addresses and ports to which the VIP's clients connect: its frontends' listeners, or the VIP's own ports if
    no HAProxy serves it."""
    derived = [sections[front.frontend] for front in vip.fronts if front.frontend in sections]
    for section in derived:
        yield from _binds(section)
    if not derived:
        yield from ((str(address.ip), each.port) for address in vip.addresses for each in vip.ports)


def _binds(section: Section) -> Iterator[tuple[str | None, int]]:
    """Address and port of each listener that is neither on loopback nor a Unix socket. None stands for every
    address."""
    for bind in section.get("bind") or ():
        address = _single(bind.get("address"))
        if not (address and address.is_loopback):
            yield from ((address and str(address), port) for port in port_numbers(bind.get("port")))


def _single(text: Any) -> Any:
    """The address; None for every address, and for a name, which may resolve to any."""
    try:
        address = ip_address(str(text))
    except ValueError:
        return None
    return None if address.is_unspecified else address


def _service(address: str | None, port: int, clients: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The opening of a port for those clients that have the address's family. Nothing if clients are given and all have
    the other family."""
    opening: dict[str, Any] = {"protocol": "tcp", "port": port}
    sources = list(clients)
    if address:
        opening["destination"] = address
        sources = [each for each in clients if ip_network(each).version == ip_address(address).version]
    if sources:
        opening["sources"] = sources
    if sources or not clients:
        yield opening


def _unique(openings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for opening in openings:
        if opening not in found:
            found.append(opening)
    return found
