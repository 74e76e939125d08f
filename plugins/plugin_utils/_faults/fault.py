# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fault that stands in a file, and how a list of them is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, SEVERITIES

#: What a daemon refuses or misreads, by its own checks, has no name of its own.
REFUSED = "refused"


class Fault(NamedTuple):
    """``kind`` is a short name; ``hosts`` have it; ``about`` is the block or option. ``mended`` says what the mended
    inventory has instead, empty where that is left to people."""

    kind: str
    severity: str
    hosts: tuple[str, ...]
    about: str
    reason: str
    remedy: str
    mended: str = ""

    def told(self) -> dict[str, Any]:
        """In plain values."""
        return {**self._asdict(), "hosts": list(self.hosts)}


def of_problem(problem: Problem, host: str, file: str) -> Fault:
    """What the modules would refuse to write."""
    value = "" if problem.value is None else f"{problem.value!r} "
    return Fault(
        REFUSED, ERROR, (host,), f"{file}: {problem.option}", f"{value}{problem.reason}", problem.remedy.rstrip(".")
    )


def merged(faults: Iterable[Fault]) -> list[Fault]:
    """The gravest first, and what several hosts have once, with all of them."""
    hosts: dict[Fault, dict[str, None]] = {}
    for each in faults:
        hosts.setdefault(each._replace(hosts=()), {}).update(dict.fromkeys(each.hosts))
    found = [each._replace(hosts=tuple(where)) for each, where in hosts.items()]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def line(each: Fault, mend: bool) -> str:
    """One fault in sentences."""
    text = f"{each.severity}: {', '.join(each.hosts)}: {each.about}: {each.reason.rstrip('.')}. {each.remedy}."
    if each.mended:
        return f"{text} {'Mended' if mend else 'Mending would write'}: {each.mended}."
    return text
