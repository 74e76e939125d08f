# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_node_patches``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import edge_nodes as _edge_nodes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.edge_nodes_problems import problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: edge_node_patches
short_description: Patches that label and taint the edge nodes of a cluster
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Finds the node of each host by the host's variable C(k8s_edge_node), its name, or its address (C(k8s_edge_address),
    C(ansible_host)). Labels and taints these nodes, and removes both from former edge nodes.
positional: hosts, hostvars, labels, taints
options:
  _input:
    description: The nodes, as C(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
  hosts:
    description: The edge hosts. If empty, no node remains an edge node.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  labels:
    description: The labels of the edge.
    type: dict
    required: true
  taints:
    description: The taints of the edge, each with C(key), C(effect) and optionally C(value).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show what would change
  ansible.builtin.debug:
    msg: "{{ nodes.resources | k8s_edge.ha.edge_node_patches(groups['edge'], hostvars, {'edgenode': 'true'}) }}"
"""

RETURN = r"""
_value:
  description: A merge patch for each node that has to change. New edge nodes come first.
  type: list
  elements: dict
"""


@readable_errors
def edge_node_patches(
    nodes: Sequence[Mapping[str, Any]],
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, Any],
    taints: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """The patches. Raises InputError for hosts without a node and for invalid labels and taints."""
    found: list[Problem] = list(problems(labels, taints))
    edge = _edge_nodes.resolved(hosts, hostvars, nodes, found)
    refuse(found)
    return _edge_nodes.patches(nodes, edge.values(), labels, taints)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"edge_node_patches": edge_node_patches}
