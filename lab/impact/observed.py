# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change did, from what was seen before and after it. Pure: it knows nothing of plans.

A look at a host (molecule/impact/library/changes.py) has ``at`` (seconds since 1970); ``haproxy`` and ``keepalived``,
each with ``started`` (process and start time of the one that systemd knows; empty where it does not run) and ``loaded``
(what is new after each reload); ``running``, a digest of what the kernel and HAProxy have, for each thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

#: From least to most, in the collection's words.
IMPACTS = ("none", "runtime", "reload", "restart", "vip_move")
DAEMONS = ("haproxy", "keepalived")
#: In seconds. A VIP that is away for less is not taken from its holder.
MOMENT = 0.1

#: A line of ``ip -ts -oneline monitor address``.
_EVENT = re.compile(
    r"^\[(?P<time>[^\]]+)\] *(?P<gone>Deleted )?\d+: (?P<device>\S+) +inet6? (?P<address>[0-9a-f.:]+)/", re.MULTILINE
)

Look = Mapping[str, Any]


class Event(NamedTuple):
    """An address comes to a host, or goes."""

    at: float
    host: str
    device: str
    address: str
    gone: bool


def events(host: str, text: str) -> list[Event]:
    """The events in what ``ip -ts -oneline monitor address`` wrote on a host, whose clock is in UTC."""
    return [
        Event(_seconds(each["time"]), host, each["device"], each["address"], bool(each["gone"]))
        for each in _EVENT.finditer(text)
    ]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


def within(found: Iterable[Event], begin: float, end: float, addresses: Iterable[str]) -> list[Event]:
    """The events of some addresses on network interfaces in a time, in order. On loopback an address only bridges a
    gap, and moves nothing."""
    known = set(addresses)
    return sorted(each for each in found if begin < each.at <= end and each.address in known and each.device != "lo")


def impact(before: Mapping[str, Look], after: Mapping[str, Look], moved: Sequence[Event]) -> str:
    """The heaviest that happened to the hosts: an address was taken from its holder; a daemon ended or began anew; it
    has read its files again, or was started where it did not run; what runs is otherwise; or nothing of these."""
    if any(event.gone and not _is_back(event, moved) for event in moved):
        return "vip_move"
    found = [_of_daemon(name, before[host][name], after[host][name]) for host in before for name in DAEMONS]
    if any(before[host]["running"] != after[host]["running"] for host in before):
        found.append("runtime")
    return max(found, key=IMPACTS.index, default="none")


def _is_back(gone: Event, moved: Sequence[Event]) -> bool:
    """Whether the host has it again at once, with another prefix: keepalived takes it away and adds it for that."""
    return any(not each.gone and each[1:4] == gone[1:4] and 0 <= each.at - gone.at < MOMENT for each in moved)


def _of_daemon(name: str, before: Look, after: Look) -> str:
    if before["started"] != after["started"]:
        # Who starts cuts nobody; keepalived then speaks to its peers, as after a reload.
        return "restart" if before["started"] else "reload" if name == "keepalived" else "runtime"
    return "reload" if before["loaded"] != after["loaded"] else "none"


def differences(before: Mapping[str, Look], after: Mapping[str, Look]) -> list[str]:
    """In words what is otherwise on each host, for whoever has to find out why."""
    found = []
    for host, look in before.items():
        for name in DAEMONS:
            found += [f"{host} {name} {what}" for what, seen in look[name].items() if after[host][name][what] != seen]
        found += [
            f"{host} {what}" for what, seen in look["running"].items() if after[host]["running"].get(what) != seen
        ]
    return found


def way(address: str, moved: Sequence[Event]) -> list[tuple[str, str]]:
    """Each time that an address came to another host than the last one: from whom (empty where it was nowhere before)
    and to whom."""
    own = [event for event in moved if event.address == address]
    first = {event.host: event for event in reversed(own)}
    # Whoever loses it before he gets it had it from the start.
    last = next((host for host, event in first.items() if event.gone), "")
    found: list[tuple[str, str]] = []
    for event in own:
        if not event.gone and event.host != last:
            found.append((last, event.host))
            last = event.host
    return found
