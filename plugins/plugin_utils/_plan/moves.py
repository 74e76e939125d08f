# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VIPs move during a roll, when and to whom, from what the hosts run now and what each will run after its change.

As VRRP has it: the higher priority takes the VIP, unless its instance is not to preempt, and of two equal ones whoever
has it keeps it. What a check that is new will add or take is not foreseen, which is told. Pure.
"""

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
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.standing import Standing
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip


class Move(NamedTuple):
    """A VIP goes from one host to another while ``during`` is changed. ``origin`` is empty where nobody held it, and
    ``target`` where nobody takes it: it is gone until a later move."""

    origin: str
    target: str
    during: str


class Way(NamedTuple):
    """One address of a VIP: who holds it now (more than one where hosts disagree), its moves in order, who holds it in
    the end, and the hosts that are without it for a moment while they are changed, though nobody else takes it."""

    vip: str
    address: str
    holders: tuple[str, ...]
    moves: tuple[Move, ...]
    holder: str
    pauses: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """The same in plain values."""
        return {
            "vip": self.vip,
            "address": self.address,
            "held_by": list(self.holders),
            "moves": [each._asdict() for each in self.moves],
            "then_held_by": self.holder,
            "pauses": list(self.pauses),
        }


def ways(fleet: Fleet, order: Sequence[str], standings: Mapping[str, Standing]) -> list[Way]:
    """The way of every address while hosts are changed in ``order``."""
    return [
        _way(fleet, vip, address, [host for host in order if host in vip.hosts], standings)
        for vip in fleet.vips
        for address in vip.addresses
    ]


def _way(fleet: Fleet, vip: Vip, address: Interface, order: Sequence[str], standings: Mapping[str, Standing]) -> Way:
    name, plain = instance_name(vip, address), str(address.ip)
    taking = {host: standings[host] for host in vip.hosts if host in standings}
    holders = tuple(
        host for host, each in taking.items() if plain in held_addresses(each.info) or leads(each.info, name, plain)
    )
    members = _Members(name, plain, taking)
    moves: list[Move] = []
    pauses: list[str] = []
    holder = holders[0] if holders else ""
    for host in order:
        # Its peers are stopped while it is changed: what they hold goes, and what it gives up nobody else can take.
        silent = set(fleet.silenced(host))
        gives_up = host == holder and plain in standings[host].lets_go
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
        taker = members.taker(holder)
        if taker != holder:
            moves.append(Move(holder, taker, host))
            holder = taker
    return Way(vip.name, plain, holders, tuple(moves), holder, tuple(pauses))


class _Members:
    """Who takes part in one instance, with the priority that each has at this moment of the roll."""

    def __init__(self, name: str, address: str, standings: Mapping[str, Standing]) -> None:
        self._name = name
        self._standings = standings
        self._live = {host: self._twin(each, address) for host, each in standings.items()}
        self._hesitant: set[str] = set()
        self._now = {
            host: live_priority(live)
            for host, live in self._live.items()
            if live is not None and live["state"] in ("MASTER", "BACKUP")
        }

    def _twin(self, standing: Standing, address: str) -> Mapping[str, Any] | None:
        """What runs of the instance, perhaps by another name: keepalived knows it by its virtual router ID."""
        if not standing.info.get("active"):
            return None
        live = live_instance(standing.info, self._name)
        if live is not None:
            return live
        router = (standing.desired.get(self._name) or {}).get("virtual_router_id")
        for each in standing.info.get("instances") or ():
            plain = {str(text).partition("/")[0] for text in each.get("addresses") or ()}
            if each.get("virtual_router_id") == router and address in plain:
                return dict(each)
        return None

    def leave(self, host: str) -> None:
        """A host takes no part while it is changed."""
        self._now.pop(host, None)

    def change(self, host: str) -> None:
        """A host takes part as it is declared from now on."""
        standing = self._standings[host]
        self._now[host] = standing.priority(self._name, self._live[host])
        wanted = standing.desired.get(self._name) or {}
        if wanted.get("nopreempt") or wanted.get("preempt_delay"):
            self._hesitant.add(host)

    def first(self) -> str:
        """Who takes an address that nobody has; empty where nobody takes part."""
        return max(self._now, key=lambda host: self._now[host], default="")

    def taker(self, holder: str) -> str:
        """Who has the address once the others have heard each other."""
        if holder not in self._now:
            return self.first()
        able = {host: priority for host, priority in self._now.items() if host not in self._hesitant or host == holder}
        best = max(able, key=lambda host: able[host])
        return best if able[best] > self._now[holder] else holder
