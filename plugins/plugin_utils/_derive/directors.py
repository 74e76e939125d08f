# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive IPVS from the inventory: the virtual servers in a director's keepalived.conf, and the VIPs on a real server's
loopback interface.

Every host that may hold a directed VIP has all its virtual servers, and only the MASTER uses them: keepalived's sync
daemon tells the kernel which host that is (docs/adr/0011). A sync daemon follows one instance, so all directed VIPs of
a host move together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import Member, instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import Misplaced, place_for, stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

#: The name of the sync group of a host's directed VIPs.
SYNC_GROUP = "directed"

#: ARP settings with which a real server has the VIPs and does not answer for them. The kernel uses the larger of this
#: value and the interface's own, so it also applies to interfaces that are added later.
LOOPBACK_PARAMETERS = {"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2}

Hostvars = Mapping[str, Mapping[str, Any]]


def directed_by(host: str, vips: Sequence[Vip]) -> list[Vip]:
    """The directed VIPs that a host may hold."""
    return [vip for vip in vips if vip.directed and host in vip.hosts]


def served_by(host: str, vips: Sequence[Vip]) -> list[Vip]:
    """The VIPs that a host serves as a real server."""
    return [vip for vip in vips if vip.directed and host in vip.servers]


def loopback_addresses(host: str, vips: Sequence[Vip]) -> list[str]:
    """The VIP addresses that a host has on loopback, each as /32 or /128."""
    return [f"{each.ip}/{each.max_prefixlen}" for vip in served_by(host, vips) for each in vip.addresses]


def real_server_hosts(vips: Sequence[Vip]) -> list[str]:
    """Every real server once, in the declared order."""
    return list(dict.fromkeys(host for vip in vips if vip.directed for host in vip.servers))


def shares_loopback(hostvars: Mapping[str, Any]) -> bool:
    """Whether the host's facts show more addresses on loopback than 127.0.0.0/8 and ::1."""
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
    keepalived_config takes them, all empty for other hosts.

    ``parts`` returns every host's part in every instance; it is called for directors only. ``further``: the host's
    virtual servers declared by hand. Raises InputError for a real server without an address, and for a ``further``
    virtual server that the host could not direct beside the derived ones."""
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
    """The kernel modules that the virtual servers need."""
    return ["ip_vs", *(f"ip_vs_{name}" for name in dict.fromkeys(each["lb_algo"] for each in services))]


def director_parameters(serves_too: bool) -> dict[str, int]:
    """The kernel parameters of a director. ``serves_too``: the host is also a real server of directed VIPs."""
    return {
        # Accept packets that the MASTER sent to this host as a real server.
        "net.ipv4.vs.backup_only": int(serves_too),
        # Clients of a removed server get an ICMP error at once, not a timeout. The same bit lets a new connection from
        # a reused port go to another server than the drained one.
        "net.ipv4.vs.expire_nodest_conn": 1,
        # With direct routing the kernel does not see answers, so it takes a closed connection for one that is closing.
        # Only value 2 sends a new connection from the same port through the scheduler even while no server is drained.
        "net.ipv4.vs.conn_reuse_mode": 2,
        # Send a persistent client of a drained server to another server.
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
    """keepalived counts an address as present wherever it is (2.2.7, update_checker_activity), on loopback too."""
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
    """The real server's own address in the VIP's network, from its facts or from the inventory. Adds a problem if none
    is known."""
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
