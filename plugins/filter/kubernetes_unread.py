# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_unread``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_unread
short_description: The declared objects that are not among those of ours in the cluster
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - They may be new, or there and somebody else's. None are left once everything was applied.
positional: owned
options:
  _input:
    description: The declared objects.
    type: list
    elements: dict
    required: true
  owned:
    description: What the cluster has with our label.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Look whether others have objects of these names
  k8s_edge.ha.kubernetes_info:
    queries: "{{ declared | k8s_edge.ha.kubernetes_unread(owned) }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(api_version), C(kind), C(namespace) and C(name).
  type: list
  elements: dict
"""


@speaking
def kubernetes_unread(objects: Sequence[Mapping[str, Any]], owned: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Coordinates of objects."""
    return _kubernetes.unread(objects, owned)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_unread": kubernetes_unread}
