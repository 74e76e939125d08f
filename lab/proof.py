# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the demo's conclusions from its observations. Pure: text and numbers in, findings out. Raises LabError for
failed proofs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.command import LabError

_RECAP = re.compile(r"^(?P<host>\S+)\s+:\s+(?P<counts>ok=\d+\s.*failed=\d+.*)$", re.MULTILINE)
Recap = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Probe:
    """The result of `vip-probe` for one address. `outages`: pairs of (milliseconds, whether the outage had not
    ended)."""

    address: str
    requests: int
    failed: int
    answered_by: tuple[str, ...]
    outages: tuple[tuple[int, bool], ...]
    stall_ms: int

    @classmethod
    def of(cls, address: str, said: Mapping[str, Any]) -> Probe:
        outages = tuple((each["length_ms"], bool(each.get("unfinished"))) for each in said["outages"])
        counts = (said["requests"], said["failed"])
        return cls(address, *counts, tuple(said["answered_by"]), outages, said["longest_stall_ms"])


def recap(output: str) -> dict[str, dict[str, int]]:
    """The counts (`ok`, `changed`, …) by host from the PLAY RECAP of ansible-playbook. The controller (`localhost`) is
    left out: it only computes."""
    _, _, end = output.rpartition("PLAY RECAP")
    found = {}
    for line in _RECAP.finditer(end):
        if line["host"] == "localhost":
            continue
        pairs = (pair.split("=") for pair in line["counts"].split())
        found[line["host"]] = {name: int(count) for name, count in pairs}
    if not found:
        raise LabError("the playbook ended without a PLAY RECAP.")
    return found


def converged(counts: Recap) -> str:
    """The finding on the first run."""
    changes = {host: each["changed"] for host, each in counts.items() if each["changed"]}
    if not changes:
        return f"nothing to change on {len(counts)} hosts"
    return ", ".join(f"{count} changes on {host}" for host, count in changes.items())


def idempotent(counts: Recap) -> str:
    """The finding on the second run: nothing changed on any host. One task of each host gathers its facts."""
    changed = [f"{host} changed={each['changed']}" for host, each in counts.items() if each["changed"]]
    if changed:
        raise LabError(f"the second run was not without changes: {', '.join(changed)}.")
    most = max(each["ok"] for each in counts.values()) - 1
    return f"changed=0 on all {len(counts)} hosts; at most {most} tasks per host beside gathering facts"


def one_holder(address: str, holders: Iterable[str]) -> str:
    """The only host that has the address."""
    names = list(holders)
    if len(names) != 1:
        raise LabError(f"{address} should be on one host, and is on {', '.join(names) or 'none'}.")
    return names[0]


def all_answer(probes: Iterable[Probe], expected: Iterable[str]) -> str:
    """Every request was answered, and each expected host answered some."""
    seen = list(probes)
    for probe in seen:
        missing = sorted(set(expected) - set(probe.answered_by))
        if probe.failed:
            raise LabError(f"{probe.failed} of {probe.requests} requests to {probe.address} failed.")
        if missing:
            raise LabError(f"no answer through {probe.address} came from {', '.join(missing)}.")
    return f"{sum(p.requests for p in seen)} requests answered by {', '.join(sorted(expected))}; none failed"


def outage(probe: Probe) -> str:
    """The length of the only interruption, which must have ended, and by how much a delay of the probe itself may have
    extended it."""
    if not probe.outages:
        raise LabError(f"{probe.address} never stopped answering, so its holder was not lost.")
    if probe.outages[-1][1]:
        raise LabError(f"{probe.address} did not answer again within {probe.outages[-1][0] / 1000:.0f} s.")
    longest = max(length for length, _ in probe.outages)
    again = f" in {len(probe.outages)} pieces" if len(probe.outages) > 1 else ""
    return f"{probe.address} silent for {longest / 1000:.2f} s{again} (probe late by at most {probe.stall_ms} ms)"


def table(rows: Iterable[tuple[str, str, str]]) -> str:
    """A table of three columns; the last is aligned right. A finding of several lines takes several lines."""
    lines: list[tuple[str, str, str]] = []
    for name, seen, took in rows:
        for number, part in enumerate(seen.split("\n")):
            lines.append((name, part, took) if number == 0 else ("", part, ""))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in lines)
