# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_objects``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import sound
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_objects
short_description: Kubernetes objects, checked, in order, with their owner written on them
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Refuses what no schema sees and an API server refuses, ignores, or waits on for ever. Selectors that do not match
    the pods' labels, C(hostPort) beside another C(containerPort) with C(hostNetwork), a surge of pods that need the
    same port of a node, numbers where only texts can be, images without a version, Ingress paths without a type.
  - Puts the objects in the order in which they can be created, and labels each with C(k8s-edge.ha/owner).
positional: owner
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
  owner:
    description: Whose they are, as the label says.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What would be applied
  ansible.builtin.debug:
    msg: "{{ my_objects | k8s_edge.ha.kubernetes_objects('my-edge') }}"
"""

RETURN = r"""
_value:
  description: The objects.
  type: list
  elements: dict
"""


@speaking
def kubernetes_objects(objects: Sequence[Mapping[str, Any]], owner: str) -> list[dict[str, Any]]:
    """The objects, fit to be applied."""
    return [_kubernetes.fit(each, owner) for each in _kubernetes.in_order(sound(objects))]


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_objects": kubernetes_objects}
