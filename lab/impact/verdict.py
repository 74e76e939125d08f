# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare each change with its prediction: the impact, and the losses of clients. Pure.

A record of a change has ``kind``; ``predicted``, the impact; ``cuts``, the number of long-lived connections that the
plan predicts to be cut; optionally ``vips``, the moves of each address in the fleet's plan; ``before`` and ``after``,
an observation (observed.py) of each host that might be affected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lab.impact import observed
from lab.impact.observed import Event

#: Impacts that must not affect any client.
GENTLE = ("none", "runtime", "reload")
#: The time limit of a request, in milliseconds (molecule/impact/tasks/clients_begin.yml).
TIME_LIMIT = 10_000


class Clients(NamedTuple):
    """The times at which requests were lost and long-lived connections were cut, in seconds since 1970."""

    lost: tuple[float, ...]
    cut: tuple[float, ...]

    @classmethod
    def of(cls, probes: Iterable[Mapping[str, Any]], holds: Iterable[Mapping[str, Any]]) -> Clients:
        """Built from the output of ``vip-probe`` and ``vip-hold``. A timeout of a probe that was itself delayed by more
        than its time limit does not count."""
        lost = [
            probe["began"] + outage["at_ms"] / 1000
            for probe in probes
            if not is_late(probe)
            for outage in probe["outages"]
            for _each in range(outage["requests"])
        ]
        return cls(tuple(lost), tuple(at for hold in holds for at in hold["cut_at"]))


def is_late(probe: Mapping[str, Any]) -> bool:
    """Whether requests failed only because the probe's own machine delayed it."""
    return probe.get("longest_stall_ms", 0) > TIME_LIMIT and set(probe.get("errors", ())) <= {"TimeoutError"}


class Row(NamedTuple):
    kind: str
    predicted: str
    observed: str
    lost: int
    cut: int
    faults: tuple[str, ...]


def row(record: Mapping[str, Any], found: Sequence[Event], clients: Clients, addresses: Iterable[str]) -> Row:
    """The result for one change. ``addresses``: those that move between hosts."""
    before, after = record["before"], record["after"]
    begin, end = min(each["at"] for each in before.values()), max(each["at"] for each in after.values())
    moved = observed.within(found, begin, end, addresses)
    seen = observed.impact(before, after, moved)
    lost, cut = (sum(begin < at <= end for at in times) for times in clients)
    faults = []
    if seen != record["predicted"]:
        faults.append("; ".join([*observed.differences(before, after), *map(_told, moved)]) or "nothing has changed")
    for each in record.get("vips") or ():
        planned = [(move["origin"], move["target"]) for move in each["moves"]]
        went = observed.way(each["address"], moved)
        if went != planned:
            faults.append(f"{each['address']} went {_ways(went)}, and was to go {_ways(planned)}")
    if record["predicted"] in GENTLE:
        if lost:
            faults.append(f"{lost} requests lost")
        # Some of the predicted connections may end by themselves in time, but not all of them.
        if cut > record["cuts"] or (record["cuts"] and not cut):
            faults.append(f"{cut} connections cut, and the plan counts {record['cuts']}")
    return Row(record["kind"], record["predicted"], seen, lost, cut, tuple(faults))


def _told(event: Event) -> str:
    return f"{event.address} {'left' if event.gone else 'came to'} {event.host}"


def _ways(found: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{origin or 'nowhere'} -> {target}" for origin, target in found) or "nowhere"


def table(rows: Sequence[Row]) -> str:
    """A line for every row, and the faults below."""
    head = ("kind of change", "predicted", "observed", "requests lost", "connections cut")
    lines = [head, *((each.kind, each.predicted, each.observed, str(each.lost), str(each.cut)) for each in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    told = ["  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    wrong = [each for each in rows if each.faults]
    agree = f"{len(rows) - len(wrong)} of {len(rows)} kinds of change were as predicted."
    return "\n".join([*told, "", agree, *(f"{each.kind}: {fault}" for each in wrong for fault in each.faults)])
