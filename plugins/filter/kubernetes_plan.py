# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_plan``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_plan
short_description: What is to be done about declared Kubernetes objects
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Decides from what was found in the cluster what to apply, what can be rehearsed before anything is there, what
    belongs to others, and what of ours is no longer declared.
positional: owner, found
options:
  _input:
    description: The declared objects, as P(k8s_edge.ha.kubernetes_objects#filter) gives them.
    type: list
    elements: dict
    required: true
  owner:
    description: Whose they are, as the label says.
    type: str
    required: true
  found:
    description: What the cluster has with our label or by the names of the declared objects.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: What would be removed
  ansible.builtin.debug:
    msg: "{{ (declared | k8s_edge.ha.kubernetes_plan('my-edge', found)).leaving }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary. C(apply) and C(rehearse) are lists of calls with C(objects), C(about), and whether they hold a
      C(secret) or C(kinds). C(unseen), C(foreign) and C(lasting) name objects. C(leaving) has the C(objects) and
      C(namespaces) to remove, C(workloads) what to wait for.
  type: dict
"""


@speaking
def kubernetes_plan(
    objects: Sequence[Mapping[str, Any]], owner: str, found: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """All decisions in one value."""
    return _kubernetes.plan(objects, owner, found)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_plan": kubernetes_plan}
