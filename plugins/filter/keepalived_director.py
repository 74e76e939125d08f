# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_director``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import director
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: keepalived_director
short_description: What the keepalived of one host balances, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives for each directed VIP (C(profile=ipvs)) that the host may hold a virtual server per address and port, with
    its real servers and their checks, as M(k8s_edge.ha.keepalived_config) takes them.
  - All directed VIPs of a host move together, in one sync group, and the sync daemon follows the first of them. So the
    kernel knows who is MASTER, and the others leave packets alone that the MASTER sent them as real servers.
positional: host, groups, hostvars, further
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  further:
    description: Virtual servers that the host has by hand. One that it could not direct beside the derived is refused.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What this host balances
  ansible.builtin.debug:
    msg: "{{ (k8s_edge_vips | k8s_edge.ha.keepalived_director(inventory_hostname, groups, hostvars)).virtual_servers }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary with C(virtual_servers), C(sync_groups) and C(global_defs), each empty where the host directs
      nothing.
  type: dict
"""


@speaking
def keepalived_director(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    further: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The host's part as a director."""
    return director(host, declared(vips, groups), hostvars, further)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_director": keepalived_director}
