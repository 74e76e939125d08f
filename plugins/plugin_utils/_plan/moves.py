# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VIPs move during a roll, when and to which host, from what the hosts run now and will run after their change.

It follows VRRP: the host with the higher priority takes the VIP unless its instance must not preempt. At equal
priorities the holder keeps it. The effect of new checks on priorities is unknown; the plan says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    held_addresses,
    leads,
    live_instance,
    live_priority,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.vrrp_change import VrrpChange
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip


class Move(NamedTuple):
    """A VIP moves from one host to another while ``during`` is changed. ``origin`` is empty if no host held it.
    ``target`` is empty if no host takes it: the VIP is unavailable until a later move."""

    origin: str
    target: str
    during: str


class AddressMoves(NamedTuple):
    """One address of a VIP: its holders now (several if hosts disagree), its moves in order, its final holder, and the
    hosts that lose it briefly during their change although no other host takes it."""

    vip: str
    address: str
    holders: tuple[str, ...]
    moves: tuple[Move, ...]
    holder: str
    pauses: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "vip": self.vip,
            "address": self.address,
            "held_by": list(self.holders),
            "moves": [each._asdict() for each in self.moves],
            "then_held_by": self.holder,
            "pauses": list(self.pauses),
        }


def address_moves(fleet: Fleet, order: Sequence[str], changes: Mapping[str, VrrpChange]) -> list[AddressMoves]:
    """The moves of every address while hosts are changed in ``order``."""
    return [
        _moves_of(fleet, vip, address, [host for host in order if host in vip.hosts], changes)
        for vip in fleet.vips
        for address in vip.addresses
    ]


def _moves_of(
    fleet: Fleet, vip: Vip, address: Interface, order: Sequence[str], changes: Mapping[str, VrrpChange]
) -> AddressMoves:
    name, plain = instance_name(vip, address), str(address.ip)
    taking = {host: changes[host] for host in vip.hosts if host in changes}
    holders = tuple(
        host for host, each in taking.items() if plain in held_addresses(each.info) or leads(each.info, name, plain)
    )
    members = _Members(name, plain, taking)
    moves: list[Move] = []
    pauses: list[str] = []
    holder = holders[0] if holders else ""
    for host in order:
        # Its peers are stopped while the host is changed: they lose what they hold, and cannot take what the host
        # releases.
        silent = set(fleet.silenced(host))
        gives_up = host == holder and plain in changes[host].lets_go
        for each in {*silent, *([host] if gives_up else ())}:
            members.leave(each)
        if holder in silent or gives_up:
            successor = members.first()
            if successor:
                moves.append(Move(holder, successor, host))
                holder = successor
            elif gives_up:
                pauses.append(host)
        members.change(host)
        new_holder = members.new_holder(holder)
        if new_holder != holder:
            moves.append(Move(holder, new_holder, host))
            holder = new_holder
    return AddressMoves(vip.name, plain, holders, tuple(moves), holder, tuple(pauses))


class _Members:
    """The hosts that take part in one instance, with their priorities at the current point of the roll."""

    def __init__(self, name: str, address: str, changes: Mapping[str, VrrpChange]) -> None:
        self._name = name
        self._changes = changes
        self._live = {host: self._twin(each, address) for host, each in changes.items()}
        self._hesitant: set[str] = set()
        self._now = {
            host: live_priority(live)
            for host, live in self._live.items()
            if live is not None and live["state"] in ("MASTER", "BACKUP")
        }

    def _twin(self, own: VrrpChange, address: str) -> Mapping[str, Any] | None:
        """The running instance on a host. It may have another name; then virtual router ID and address identify it."""
        if not own.info.get("active"):
            return None
        live = live_instance(own.info, self._name)
        if live is not None:
            return live
        router = (own.desired.get(self._name) or {}).get("virtual_router_id")
        for each in own.info.get("instances") or ():
            plain = {str(text).partition("/")[0] for text in each.get("addresses") or ()}
            if each.get("virtual_router_id") == router and address in plain:
                return dict(each)
        return None

    def leave(self, host: str) -> None:
        """Exclude a host while it is changed."""
        self._now.pop(host, None)

    def change(self, host: str) -> None:
        """Include a host with its declared configuration."""
        own = self._changes[host]
        self._now[host] = own.priority(self._name, self._live[host])
        wanted = own.desired.get(self._name) or {}
        if wanted.get("nopreempt") or wanted.get("preempt_delay"):
            self._hesitant.add(host)

    def first(self) -> str:
        """The host that takes an address without a holder; empty if no host takes part."""
        return max(self._now, key=lambda host: self._now[host], default="")

    def new_holder(self, holder: str) -> str:
        """The host that has the address after VRRP has settled."""
        if holder not in self._now:
            return self.first()
        able = {host: priority for host, priority in self._now.items() if host not in self._hesitant or host == holder}
        best = max(able, key=lambda host: able[host])
        return best if able[best] > self._now[holder] else holder
