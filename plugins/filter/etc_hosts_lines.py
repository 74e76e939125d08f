# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``etc_hosts_lines``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host_names import host_names
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: etc_hosts_lines
short_description: Lines for /etc/hosts with the names of VIPs and hosts
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A line for each address of each VIP, with its name and its C(endpoint), and one for each host that may hold or serve
    it. Hosts whose address is not in the inventory are left out.
positional: groups, hostvars, domain
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  domain:
    description: A domain. Each name is also given with it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the lines for /etc/hosts
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.etc_hosts_lines(groups, hostvars, 'example.com') }}"
"""

RETURN = r"""
_value:
  description: Lines, each with an address and its names.
  type: list
  elements: str
"""


@readable_errors
def etc_hosts_lines(
    vips: Any, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], domain: str = ""
) -> list[str]:
    """Lines of /etc/hosts."""
    return host_names(declared(vips, groups), hostvars, domain)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"etc_hosts_lines": etc_hosts_lines}
