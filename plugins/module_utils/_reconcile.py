# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, plan, apply, verify: the one skeleton every state module runs through."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan


class Resource(Protocol):
    """Something that can be brought to a desired state."""

    def lock(self) -> AbstractContextManager[None]:
        """Held from read to the last step, so that concurrent runs lose nothing."""

    def read(self) -> Any:
        """The current state. The only look at the world that planning gets."""

    def plan(self, current: Any) -> Plan:
        """What is to be done about the current state. Pure: no effects, same answer for the same state."""

    def rehearse(self, plan: Plan) -> None:
        """Check what can be checked without changing the host (check mode). Raises EdgeError where apply would."""

    def execute(self, deed: Any) -> None:
        """Carry out one ``Step.do`` or ``Step.undo``."""


def reconcile(resource: Resource, *, check_mode: bool) -> Plan:
    """Bring a resource to its desired state and return the plan that did it, or in check mode would.

    A step that fails is undone together with those before it, in reverse order. An undo that fails is reported
    beside the first error, never instead of it.
    """
    if check_mode:
        plan = resource.plan(resource.read())
        if plan.steps:
            resource.rehearse(plan)
        return plan
    with resource.lock():
        plan = resource.plan(resource.read())
        if plan.steps:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._apply_plan import apply

            apply(resource, plan)
        return plan
