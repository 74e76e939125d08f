# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layer 4 derived from the inventory: what a director's keepalived balances, and which VIPs a real server has itself.

Every host that may hold a directed VIP has the whole table, and only the MASTER uses it: keepalived's sync daemon tells
the kernel who that is (docs/adr/0011). One daemon follows one instance, so all of a host's directed VIPs move together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import Member, instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import Misplaced, place_for, stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

#: The sync group of a host's directed VIPs.
SYNC_GROUP = "directed"

#: A real server has the VIPs without answering for them. The larger of this and an interface's own value counts, so it
#: holds for interfaces that come later too.
LOOPBACK_PARAMETERS = {"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2}

Hostvars = Mapping[str, Mapping[str, Any]]


def directed_by(host: str, vips: Sequence[Vip]) -> list[Vip]:
    """The VIPs that a host may hold and direct."""
    return [vip for vip in vips if vip.directed and host in vip.hosts]


def served_by(host: str, vips: Sequence[Vip]) -> list[Vip]:
    """The VIPs whose real server a host is."""
    return [vip for vip in vips if vip.directed and host in vip.servers]


def loopback_addresses(host: str, vips: Sequence[Vip]) -> list[str]:
    """The VIPs that a host has on loopback, as one address each (/32, /128)."""
    return [f"{each.ip}/{each.max_prefixlen}" for vip in served_by(host, vips) for each in vip.addresses]


def real_server_hosts(vips: Sequence[Vip]) -> list[str]:
    """Every real server, once, in the order of the declaration."""
    return list(dict.fromkeys(host for vip in vips if vip.directed for host in vip.servers))


def shares_loopback(hostvars: Mapping[str, Any]) -> bool:
    """Whether a host's facts show more on its loopback interface than every host has there."""
    fact = (hostvars.get("ansible_facts") or {}).get("lo") or {}
    entries = [fact.get("ipv4") or {}, *(fact.get("ipv4_secondaries") or ()), *(fact.get("ipv6") or ())]
    return any(entry.get("address") and not ip_address(entry["address"]).is_loopback for entry in entries)


def director(
    host: str,
    vips: Sequence[Vip],
    hostvars: Hostvars,
    parts: Callable[[], Sequence[Member]],
    further: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A director's part of keepalived.conf: ``virtual_servers``, ``sync_groups`` and ``global_defs`` as
    keepalived_config takes them; nothing in any of them for other hosts. ``parts`` are asked for where it directs.
    InputError for a real server without address, and for one of the ``further`` virtual servers of the host that it
    could not direct beside them.
    """
    mine = directed_by(host, vips)
    if not mine:
        return {"virtual_servers": [], "sync_groups": [], "global_defs": {}}
    problems: list[Problem] = []
    services = [each for vip in mine for each in _services(vip, vips, hostvars, problems)]
    if served_by(host, vips):
        problems.extend(_undirected(mine, further))
        problems.extend(_never_suspended(mine))
    refuse(problems)
    names = [instance_name(vip, address) for vip in mine for address in vip.addresses]
    led = next(part for part in parts() if part.host == host and part.instance == names[0])
    return {
        "virtual_servers": services,
        "sync_groups": [{"name": SYNC_GROUP, "exact": True, "group": names}] if len(names) > 1 else [],
        "global_defs": {"lvs_sync_daemon": _sync_daemon(led)},
    }


def director_modules(services: Sequence[Mapping[str, Any]]) -> list[str]:
    """The modules that a director's kernel needs for its virtual servers."""
    return ["ip_vs", *(f"ip_vs_{name}" for name in dict.fromkeys(each["lb_algo"] for each in services))]


def director_parameters(serves_too: bool) -> dict[str, int]:
    """The kernel's parameters of a director; ``serves_too``: it is a real server of directed VIPs as well."""
    return {
        # Packets that the MASTER sent to this host as a real server are for this host.
        "net.ipv4.vs.backup_only": int(serves_too),
        # A client whose server has gone hears so at once, instead of waiting for an answer that cannot come. The same
        # bit sends a new connection from a port that the client used before to another server than the drained one.
        "net.ipv4.vs.expire_nodest_conn": 1,
        # By direct routing the kernel sees no answers and takes such an ended connection for one that is just ending:
        # only with 2 does a new one from its port go by the scheduler, also while no server is drained.
        "net.ipv4.vs.conn_reuse_mode": 2,
        # A persistent client of a server that gets no new connections any more is led to another one.
        "net.ipv4.vs.expire_quiescent_template": 1,
    }


def _undirected(mine: Sequence[Vip], further: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Virtual servers by hand on a host that directs only while it is MASTER of its directed VIPs."""
    together = {str(address.ip) for vip in mine for address in vip.addresses}
    for index, service in enumerate(further):
        if service.get("address") and str(service["address"]) not in together:
            reason = "would be served only while this host is MASTER of " + " and ".join(vip.name for vip in mine)
            reason += ": it is a real server too, and packets would loop otherwise"
            remedy = "Declare it as a VIP of profile ipvs, or let other hosts direct it."
            yield Problem(f"keepalived_virtual_servers[{index}].address", service["address"], reason, remedy)


def _never_suspended(mine: Sequence[Vip]) -> Iterator[Problem]:
    """keepalived counts an address wherever it is (2.2.7, update_checker_activity), on loopback too."""
    for vip in mine:
        if vip.settings.virtual_server.get("ha_suspend"):
            reason = "would never suspend a check: a real server has the address on its loopback interface all the time"
            yield Problem(f"{vip.path}.virtual_server.ha_suspend", True, reason, "Leave it out.")


def _sync_daemon(led: Member) -> dict[str, Any]:
    return {"interface": led.place.interface, "inst": led.instance, "id": led.router}


def _services(vip: Vip, vips: Sequence[Vip], hostvars: Hostvars, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    for address in vip.addresses:
        servers = [_server_address(vip, address, host, vips, hostvars, problems) for host in vip.servers]
        yield from vip.profile.virtual_servers(vip, address, servers)


def _server_address(
    vip: Vip, address: Interface, host: str, vips: Sequence[Vip], hostvars: Hostvars, problems: list[Problem]
) -> str:
    """The real server's own address beside the VIP's, from its facts or from what the inventory says."""
    stated = stated_address(host, hostvars.get(host) or {})
    if stated is not None and ip_address(stated).version == address.version:
        return stated
    try:
        return str(place_for(vip, address, host, hostvars.get(host) or {}, vips).address.ip)
    except Misplaced as misplaced:
        reason = f"has no IPv{address.version} address that is known, which directors need to reach it: "
        remedy = misplaced.problem.remedy + " Or set its k8s_edge_address."
        problems.append(Problem(f"{vip.path}.leads_to: host {host}", host, reason + misplaced.problem.reason, remedy))
        return str(address.ip)
