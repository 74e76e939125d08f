# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``loopback_vips``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import loopback_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: loopback_vips
short_description: The VIPs that a real server has on its loopback interface
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Names every address of each directed VIP (C(profile=ipvs)) whose real server the host is, as C(/32) or C(/128).
positional: host, groups
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
"""

EXAMPLES = r"""
- name: What this host must have on lo
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.loopback_vips(inventory_hostname, groups) }}"
"""

RETURN = r"""
_value:
  description: Addresses with their prefix lengths.
  type: list
  elements: str
"""


@speaking
def loopback_vips(vips: Any, host: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """The host's addresses on loopback."""
    return loopback_addresses(host, declared(vips, groups))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"loopback_vips": loopback_vips}
