# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``vip_endpoints``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import endpoints
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: vip_endpoints
short_description: The addresses and ports that clients of the VIPs connect to
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns an entry for each address of each VIP that leads to servers.
positional: groups
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.groups
"""

EXAMPLES = r"""
- name: Show where clients connect
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.vip_endpoints(groups) }}"
"""

RETURN = r"""
_value:
  description:
    - Dictionaries with C(name), C(address), C(port), and C(url), an apiserver's readiness URL, empty for VIPs with
      other servers. M(k8s_edge.ha.vip_probe) takes them.
  type: list
  elements: dict
"""


@readable_errors
def vip_endpoints(vips: Any, groups: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """An entry for each address that clients connect to."""
    return endpoints(declared(vips, groups))


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"vip_endpoints": vip_endpoints}
