# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find former members of a VIP before anything is changed.

A former member keeps its keepalived.conf. Once its peers are changed it no longer hears them and becomes MASTER as
well, and no play looks at it. It is found by the unicast peers in the files of the current members, and by its own
file. If neither names it, the VIP itself can reveal it: an outsider answers for the address while no declared host
holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import places, stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    held_addresses,
    live_states,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

Hostvars = Mapping[str, Mapping[str, Any]]


class Former(NamedTuple):
    """A former member of one VIP.

    ``host`` is None if no host of the inventory has ``address``. ``instances``: the instances in its file that hold the
    VIP; None if the host was not read. ``successors``: hosts of the VIP that already have an instance of it. ``tied``:
    instances that must stay but are in the sync group of one that the host is MASTER of; these could only move
    together."""

    vip: Vip
    host: str | None
    address: str
    named_by: str
    instances: tuple[str, ...] | None
    successors: tuple[str, ...]
    tied: tuple[str, ...] = ()

    def as_dict(self, purge: bool) -> dict[str, Any]:
        """The former member as plain values. ``purge``: undeclared configuration of that host may be removed."""
        leaves = bool(self.instances and self.successors and purge and not self.tied)
        return {
            "vip": self.vip.name,
            "host": self.host or "",
            "address": self.address,
            "read": self.instances is not None,
            "instances": list(self.instances or ()),
            "leaves": leaves,
            "fault": "" if leaves else str(self._problem()),
        }

    def _problem(self) -> Problem:
        who = self.host or self.address
        reason = "is no longer one of them, "
        if self.instances and not self.successors:
            reason += "and none of them has an instance of the VIP yet, so both the old and the new hosts would hold it"
            remedy = (
                f"Declare {who} together with the new hosts and run once, then remove {who} and run again. Or stop and "
                "disable keepalived there by hand, with an outage until the new hosts have started"
            )
        elif self.tied and self.instances:
            names = " and ".join(self.instances)
            reason += (
                f"but is MASTER of {names}, which cannot move without {' and '.join(self.tied)}, of its sync group"
            )
            remedy = f"First take {names} out of that sync group on every host and run, then take {who} out of the VIP"
        elif self.instances:
            reason += "but its keepalived still has the instance, and would hold the VIP too"
            remedy = (
                f"Set keepalived_purge: true for {who}: the run then moves the VIP to the others first and removes the "
                "instance there. Or stop and disable keepalived there by hand, or keep the host in the group"
            )
        else:
            where = "could not be read" if self.host else "is the address of no host in this inventory"
            reason += (
                f"is a peer in keepalived.conf of {self.named_by}, and {where}: if keepalived still runs there, it "
            )
            reason += "would hold the VIP too"
            remedy = (
                "Keep the host in the inventory for one run, and make sure that it is reachable. Or stop and"
                f" disable keepalived there and declare it gone: k8s_edge_members_gone: [{who}]"
            )
        return Problem(f"{self.vip.path}.hosts", who, reason, remedy)


def former_members(
    vips: Sequence[Vip], desired: Mapping[str, Sequence[Mapping[str, Any]]], hostvars: Hostvars, before: str
) -> list[Former]:
    """Every known former member.

    ``desired``: the desired instances by host. ``before``: the name of the host variable with the result of
    ``keepalived_info``; hosts that were not read lack it."""
    infos = {host: hostvars[host][before] for host in hostvars if "active" in (hostvars[host].get(before) or {})}
    found = [each for vip in vips for each in _of_vip(vip, desired, hostvars, infos)]
    going: dict[str | None, set[str]] = {}
    for each in found:
        going.setdefault(each.host, set()).update(each.instances or ())
    return [
        each._replace(tied=_tied(infos.get(each.host or "", {}), each.instances or (), going[each.host]))
        for each in found
    ]


def _tied(info: Mapping[str, Any], instances: Iterable[str], going: set[str]) -> tuple[str, ...]:
    led = {name for name in instances if live_states(info).get(name) == "MASTER"}
    groups = [set(each.get("group") or ()) for each in (info.get("configuration") or {}).get("sync_groups") or ()]
    return tuple(sorted(set().union(*(group - going for group in groups if group & led))))


def unheld(vips: Sequence[Vip], hostvars: Hostvars, before: str) -> list[dict[str, str]]:
    """The addresses held by none of the hosts that were read. Each has a host that can send ARP or NDP requests for it:
    one without the address on any interface, loopback included."""
    found = []
    down = hosts_down(hostvars)
    read = set().union(*(held_addresses(hostvars[host].get(before) or {}) for host in hostvars))
    for vip in vips:
        here = read | {str(place.address.ip) for host in vip.hosts for place in places(hostvars[host])}
        for text in (str(address.ip) for address in vip.addresses):
            able = [host for host in without(vip.hosts, down) if not _has(hostvars[host], text)]
            if able and text not in here:
                found.append({"vip": vip.name, "address": text, "host": able[0]})
    return found


def _has(variables: Mapping[str, Any], address: str) -> bool:
    facts = variables.get("ansible_facts") or {}
    return any(address in (facts.get(f"all_ipv{family}_addresses") or ()) for family in (4, 6))


def _of_vip(
    vip: Vip, desired: Mapping[str, Sequence[Mapping[str, Any]]], hostvars: Hostvars, infos: Mapping[str, Any]
) -> Iterable[Former]:
    successors = tuple(
        host
        for host in vip.hosts
        if infos.get(host, {}).get("active")
        and {live_states(infos[host]).get(name) for name in _about(vip, infos[host])} & {"MASTER", "BACKUP"}
    )
    reported: set[str | None] = set()
    for host, info in infos.items():
        about = _about(vip, info)
        if host not in vip.hosts and about and (info["active"] or info.get("enabled")):
            reported.add(host)
            yield Former(vip, host, stated_address(host, hostvars[host]) or "", host, about, successors)
    present = {address for host in vip.hosts for address in _addresses(host, hostvars, infos)}
    named = {str(peer) for host in vip.hosts for each in desired.get(host, ()) for peer in _peers(each)}
    for named_by, address in undeclared_peers(vip, infos, present | named):
        names = [each for each in hostvars if address in _addresses(each, hostvars, infos)]
        known = names[0] if names else None
        if (known or address) not in reported and known not in infos:
            reported.add(known or address)
            yield Former(vip, known, address, named_by, None, successors)


def undeclared_peers(vip: Vip, infos: Mapping[str, Any], known: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Unicast peers that the VIP's hosts have in their files and that are no members: the naming host and the
    address."""
    written = {host: written_instances(infos.get(host) or {}) for host in vip.hosts}
    members = {str(each.get("unicast_src_ip")) for instances in written.values() for each in instances.values()}
    members |= {*known, *_peers(vip.instance)}
    return [
        (host, peer)
        for host in vip.hosts
        for name in _about(vip, infos.get(host) or {})
        for peer in _peers(written[host][name])
        if peer not in members
    ]


def _about(vip: Vip, info: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the written instances with one of the VIP's addresses."""
    mine = {str(address.ip) for address in vip.addresses}
    return tuple(name for name, each in written_instances(info).items() if mine & set(_held_by(each)))


def _held_by(instance: Mapping[str, Any]) -> Iterable[str]:
    for option in ("virtual_ipaddress", "virtual_ipaddress_excluded"):
        for entry in instance.get(option) or ():
            yield str(entry.get("address") if isinstance(entry, Mapping) else entry).partition("/")[0]


def _peers(instance: Mapping[str, Any]) -> Iterable[str]:
    for peer in instance.get("unicast_peer") or ():
        yield str(peer.get("address") if isinstance(peer, Mapping) else peer)


def _addresses(host: str, hostvars: Hostvars, infos: Mapping[str, Any]) -> set[str]:
    """The addresses of a host: from the inventory, from its facts, and the VRRP source addresses of its instances."""
    spoken = {str(each.get("unicast_src_ip")) for each in written_instances(infos.get(host) or {}).values()}
    stated = stated_address(host, hostvars[host])
    return spoken | {str(place.address.ip) for place in places(hostvars[host])} | ({stated} if stated else set())
