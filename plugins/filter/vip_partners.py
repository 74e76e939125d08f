# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``vip_partners``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import partners_of

DOCUMENTATION = r"""
name: vip_partners
short_description: The hosts that share a VIP with a host
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Names every other host that may hold one of the VIPs that this host may hold, but for those in
    C(k8s_edge_hosts_down), where O(hostvars) are given.
positional: host, groups, hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
options:
  hostvars:
    description: The variable C(hostvars).
    type: dict
"""

EXAMPLES = r"""
- name: Who could take over
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.vip_partners(inventory_hostname, groups) }}"
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
"""


@speaking
def vip_partners(
    vips: Any, host: str, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any] | None = None
) -> list[str]:
    """Names of hosts."""
    return without(partners_of(declared(vips, groups)).get(host, []), hosts_down(hostvars or {}))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"vip_partners": vip_partners}
