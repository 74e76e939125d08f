# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding about the fleet, and how a list of findings is formatted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

#: The severities: errors stop a run, notes only inform.
SEVERITIES = ("error", "warning", "note")
ERROR, WARNING, NOTE = SEVERITIES


class Finding(NamedTuple):
    """``about``: a VIP, an option or a part of a host. ``hosts``: where it was found, empty if it follows from the
    declaration. ``remedy``: empty if nothing is to be done or ``reason`` contains it."""

    severity: str
    hosts: tuple[str, ...]
    about: str
    reason: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """The finding in sentences, without the severity."""
        where = f"{', '.join(self.hosts)}: " if self.hosts else ""
        about = f"{self.about}: " if self.about else ""
        remedy = f" {self.remedy.rstrip('.')}." if self.remedy else ""
        return f"{where}{about}{self.reason.rstrip('.')}.{remedy}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**self._asdict(), "hosts": list(self.hosts)}


def of_problem(problem: Problem | str, hosts: tuple[str, ...] = ()) -> Finding:
    """A problem of the input as a finding with severity error."""
    if isinstance(problem, str):
        return Finding(ERROR, hosts, "", problem)
    value = "" if problem.value is None else f"{problem.value!r} "
    return Finding(ERROR, hosts, problem.option, f"{value}{problem.reason}", problem.remedy)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted by severity, the most severe first. Equal findings of several hosts become one with all these hosts."""
    hosts: dict[tuple[str, ...], dict[str, None]] = {}
    for severity, where, *words in findings:
        hosts.setdefault((severity, *words), {}).update(dict.fromkeys(where))
    found = [Finding(severity, tuple(where), *words) for (severity, *words), where in hosts.items()]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def lines(findings: Iterable[Finding], hosts: int, captured: str) -> list[str]:
    """A line that counts the findings, then one line for each. ``hosts``: the number of hosts that were examined.
    ``captured``: a phrase on how long VRRP was captured."""
    found = list(findings)
    counts = [(sum(each.severity == severity for each in found), severity) for severity in SEVERITIES]
    counted = ", ".join(f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number)
    looked = f"{hosts} host{'s' if hosts != 1 else ''} looked at, {captured}: {counted or 'nothing found'}."
    return [looked, *(f"{each.severity}: {each.text}" for each in found)]
