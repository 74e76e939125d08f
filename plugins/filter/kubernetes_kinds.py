# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_kinds``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_kinds
short_description: The kinds of Kubernetes objects
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Of the objects and of further kinds each once, whatever its version.
positional: further
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
  further:
    description: Further kinds, with C(api_version) and C(kind).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What there is of each kind
  kubernetes.core.k8s_info:
    api_version: "{{ item.api_version }}"
    kind: "{{ item.kind }}"
  loop: "{{ declared | k8s_edge.ha.kubernetes_kinds }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(api_version) and C(kind).
  type: list
  elements: dict
"""


@speaking
def kubernetes_kinds(
    objects: Sequence[Mapping[str, Any]], further: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, str]]:
    """Each kind once."""
    return _kubernetes.kinds(objects, further)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_kinds": kubernetes_kinds}
