# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive VRRP from the inventory: one instance per VIP and family, checked across all hosts.

Every host starts as BACKUP with a priority of its own. Priorities follow the order of host names. For each further VIP
of the same hosts that order is rotated by one, so that VIPs are spread over the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import HAPROXY, WIDEST_GAP, Watch, tracked
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.weights import unfit_weights
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, place_of_absent
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import (
    Misplaced,
    Place,
    place_for,
    places,
    stated_address,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

HIGHEST_PRIORITY = 200
WIDEST_STEP = 10

#: Options of an instance that all members must have in common; otherwise each member ignores the other and becomes
#: MASTER. The addresses are among them: keepalived drops an advertisement with other addresses than its own.
AGREED = ("virtual_router_id", "version", "interface", "unicast_src_ip")


class Member(NamedTuple):
    """The part of one host in one instance."""

    vip: Vip
    address: Interface
    host: str
    place: Place
    router: int
    priority: int

    @property
    def instance(self) -> str:
        """The instance's name. The name of the IPv6 instance has a suffix, so that adding a family renames nothing."""
        return instance_name(self.vip, self.address)


def instance_name(vip: Vip, address: Interface) -> str:
    """``kubeapi`` for IPv4, ``kubeapi-v6`` for IPv6."""
    return vip.name if address.version == 4 else vip.name + "-v6"


def router_id(vip: Vip, address: Interface) -> int:
    """The virtual router ID: the declared one, or one computed from the address, so that it does not depend on other
    VIPs.

    IPv4: the last octet. IPv6: the last 16 bits modulo 255. 255 if the result is 0."""
    if vip.virtual_router_id is not None:
        return vip.virtual_router_id
    low = int(address.ip) & (0xFF if address.version == 4 else 0xFFFF)
    return low % 255 or 255


def priorities(vip: Vip, turn: int) -> dict[str, int]:
    """Priorities by host for the VIP with index ``turn`` among the VIPs of the same hosts. Declared priorities override
    the derived ones."""
    count = len(vip.hosts)
    first = vip.hosts.index(vip.holder) if vip.holder else turn % count
    step = min(WIDEST_STEP, WIDEST_GAP // max(count - 1, 1)) or 1
    derived = {vip.hosts[(first + rank) % count]: HIGHEST_PRIORITY - rank * step for rank in range(count)}
    return {**derived, **vip.priorities}


def members(vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]]) -> tuple[Member, ...]:
    """The part of every host in every instance. Raises InputError with every inconsistency between hosts."""
    problems: list[Problem] = []
    found: list[Member] = []
    turns: dict[tuple[str, ...], int] = {}
    down = hosts_down(hostvars)
    for vip in vips:
        # Directed VIPs of the same hosts have one MASTER, so their priorities are equal.
        ranked = priorities(vip, 0 if vip.directed else turns.setdefault(vip.hosts, 0))
        if not vip.directed:
            turns[vip.hosts] += 1
        for address in vip.addresses:
            there: dict[str, Place] = {}
            for host in sorted(vip.hosts, key=down.__contains__):
                try:
                    if host in down and not places(hostvars[host]):
                        there[host] = place_of_absent(vip, address, host, hostvars, list(there.values()))
                    else:
                        there[host] = place_for(vip, address, host, hostvars[host], vips)
                except Misplaced as misplaced:
                    problems.append(misplaced.problem)
            for host in filter(there.__contains__, vip.hosts):
                found.append(Member(vip, address, host, there[host], router_id(vip, address), ranked[host]))
        problems.extend(_equal_priorities(vip, ranked))
    problems.extend(_router_conflicts(found))
    problems.extend(_taken_addresses(vips, hostvars))
    refuse(problems)
    return tuple(found)


def desired_instances(
    parts: Sequence[Member],
    common: Mapping[str, Any],
    scripts: Sequence[Mapping[str, Any]] = (),
    watch: Watch | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The vrrp_instances by host, as ``keepalived_config`` takes them.

    ``common``: options of every instance (timers, VRRP version). A VIP's ``instance`` overrides ``common`` and the
    derived options. ``watch`` determines what the instances track; None: nothing. Its weights and those of ``scripts``
    are checked against the priorities of all hosts."""
    everyone = [(member, _instance(member, parts, common, watch)) for member in parts]
    refuse(list(_unfit_weights(everyone, scripts, watch)))
    by_host: dict[str, list[dict[str, Any]]] = {}
    for member, instance in everyone:
        by_host.setdefault(member.host, []).append(instance)
    return by_host


def _instance(
    member: Member, parts: Sequence[Member], common: Mapping[str, Any], watch: Watch | None
) -> dict[str, Any]:
    same = [other for other in parts if other.instance == member.instance]
    holding: dict[str, Any] = {"address": str(member.address)}
    if member.address.version == 6:
        # A preferred address would become the source of the holder's own traffic in that network, and disappear with
        # the VIP. For /128 keepalived deprecates it itself. In IPv4 the first address of a network is the source.
        holding["preferred_lft"] = "0"
    peers = [{"address": str(other.place.address.ip)} for other in same if other.host != member.host]
    instance: dict[str, Any] = {
        "name": member.instance,
        "exact": True,
        "initial_state": "BACKUP",
        "interface": member.place.interface,
        "virtual_router_id": member.router,
        "priority": member.priority,
        "virtual_ipaddress": [holding],
    }
    if peers:
        instance.update(unicast_src_ip=str(member.place.address.ip), unicast_peer=peers)
    ranks = [other.priority for other in same]
    watched = tracked(member.vip, watch, max(ranks) - min(ranks)) if watch else {}
    return overridden(overridden({**instance, **watched}, common), member.vip.instance)


def agreement(instance: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an instance that its members must have in common, in a comparable form.

    Passwords are left out, since reading masks them. A dry run shows whether a password would change."""
    agreed: dict[str, Any] = {key: instance.get(key) or None for key in AGREED}
    agreed["unicast"] = bool(instance.get("unicast_peer"))
    agreed["auth_type"] = (instance.get("authentication") or {}).get("auth_type")
    agreed["addresses"] = sorted(
        str(entry.get("address") if isinstance(entry, Mapping) else entry).split("/", 1)[0]
        for entry in instance.get("virtual_ipaddress") or ()
    )
    if instance.get("version") == 2:
        agreed["advert_int"] = float(instance.get("advert_int") or 1)
    return agreed


def _equal_priorities(vip: Vip, ranked: Mapping[str, int]) -> Iterable[Problem]:
    seen: dict[int, str] = {}
    for host, priority in ranked.items():
        if priority in seen:
            yield Problem(
                f"{vip.path}.priorities[{host}]",
                priority,
                f"is also the priority of {seen[priority]}, so the higher address would decide",
                "Give each host its own priority.",
            )
        seen.setdefault(priority, host)


def _router_conflicts(parts: Sequence[Member]) -> Iterable[Problem]:
    seen: dict[Any, Member] = {}
    for member in parts:
        network = (member.address.version, member.place.address.network, member.router)
        other = seen.setdefault(network, member)
        if other.instance != member.instance:
            yield Problem(
                f"{member.vip.path}.virtual_router_id on host {member.host}",
                member.router,
                f"is also that of {other.vip.path} in network {member.place.address.network}",
                "Set virtual_router_id of one of them by hand, to a number from 1 to 255 that is free there.",
            )
            seen[network] = member


def _taken_addresses(vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]]) -> Iterable[Problem]:
    taken: dict[str, str] = {}
    for host in hostvars:
        stated = stated_address(host, hostvars[host])
        if stated:
            taken.setdefault(stated, host)
    for vip in vips:
        for address in vip.addresses:
            if str(address.ip) in taken:
                yield Problem(
                    f"{vip.path}.addresses",
                    str(address),
                    f"is the address of host {taken[str(address.ip)]}",
                    "Use an address that no host has.",
                )


def _unfit_weights(
    everyone: Sequence[tuple[Member, Mapping[str, Any]]], scripts: Sequence[Mapping[str, Any]], watch: Watch | None
) -> Iterable[Problem]:
    common = {script.get("name"): script.get("weight") for script in scripts}
    if watch:
        common[HAPROXY] = watch.check.get("weight")
    by_instance: dict[str, list[tuple[Member, Mapping[str, Any]]]] = {}
    for member, instance in everyone:
        by_instance.setdefault(member.instance, []).append((member, instance))
    for same in by_instance.values():
        member, instance = same[0]
        ranks = {each.host: int(rank["priority"]) for each, rank in same}
        yield from unfit_weights(member.vip, instance, ranks, common)
