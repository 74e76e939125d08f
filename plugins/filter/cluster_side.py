# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``cluster_side``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.cluster import cluster_side as side_of

DOCUMENTATION = r"""
name: cluster_side
short_description: The cluster's part of the declaration, and its conflicts with keepalived and the hosts
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The cluster's side is declared for the controller, in variables of the roles C(edge_nodes), C(kube_vip),
    C(kube_vip_cloud_provider), C(kube_keepalived_vip) and C(traefik).
  - Each address has one owner. That is keepalived, kube-vip, kube-keepalived-vip or the host itself. Address pools
    contain none of these addresses, and do not overlap.
  - In one network, keepalived and kube-keepalived-vip use different virtual router IDs. Services that share an address
    have one leader.
  - Packets to a VIP of profile C(ipvs) must reach the kernel's IPVS table. A C(hostPort) is translated before that, and
    kube-keepalived-vip empties the table.
positional: hostvars, reached
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  reached:
    description: Whether this run changes the cluster. Otherwise Traefik is assumed to be managed elsewhere.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Stop if two planes claim one address
  ansible.builtin.assert:
    that: (groups | k8s_edge.ha.cluster_side(hostvars)).conflicts == []
"""

RETURN = r"""
_value:
  description:
    - C(parts), the roles with a declaration; C(roles), these and the roles whose state is C(absent), in the order in
      which they run; C(conflicts), a sentence for each conflict.
  type: dict
"""


def cluster_side(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], reached: bool = True
) -> dict[str, list[str]]:
    """The parts, the roles and the conflicts."""
    return side_of(groups, hostvars, reached)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"cluster_side": cluster_side}
