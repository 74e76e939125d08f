# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VIPs move during a roll, when and to whom, from what the hosts run now and what each will run after its change.

As VRRP has it: the higher priority takes the VIP, unless its instance is not to preempt, and of two equal ones whoever
has it keeps it. What checks add and take after the change is not foreseen. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    held_addresses,
    live_instance,
    live_priority,
    live_states,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

#: Impacts of keepalived's change at which a host gives up what it holds.
GIVES_UP = ("restart", "vip_move")


class Move(NamedTuple):
    """A VIP goes from one host to another while ``during`` is changed. ``origin`` is empty where nobody held it, and
    ``target`` where nobody takes it: it is gone until a later move."""

    origin: str
    target: str
    during: str


class Way(NamedTuple):
    """One address of a VIP: who holds it now (more than one where hosts disagree), its moves in order, and who holds it
    in the end."""

    vip: str
    address: str
    holders: tuple[str, ...]
    moves: tuple[Move, ...]
    holder: str

    def told(self) -> dict[str, Any]:
        """The same in plain values."""
        return {
            "vip": self.vip,
            "address": self.address,
            "held_by": list(self.holders),
            "moves": [each._asdict() for each in self.moves],
            "then_held_by": self.holder,
        }


def ways(fleet: Fleet, order: Sequence[str], impacts: Mapping[str, str]) -> list[Way]:
    """The way of every address while hosts are changed in ``order``; ``impacts`` is that of keepalived's change on each
    host of the order."""
    instances = {host: fleet.host(host)["keepalived"]["instances"] for host in fleet.hosts}
    desired = {host: {each["name"]: each for each in entries} for host, entries in instances.items()}
    return [
        _way(fleet, vip, address, [host for host in order if host in vip.hosts], impacts, desired)
        for vip in fleet.vips
        for address in vip.addresses
    ]


def _way(
    fleet: Fleet,
    vip: Vip,
    address: Interface,
    order: Sequence[str],
    impacts: Mapping[str, str],
    desired: Mapping[str, Mapping[str, Any]],
) -> Way:
    name = instance_name(vip, address)
    infos = {host: fleet.variables(host).get(BEFORE) or {} for host in vip.hosts if host in fleet.hosts}
    holders = tuple(
        host
        for host, info in infos.items()
        if str(address.ip) in held_addresses(info) or live_states(info).get(name) == "MASTER"
    )
    members = _Members(name, infos, desired)
    moves = list(_moves(fleet, members, holders[0] if holders else "", order, impacts))
    last = moves[-1].target if moves else "".join(holders[:1])
    return Way(vip.name, str(address.ip), holders, tuple(moves), last)


def _moves(
    fleet: Fleet, members: _Members, holder: str, order: Sequence[str], impacts: Mapping[str, str]
) -> Iterator[Move]:
    for host in order:
        # Its peers are stopped while it is changed, so that nobody could take what it gives up.
        silent = set(fleet.silenced(host))
        if host == holder and impacts.get(host) in GIVES_UP and not silent:
            members.leave(host)
            heir = members.first()
            if heir:
                yield Move(holder, heir, host)
                holder = heir
        members.change(host)
        taker = members.taker(holder)
        if taker != holder and taker not in silent:
            yield Move(holder, taker, host)
            holder = taker


class _Members:
    """Who takes part in one instance, with the priority that each has at this moment of the roll."""

    def __init__(self, name: str, infos: Mapping[str, Any], desired: Mapping[str, Mapping[str, Any]]) -> None:
        self._desired = {host: each[name] for host, each in desired.items() if host in infos and name in each}
        self._hesitant: set[str] = set()
        self._now: dict[str, int] = {}
        for host, info in infos.items():
            live = live_instance(info, name)
            if info.get("active") and live is not None and live["state"] in ("MASTER", "BACKUP"):
                self._now[host] = live_priority(live)

    def leave(self, host: str) -> None:
        """A host takes no part while it is changed."""
        self._now.pop(host, None)

    def change(self, host: str) -> None:
        """A host takes part as it is declared from now on."""
        wanted = self._desired.get(host) or {}
        self._now[host] = int(wanted.get("priority") or 100)
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
