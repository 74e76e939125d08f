# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that a look at the fleet found, and how a list of them is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

#: From what stops a run to what is only told.
SEVERITIES = ("error", "warning", "note")
ERROR, WARNING, NOTE = SEVERITIES


class Finding(NamedTuple):
    """``about`` is a VIP, an option or a part of a host; ``hosts`` those where it was found, none where it follows from
    the declaration. ``remedy`` is empty where there is nothing to do, or where ``reason`` has it already."""

    severity: str
    hosts: tuple[str, ...]
    about: str
    reason: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """Without the severity, in sentences."""
        where = f"{', '.join(self.hosts)}: " if self.hosts else ""
        about = f"{self.about}: " if self.about else ""
        remedy = f" {self.remedy.rstrip('.')}." if self.remedy else ""
        return f"{where}{about}{self.reason.rstrip('.')}.{remedy}"

    def told(self) -> dict[str, Any]:
        """The same in plain values."""
        return {**self._asdict(), "hosts": list(self.hosts)}


def of_problem(problem: Problem | str, hosts: tuple[str, ...] = ()) -> Finding:
    """What is wrong with the input, as an error."""
    if isinstance(problem, str):
        return Finding(ERROR, hosts, "", problem)
    value = "" if problem.value is None else f"{problem.value!r} "
    return Finding(ERROR, hosts, problem.option, f"{value}{problem.reason}", problem.remedy)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, and what was found on several hosts once, with all of them."""
    hosts: dict[tuple[str, ...], dict[str, None]] = {}
    for severity, where, *words in findings:
        hosts.setdefault((severity, *words), {}).update(dict.fromkeys(where))
    found = [Finding(severity, tuple(where), *words) for (severity, *words), where in hosts.items()]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def lines(findings: Iterable[Finding], hosts: int, heard: str) -> list[str]:
    """A line for each, after one that counts them."""
    found = list(findings)
    counts = [(sum(each.severity == severity for each in found), severity) for severity in SEVERITIES]
    counted = ", ".join(f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number)
    looked = f"{hosts} host{'s' if hosts != 1 else ''} looked at, {heard}: {counted or 'nothing found'}."
    return [looked, *(f"{each.severity}: {each.text}" for each in found)]
