# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived does with interfaces beside its instances: addresses, routes and rules that always stand, the pace of
gratuitous ARP, and patience with links that flap. Data (vrrp_parser.c)."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import interface, plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Records,
    Sentences,
    Words,
    head,
    option,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import Value
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import ADDRESS, NAME, ROUTE, RULE
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import number

_INTERVAL = number(0, 2147)
_DELAY = number(0, 255)

#: Before the addresses, routes and rules that name them.
TRACK_GROUPS = Blocks("track_groups", Table(Words("group", plain())), "track_group", key=NAME)
STATIC_IPADDRESS = Records("static_ipaddress", Grammar(*ADDRESS, option("track_group", plain())), ordered=True)
STATIC_ROUTES = Sentences("static_routes", ROUTE)
STATIC_RULES = Sentences("static_rules", RULE)

GARP_GROUPS = Blocks(
    "garp_groups",
    Table(
        Value("garp_interval", _INTERVAL),
        Value("gna_interval", _INTERVAL),
        Value("interface", interface()),
        Words("interfaces", interface()),
    ),
    "garp_group",
    also=("interface", "interfaces"),
)
#: Both delays are written: without the second one the manual says that it is the first, and keepalived takes 0.
INTERFACE_DELAYS = Records(
    "interface_up_down_delays", Grammar(head("name", interface()), head("down_delay", _DELAY), head("up_delay", _DELAY))
)
