# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_instance: its arguments and its action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.config import plan_absent, plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import FILE_ARGUMENTS, configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import (
    BFD_INSTANCES,
    INSTANCE,
    INSTANCES,
    SCRIPTS,
    SYNC_GROUPS,
    TRACK_FILES,
    TRACK_PROCESSES,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = dict(
    FILE_ARGUMENTS,
    name={"type": "str", "required": True},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    **INSTANCE.arguments(),
    **INSTANCES.exact,
)

#: Blocks that have to be before or after an instance.
_ROOT = Table(BFD_INSTANCES, SCRIPTS, TRACK_PROCESSES, TRACK_FILES, SYNC_GROUPS, INSTANCES)


def plan_instance(text: str, params: dict[str, Any]) -> Edited:
    """Edit one vrrp_instance of a text."""
    if params.get("state") == "absent":
        return plan_absent(text, INSTANCES, params["name"])

    def problems(document: Document) -> Iterator[Problem]:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.desired import (
            grammar_problems,
            table_problems,
        )

        there = [
            one.block
            for one in document.statements(document.root)
            if one.keyword == INSTANCES.keyword and one.arguments == [params["name"]] and one.block is not None
        ]
        if not there:
            yield from grammar_problems(INSTANCES.key, "", params)
        yield from table_problems(INSTANCE, "", params, document, there)

    return plan_table(text, _ROOT, {"instances": [params]}, problems=problems)


def instance(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's action."""
    return configure(params, system, check_mode, lambda text: plan_instance(text, params))
