# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of a keepalived.conf as one table. Data."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.globals import GLOBAL_DEFS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.interfaces import (
    GARP_GROUPS,
    INTERFACE_DELAYS,
    STATIC_IPADDRESS,
    STATIC_ROUTES,
    STATIC_RULES,
    TRACK_GROUPS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import (
    SSL,
    VIRTUAL_SERVER_GROUPS,
    VIRTUAL_SERVERS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import (
    BFD_INSTANCES,
    INSTANCES,
    SCRIPTS,
    SYNC_GROUPS,
    TRACK_FILES,
    TRACK_PROCESSES,
)

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
