# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of one entry of ``k8s_edge_vips``: as role haproxy documents them, with the modules' own inner ones."""

from __future__ import annotations

from functools import cache

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import section_options
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS as KEEPALIVED
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.virtual_service import (
    VIRTUAL_SERVER_ARGUMENTS,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import of_roles, over

#: What a VIP says of options of modules, and what follows from the VIP itself there.
FIXED = {
    "instance": ("name",),
    "frontend": ("name", "default_backend"),
    "backend": ("name",),
    # Direct routing fixes these: the address and the ports are the VIP's, and packets go unchanged to the real server.
    "virtual_server": ("address", "port", "fwmark", "group", "family", "forwarding_method", "real_servers"),
}
#: What cannot be by hand where there is a frontend and a backend for each of several ports.
OF_ONE_PORT = {"frontend": ("bind",), "backend": ("servers",)}


@cache
def entry_options() -> dict[str, Spec]:
    """The options of an entry."""
    by_hand = {
        "instance": KEEPALIVED["instances"]["options"],
        "frontend": section_options("frontend"),
        "backend": section_options("backend"),
        "virtual_server": VIRTUAL_SERVER_ARGUMENTS,
    }
    return {**of_roles()["haproxy_vips"]["options"], **{name: over(options, ()) for name, options in by_hand.items()}}
