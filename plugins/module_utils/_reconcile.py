# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, plan, apply, verify: the sequence that every state module runs through."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Resource


def reconcile(resource: Resource, *, check_mode: bool) -> Plan:
    """Bring a resource to its desired state and return the plan, applied or in check mode only made.

    A step that fails is reverted together with those before it, the last one first. A revert that fails is reported
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
