# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``plane_conflicts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import planes as _planes

DOCUMENTATION = r"""
name: plane_conflicts
short_description: What keepalived, kube-vip and kube-keepalived-vip claim from each other
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - An address has one owner. It is held by keepalived, kube-vip or kube-keepalived-vip, or is a host's own, and lies in
    no pool of services, which have nothing in common either.
  - Virtual router IDs of keepalived and kube-keepalived-vip differ in a network, and services that share addresses have
    one leader.
  - What a VIP of profile C(ipvs) leads to must be met by the kernel. A C(hostPort) is translated before it, and
    kube-keepalived-vip empties its table.
positional: groups, hostvars, planes
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  planes:
    description:
      - The variables of the roles C(kube_vip), C(kube_vip_cloud_provider), C(keepalived_vip), C(traefik) and
        C(edge_nodes), each a dictionary without the prefix of the role's name; and C(edge), the hosts where the pods of
        kube-keepalived-vip and Traefik run. Any may be missing.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Every address is in one hand
  ansible.builtin.assert:
    that: >-
      k8s_edge_vips | k8s_edge.ha.plane_conflicts(
        groups, hostvars, {'kube_vip': {'control_plane': kube_vip_control_plane}}) == []
"""

RETURN = r"""
_value:
  description: A sentence for each conflict.
  type: list
  elements: str
"""


@speaking
def plane_conflicts(
    vips: Any, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], planes: Mapping[str, Any]
) -> list[str]:
    """A sentence for each conflict."""
    return [str(problem) for problem in _planes.conflicts(declared(vips, groups), hostvars, _planes.planes_of(planes))]


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"plane_conflicts": plane_conflicts}
