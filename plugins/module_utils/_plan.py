# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as frozen values: made by pure planners, shown in check mode, carried out by ``_reconcile``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

#: The effect of a change on the running service, from least to most.
IMPACTS = ("none", "runtime", "reload", "restart", "vip_move")


def worst(impacts: Iterable[str]) -> str:
    """The greatest of some impacts; ``none`` where there are none."""
    return max(impacts, key=IMPACTS.index, default="none")


class Step(NamedTuple):
    """One change and what reverts it. ``summary`` describes it, a line for each thing it changes."""

    summary: str
    apply: Any
    revert: Any = None


class Plan(NamedTuple):
    """``before`` and ``after`` are texts for Ansible's diff, secrets already masked. ``idle_impact`` is the impact
    without the sessions that clients have now, if that is less; otherwise it is empty."""

    before: str
    after: str
    steps: tuple[Step, ...] = ()
    impact: str = "none"
    warnings: tuple[str, ...] = ()
    idle_impact: str = ""

    @property
    def summary(self) -> list[str]:
        """Every line of every step, in the order they are done."""
        return [line for step in self.steps for line in step.summary.splitlines()]


class Resource(Protocol):
    """Something that can be brought to a desired state."""

    def lock(self) -> AbstractContextManager[None]:
        """Held from read to the last step, so that concurrent runs lose no change."""

    def read(self) -> Any:
        """The current state. Planning gets no other information about the host."""

    def plan(self, current: Any) -> Plan:
        """The changes from the current to the desired state. Pure: no effects, same result for the same state."""

    def rehearse(self, plan: Plan) -> None:
        """Check what can be checked without changing the host (check mode). Raises EdgeError where apply would."""

    def execute(self, change: Any) -> None:
        """Carry out one ``Step.apply`` or ``Step.revert``."""
