# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Determine the effect of a change from observations before and after it. Pure; independent of plans.

An observation of a host (molecule/impact/library/changes.py) has ``at`` (seconds since 1970); ``haproxy`` and
``keepalived``, each with ``started`` (PID and start time of systemd's main process; empty if it does not run) and
``loaded`` (a value that changes with each reload); ``running``, digests of parts of the state of the kernel and of
HAProxy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

#: From the lightest to the heaviest, as in the collection's results.
IMPACTS = ("none", "runtime", "reload", "restart", "vip_move")
DAEMONS = ("haproxy", "keepalived")
#: Seconds. A VIP that is missing for less time counts as kept by its holder.
MOMENT = 0.1

#: A line of ``ip -ts -oneline monitor address``.
_EVENT = re.compile(
    r"^\[(?P<time>[^\]]+)\] *(?P<gone>Deleted )?\d+: (?P<device>\S+) +inet6? (?P<address>[0-9a-f.:]+)/", re.MULTILINE
)

Look = Mapping[str, Any]


class Event(NamedTuple):
    """An address is added to a host or removed."""

    at: float
    host: str
    device: str
    address: str
    gone: bool


def events(host: str, text: str) -> list[Event]:
    """The events in the output of ``ip -ts -oneline monitor address`` on a host whose clock is in UTC."""
    return [
        Event(_seconds(each["time"]), host, each["device"], each["address"], bool(each["gone"]))
        for each in _EVENT.finditer(text)
    ]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


def within(found: Iterable[Event], begin: float, end: float, addresses: Iterable[str]) -> list[Event]:
    """The events of some addresses on network interfaces between two times, in order. Loopback is left out: there an
    address only bridges a gap, and does not move."""
    known = set(addresses)
    return sorted(each for each in found if begin < each.at <= end and each.address in known and each.device != "lo")


def impact(before: Mapping[str, Look], after: Mapping[str, Look], moved: Sequence[Event]) -> str:
    """The heaviest effect on any host: ``vip_move``, an address was removed from its holder; ``restart``, a daemon
    ended or was replaced; ``reload``, a daemon read its files again, or keepalived was started; ``runtime``, the
    running state changed; ``none``."""
    if any(event.gone and not _is_back(event, moved) for event in moved):
        return "vip_move"
    found = [_of_daemon(name, before[host][name], after[host][name]) for host in before for name in DAEMONS]
    if any(before[host]["running"] != after[host]["running"] for host in before):
        found.append("runtime")
    return max(found, key=IMPACTS.index, default="none")


def _is_back(gone: Event, moved: Sequence[Event]) -> bool:
    """Whether the host has the address again at once with another prefix: keepalived changes a prefix by removing and
    adding the address."""
    return any(not each.gone and each[1:4] == gone[1:4] and 0 <= each.at - gone.at < MOMENT for each in moved)


def _of_daemon(name: str, before: Look, after: Look) -> str:
    if before["started"] != after["started"]:
        # Starting a daemon cuts no connection. keepalived then sends to its peers, as after a reload.
        return "restart" if before["started"] else "reload" if name == "keepalived" else "runtime"
    return "reload" if before["loaded"] != after["loaded"] else "none"


def differences(before: Mapping[str, Look], after: Mapping[str, Look]) -> list[str]:
    """A description of the differences on each host, for the analysis of a wrong prediction."""
    found = []
    for host, look in before.items():
        for name in DAEMONS:
            found += [f"{host} {name} {what}" for what, seen in look[name].items() if after[host][name][what] != seen]
        found += [
            f"{host} {what}" for what, seen in look["running"].items() if after[host]["running"].get(what) != seen
        ]
    return found


def way(address: str, moved: Sequence[Event]) -> list[tuple[str, str]]:
    """Each move of an address from one host to another, as (origin, target). The origin is empty if no host had it
    before."""
    own = [event for event in moved if event.address == address]
    first = {event.host: event for event in reversed(own)}
    # A host that loses the address before it was added there had it from the start.
    last = next((host for host, event in first.items() if event.gone), "")
    found: list[tuple[str, str]] = []
    for event in own:
        if not event.gone and event.host != last:
            found.append((last, event.host))
            last = event.host
    return found
