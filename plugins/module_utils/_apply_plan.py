# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan. Loaded only when there is something to change."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Resource, Step


def apply(resource: Resource, plan: Plan) -> None:
    """Apply a plan and verify that nothing is left to do. On failure, revert the steps that were applied and raise."""
    done: list[Step] = []
    try:
        for step in plan.steps:
            resource.execute(step.apply)
            done.append(step)
        _verify(resource)
    except BaseException as error:
        failures = _revert(resource, done)
        if failures:
            raise ApplyError(error, failures) from error
        raise


def _verify(resource: Resource) -> None:
    left = resource.plan(resource.read())
    if left.steps:
        raise EdgeError(
            "After applying, a new plan should be empty, but it still has: {}. The previous state was restored. "
            "Something else changes this resource at the same time, or this is a bug: please report it with the "
            "file and the task.".format("; ".join(left.summary))
        )


def _revert(resource: Resource, done: list[Step]) -> list[Exception]:
    failures: list[Exception] = []
    for step in reversed(done):
        try:
            resource.execute(step.revert)
        except Exception as failure:
            failures.append(failure)
    return failures
