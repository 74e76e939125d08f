# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fault of a configuration file, and how a list of faults is formatted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, SEVERITIES

#: The kind of every fault that a module's own checks report.
REFUSED = "refused"


class Fault(NamedTuple):
    """``kind``: a short name. ``hosts``: the hosts with the fault. ``about``: the block or option. ``mended``: what the
    mended inventory has instead; empty if the user must mend it."""

    kind: str
    severity: str
    hosts: tuple[str, ...]
    about: str
    reason: str
    remedy: str
    mended: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The fault as a dictionary of plain values."""
        return {**self._asdict(), "hosts": list(self.hosts)}


def of_problem(problem: Problem, host: str, file: str) -> Fault:
    """The fault for a problem that a module would report when asked to write this."""
    value = "" if problem.value is None else f"{problem.value!r} "
    return Fault(
        REFUSED, ERROR, (host,), f"{file}: {problem.option}", f"{value}{problem.reason}", problem.remedy.rstrip(".")
    )


def merged(faults: Iterable[Fault]) -> list[Fault]:
    """Sorted by severity, the most severe first. Equal faults of several hosts become one with all these hosts."""
    hosts: dict[Fault, dict[str, None]] = {}
    for each in faults:
        hosts.setdefault(each._replace(hosts=()), {}).update(dict.fromkeys(each.hosts))
    found = [each._replace(hosts=tuple(where)) for each, where in hosts.items()]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def line(each: Fault, mend: bool) -> str:
    """The fault as text. ``mend``: the mended inventory is written."""
    text = f"{each.severity}: {', '.join(each.hosts)}: {each.about}: {each.reason.rstrip('.')}. {each.remedy}."
    if each.mended:
        return f"{text} {'Mended' if mend else 'Mending would write'}: {each.mended}."
    return text
