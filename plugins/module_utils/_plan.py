# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What will be done, as frozen values: made by pure planners, shown in check mode, carried out by ``_reconcile``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

#: How hard a change touches the running service, from least to most.
IMPACTS = ("none", "runtime", "reload", "restart", "vip_move")


def worst(impacts: Iterable[str]) -> str:
    """The heaviest of some impacts; ``none`` where there are none."""
    return max(impacts, key=IMPACTS.index, default="none")


class Step(NamedTuple):
    """One deed and the deed that takes it back. ``summary`` says it in words, a line for each thing it changes."""

    summary: str
    do: Any
    undo: Any = None


class Plan(NamedTuple):
    """``before`` and ``after`` are texts for Ansible's diff, secrets already masked."""

    before: str
    after: str
    steps: tuple[Step, ...] = ()
    impact: str = "none"
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> list[str]:
        """Every line of every step, in the order they are done."""
        return [line for step in self.steps for line in step.summary.splitlines()]
