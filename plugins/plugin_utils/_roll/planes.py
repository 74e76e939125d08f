# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conflicts between planes: each address has one owner, and address pools must not contain addresses in use.

Owners of addresses are keepalived, kube-vip, kube-keepalived-vip and the hosts. Each plane checks itself; this file has
the checks across planes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import combinations
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import router_id
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.address_pools import (
    DHCP,
    Pool,
    Span,
    pools_of,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import Place, places, stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip.provider_services import CLASS
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

POOL_VARIABLE = "kube_vip_cloud_provider_pools"

#: The roles of the cluster's side, which claim addresses, ports or other roles' services.
ROLES = ("kube_vip", "kube_vip_cloud_provider", "kube_keepalived_vip", "traefik", "edge_nodes")

#: The default virtual router ID of kube-keepalived-vip.
KEEPALIVED_VIP_ROUTER = 50

PROVIDES_CLASS = "kube_vip_cloud_provider_load_balancer_class"


class Claim(NamedTuple):
    """The addresses that an owner claims, and where they are declared."""

    owner: str
    path: str
    span: Span


class TraefikOnNodes(NamedTuple):
    """Traefik on the nodes' own ports, as seen by a VIP's directors: the seconds for which a stopping Traefik reports
    that it stops, the seconds until the roll-out continues with the next node, and whether it answers ``/ping`` on a
    public port."""

    leaving_seconds: int
    min_ready_seconds: int
    pings: bool


class Planes(NamedTuple):
    """The declarations of the planes beside keepalived, converted to the types of the roles' variables; empty if not
    declared.

    ``kube_keepalived_vip``: the addresses of kube-keepalived-vip. ``edge``: the hosts where its and Traefik's pods run.
    ``host_ports``: the host ports that are translated to Traefik's. ``balanced``: the namespace of Traefik's Service if
    its type is LoadBalancer. ``traefik_on_nodes``: Traefik if it uses the nodes' own ports."""

    control_plane: Mapping[str, Any]
    services: Mapping[str, Any]
    pools: Sequence[Mapping[str, Any]]
    serves_class: bool
    kube_keepalived_vip: Sequence[str]
    kube_keepalived_vip_router: int
    edge: Sequence[str]
    host_ports: Sequence[int]
    balanced: str
    traefik_on_nodes: TraefikOnNodes | None


def planes_of(given: Mapping[str, Any]) -> Planes:
    """Build the planes from each role's variables, given without the role's prefix. Any role may be missing.

    A role whose state is absent claims nothing."""
    stated = [settings_of(role, given.get(role) or {}) for role in ROLES]
    present = [each if each.get("state", "present") == "present" else {} for each in stated]
    kube_vip, provider, kube_keepalived_vip, traefik, _edge_nodes = present
    translated = traefik.get("host_network") is False
    return Planes(
        kube_vip.get("control_plane") or {},
        kube_vip.get("services") or {},
        provider.get("pools") or (),
        bool(provider.get("load_balancer_class")),
        [each["address"] for each in kube_keepalived_vip.get("services") or ()],
        kube_keepalived_vip.get("virtual_router_id") or KEEPALIVED_VIP_ROUTER,
        given.get("edge") or (),
        [traefik.get("http_port", 80), traefik.get("https_port", 443)] if translated else [],
        traefik.get("namespace", "traefik") if traefik.get("service_type") == "LoadBalancer" else "",
        TraefikOnNodes(
            traefik.get("leaving_seconds", 10),
            traefik.get("min_ready_seconds", 5),
            traefik.get("ping", "web") == "web",
        )
        if traefik.get("host_network")
        else None,
    )


def conflicts(vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]], planes: Planes) -> list[Problem]:
    """Every conflict between the planes. Raises InputError for a malformed pool."""
    problems: list[Problem] = []
    pools = pools_of(planes.pools, POOL_VARIABLE, problems)
    refuse(problems)
    claims = [*_owned(vips, planes), *_pooled(pools)]
    problems += _twice(claims)
    problems += _of_hosts(claims, hostvars)
    problems += _same_router(vips, planes)
    problems += _kube_vip_conflicts(planes, pools)
    problems += _bypassing_ipvs(vips, planes)
    return problems


def _owned(vips: Sequence[Vip], planes: Planes) -> Iterator[Claim]:
    for vip in vips:
        for interface in vip.addresses:
            yield _single("keepalived", f"{vip.path}.addresses", str(interface.ip))
    for address in planes.control_plane.get("addresses") or ():
        yield _single("kube-vip", "kube_vip_control_plane.addresses", str(address))
    for address in planes.kube_keepalived_vip:
        yield _single("kube-keepalived-vip", "kube_keepalived_vip_services", str(address))


def _single(owner: str, path: str, text: str) -> Claim:
    try:
        address = Span(str(ip_address(text)), single=True)
    except ValueError:
        refuse([Problem(path, text, "is not an address", "Write it without a prefix.")])
        raise
    return Claim(owner, path, address)


def _pooled(pools: Sequence[Pool]) -> list[Claim]:
    return [
        Claim("the pool", f"{pool.path}.{pool.by}", span)
        for pool in pools
        for span in pool.spans
        if span.stated != DHCP
    ]


def _twice(claims: Sequence[Claim]) -> Iterator[Problem]:
    for one, other in combinations(claims, 2):
        if one.owner == other.owner or not one.span.meets(other.span):
            continue
        where = f"in {other.path} ({other.span.stated})"
        if {one.owner, other.owner} == {"kube-vip", "the pool"}:
            reason = (
                f"is {where} too: a service may be given the control plane's address, and then two elections hold it "
                "on two nodes (kube-vip issue 665)"
            )
        elif "the pool" in (one.owner, other.owner):
            reason = f"is {where} too: a service may be given it while {one.owner} holds it"
        else:
            reason = f"is {where} too: {one.owner} and {other.owner} would both hold it"
        yield Problem(one.path, one.span.stated, reason, "Give each an address of its own.")


def _of_hosts(claims: Sequence[Claim], hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Claims to hosts' own addresses: those by which the hosts are reached, and those on their networks according to
    facts.

    Addresses that a host holds only for now are not its own: added ones, those without a network (kube-proxy puts
    service addresses on a dummy interface), and those that are claimed by their owner."""
    claimed = {claim.span.stated for claim in claims}
    for host, variables in hostvars.items():
        stated = stated_address(host, variables)
        own = {
            place.address.ip for place in places(variables) if _native(place) and str(place.address.ip) not in claimed
        }
        for address in sorted(own | ({ip_address(stated)} if stated else set()), key=str):
            for claim in claims:
                if not address.is_loopback and claim.span.holds(address):
                    reason = f"holds {address}, the own address of host {host}: both would answer for it"
                    yield Problem(claim.path, claim.span.stated, reason, "Use addresses that no host has.")


def _native(place: Place) -> bool:
    return place.address.version == 4 and not place.secondary and place.address.network.num_addresses > 1


def _same_router(vips: Sequence[Vip], planes: Planes) -> Iterator[Problem]:
    for vip in vips:
        for interface in vip.addresses:
            beside = any(ip_address(str(each)) in interface.network for each in planes.kube_keepalived_vip)
            if beside and router_id(vip, interface) == planes.kube_keepalived_vip_router:
                reason = (
                    "is the virtual router ID of kube-keepalived-vip in the same network: each would accept the "
                    "other's adverts"
                )
                remedy = "Set virtual_router_id of the VIP by hand."
                yield Problem(f"{vip.path}.virtual_router_id", planes.kube_keepalived_vip_router, reason, remedy)


def _kube_vip_conflicts(planes: Planes, pools: Sequence[Pool]) -> Iterator[Problem]:
    sharing = [pool.path for pool in pools if pool.share]
    if planes.services.get("election") and sharing:
        reason = f"elects a leader for each service, and services share addresses ({', '.join(sharing)}): two leaders "
        reason += "would hold one address (kube-vip issue 879)"
        yield Problem("kube_vip_services.election", True, reason, "Set it to false, or share no address.")
    yield from _unserved(planes, pools)


def _unserved(planes: Planes, pools: Sequence[Pool]) -> Iterator[Problem]:
    """Services that kube-vip watches and its cloud provider does not, or vice versa: they get no address, or no
    holder."""
    watched = planes.services.get("watch_namespace")
    for pool in pools if watched else ():
        if pool.namespace != watched:
            reason = f"would give addresses to services that kube-vip does not watch: it watches {watched} only"
            remedy = f"Write {watched} there, or leave kube_vip_services.watch_namespace out."
            yield Problem(f"{pool.path}.namespace", pool.namespace, reason, remedy)
    served = planes.services.get("load_balancer_class")
    if served and pools and not (served == CLASS and planes.serves_class):
        reason = "is a class that the cloud provider does not serve, so that its services get no address"
        remedy = f"Write {CLASS} and set {PROVIDES_CLASS}, or leave the class out."
        yield Problem("kube_vip_services.load_balancer_class", served, reason, remedy)
    if planes.services and not served and pools and planes.serves_class:
        reason = f"means services of the class {CLASS} only: those without one, which kube-vip serves, get no address"
        remedy = "Set it to false, or write that class in kube_vip_services.load_balancer_class too."
        yield Problem(PROVIDES_CLASS, True, reason, remedy)
    if planes.balanced and (served or (pools and planes.serves_class)):
        reason = f"makes a Service without a class, and those of the class {served or CLASS} alone are served"
        yield Problem("traefik_service_type", "LoadBalancer", reason, "Use ClusterIP, or serve all services.")
    elif planes.balanced and watched and watched != planes.balanced:
        reason = f"makes a Service in {planes.balanced}, and kube-vip watches {watched} only"
        yield Problem("traefik_service_type", "LoadBalancer", reason, "Use ClusterIP, or watch every namespace.")


def _bypassing_ipvs(vips: Sequence[Vip], planes: Planes) -> Iterator[Problem]:
    """VIPs of profile ipvs whose packets do not reach the kernel's IPVS table, or whose table another program
    empties."""
    for vip in vips:
        if not vip.directed:
            continue
        hidden = [str(each.port) for each in vip.ports if each.port in planes.host_ports]
        if hidden and set(vip.servers) & set(planes.edge):
            reason = (
                f"cannot lead port {', '.join(hidden)} to Traefik's hostPort, which is translated before IPVS sees a "
                "packet: the host that holds the address would serve all by itself"
            )
            remedy = (
                "Set traefik_host_network to true, or leave profile, leads_to and ports of the VIP out: then the "
                "holder serves alone, as intended."
            )
            yield Problem(f"{vip.path}.profile", "ipvs", reason, remedy)
        if planes.traefik_on_nodes and set(vip.servers) & set(planes.edge):
            yield from _unnoticed(vip, planes.traefik_on_nodes)
        emptied = [host for host in vip.hosts if planes.kube_keepalived_vip and host in planes.edge]
        if emptied:
            reason = (
                f"has virtual servers in the kernel of {', '.join(emptied)}, whose whole table kube-keepalived-vip "
                "empties whenever a pod of it starts there"
            )
            remedy = "Move its addresses away first (playbook migrate_kube_keepalived_vip.yml)."
            yield Problem(f"{vip.path}.profile", "ipvs", reason, remedy)


def _unnoticed(vip: Vip, traefik: TraefikOnNodes) -> Iterator[Problem]:
    """Settings with which updating Traefik node by node loses requests, since directors notice it through /ping too
    late."""
    noticed = vip.profile.noticed_after(vip)
    if noticed is None:
        return
    if not traefik.pings and vip.settings.check["path"] == "/ping":
        reason = f"is where the directors of VIP {vip.name} cannot ask, so that they lead nowhere"
        yield Problem("traefik_ping", "traefik", reason, "Leave it out: /ping is then at traefik_http_port.")
    for option, given, needed, what in (
        ("leaving_seconds", traefik.leaving_seconds, noticed.left, "leave a node out whose Traefik is to stop"),
        ("min_ready_seconds", traefik.min_ready_seconds, noticed.back, "lead to the new Traefik of a node"),
    ):
        if given < needed:
            reason = f"is less than the {needed:g} seconds that the directors of VIP {vip.name} may take to {what}"
            remedy = f"Give at least {math.ceil(needed)}, or let them ask more often (virtual_server.delay_loop)."
            yield Problem(f"traefik_{option}", given, reason, remedy)
