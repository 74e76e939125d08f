# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_config: its arguments and its action."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.config import plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import FILE_ARGUMENTS, configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = dict(
    FILE_ARGUMENTS,
    purge={"type": "bool", "default": False},
    **CONFIGURATION.arguments(),
)


def plan_config(text: str, params: dict[str, Any]) -> Edited:
    """Edit every block of a text that the parameters name; with ``purge`` remove blocks that are not in the lists
    given."""
    return plan_table(text, CONFIGURATION, params, purge=bool(params.get("purge")))


def config(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The action of keepalived_config."""
    return configure(params, system, check_mode, lambda text: plan_config(text, params))
