# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole keepalived.conf as one table, including what concerns interfaces outside instances: static addresses,
routes and rules, delays of gratuitous ARP, and debouncing of flapping links. Data (vrrp_parser.c)."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.globals import GLOBAL_DEFS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import interface, plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Records,
    Sentences,
    Words,
    head,
    option,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import (
    SSL,
    VIRTUAL_SERVER_GROUPS,
    VIRTUAL_SERVERS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import OLDEST, Value
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import (
    ADDRESS,
    BFD_INSTANCES,
    INSTANCES,
    NAME,
    ROUTE,
    RULE,
    SCRIPTS,
    SYNC_GROUPS,
    TRACK_FILES,
    TRACK_PROCESSES,
)

_INTERVAL = number(0, 2147)
_DELAY = number(0, 255)

#: Before the addresses, routes and rules that refer to them.
TRACK_GROUPS = Blocks("track_groups", OLDEST, Table(Words("group", OLDEST, plain())), "track_group", key=NAME)
STATIC_IPADDRESS = Records("static_ipaddress", OLDEST, Grammar(*ADDRESS, option("track_group", plain())), ordered=True)
STATIC_ROUTES = Sentences("static_routes", OLDEST, ROUTE)
STATIC_RULES = Sentences("static_rules", OLDEST, RULE)

GARP_GROUPS = Blocks(
    "garp_groups",
    OLDEST,
    Table(
        Value("garp_interval", OLDEST, _INTERVAL),
        Value("gna_interval", OLDEST, _INTERVAL),
        Value("interface", OLDEST, interface()),
        Words("interfaces", OLDEST, interface()),
    ),
    "garp_group",
    also=("interface", "interfaces"),
)
#: Both delays are written: by the manual the second one defaults to the first, but keepalived uses 0.
INTERFACE_DELAYS = Records(
    "interface_up_down_delays",
    "2.2.3",
    Grammar(head("name", interface()), head("down_delay", _DELAY), head("up_delay", _DELAY)),
)

#: In the order keepalived needs: trackers before the blocks that track them.
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
