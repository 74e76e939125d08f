# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_config: the whole of a keepalived.conf as one table, its arguments and its action."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.configure import FILE_ARGUMENTS, configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.globals import GLOBAL_DEFS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.interfaces import (
    GARP_GROUPS,
    INTERFACE_DELAYS,
    STATIC_IPADDRESS,
    STATIC_ROUTES,
    STATIC_RULES,
    TRACK_GROUPS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.lvs import (
    SSL,
    VIRTUAL_SERVER_GROUPS,
    VIRTUAL_SERVERS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.planner import plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vrrp import (
    BFD_INSTANCES,
    INSTANCES,
    SCRIPTS,
    SYNC_GROUPS,
    TRACK_FILES,
    TRACK_PROCESSES,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

#: In the order keepalived wants: trackers before who tracks them.
CONFIGURATION = Table(
    GLOBAL_DEFS,
    INTERFACE_DELAYS,
    TRACK_GROUPS,
    STATIC_IPADDRESS,
    STATIC_ROUTES,
    STATIC_RULES,
    GARP_GROUPS,
    BFD_INSTANCES,
    SCRIPTS,
    TRACK_PROCESSES,
    TRACK_FILES,
    SYNC_GROUPS,
    INSTANCES,
    SSL,
    VIRTUAL_SERVER_GROUPS,
    VIRTUAL_SERVERS,
)

ARGUMENTS: dict[str, Any] = dict(
    FILE_ARGUMENTS,
    purge={"type": "bool", "default": False},
    **CONFIGURATION.arguments(),
)


def plan_config(text: str, params: dict[str, Any]) -> Edited:
    """Edit every block of a text that the parameters name; with ``purge`` remove what the lists given do not name."""
    return plan_table(text, CONFIGURATION, params, purge=bool(params.get("purge")))


def config(params: dict[str, Any], ports: Ports, check_mode: bool) -> dict[str, Any]:
    """The action of keepalived_config."""
    return configure(params, ports, check_mode, lambda text: plan_config(text, params))
