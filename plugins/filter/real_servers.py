# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``real_servers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import real_server_hosts, shares_loopback
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import present, vips_of

DOCUMENTATION = r"""
name: real_servers
short_description: The hosts that serve a directed VIP
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Every host of the groups that directed VIPs (C(profile=ipvs)) of C(k8s_edge_vips) lead to, once, in that order.
  - Or every host that may hold a VIP and serves none this way, although the facts show more than its own addresses on
    its loopback interface, so that it may have served one before.
positional: hostvars, former
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  former:
    description: Whether those are meant that may have been real servers before.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Bring the VIPs to the real servers
  hosts: "{{ groups | k8s_edge.ha.real_servers(hostvars | default({})) }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
"""


@speaking
def real_servers(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], former: bool = False) -> list[str]:
    """Names of hosts; all of them where no play has run yet, so that there are no host variables to choose by."""
    if not hostvars:
        return list(groups["all"])
    vips = vips_of(groups, hostvars)
    serving = real_server_hosts(vips)
    if not former:
        return without(serving, hosts_down(hostvars))
    return [host for host in present(vips, hostvars) if host not in serving and shares_loopback(hostvars[host])]


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"real_servers": real_servers}
