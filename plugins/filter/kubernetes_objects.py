# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_objects``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: kubernetes_objects
short_description: Check, order and label Kubernetes objects
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Refuses what no schema detects and an API server refuses or ignores, and what blocks a roll-out. Such are selectors
    that do not match the pods' labels, a C(hostPort) that differs from its C(containerPort) with C(hostNetwork), a
    surge of pods that need the same port of a node, numbers instead of strings, images without a version, and Ingress
    paths without a type.
  - Sorts the objects in order of creation, and labels each with C(k8s-edge.ha/owner).
positional: owner
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
  owner:
    description: The owner, the value of the label.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what would be applied
  ansible.builtin.debug:
    msg: "{{ my_objects | k8s_edge.ha.kubernetes_objects('my-edge') }}"
"""

RETURN = r"""
_value:
  description: The objects.
  type: list
  elements: dict
"""


@readable_errors
def kubernetes_objects(objects: Sequence[Mapping[str, Any]], owner: str) -> list[dict[str, Any]]:
    """The objects, sorted and labelled. Raises InputError with every problem in them."""
    return [_kubernetes.fit(each, owner) for each in _kubernetes.in_order(checked_objects(objects))]


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_objects": kubernetes_objects}
