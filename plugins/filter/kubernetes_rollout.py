# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_rollout``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import rollout as _kubernetes_rollout
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_rollout
short_description: How far the roll-out of a workload is
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Reads the status of a DaemonSet, Deployment or StatefulSet, and what holds its pods up.
positional: pods
options:
  _input:
    description: What the cluster has of the workload, as C(kubernetes.core.k8s_info) returns it.
    type: list
    elements: dict
    required: true
  pods:
    description: Its pods.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Wait for a roll-out
  kubernetes.core.k8s_info:
    api_version: apps/v1
    kind: DaemonSet
    namespace: kube-system
    name: kube-vip
  register: answer
  until: (answer.resources | k8s_edge.ha.kubernetes_rollout).done
  retries: 60
  delay: 2
"""

RETURN = r"""
_value:
  description:
    - A dictionary with C(done), C(said) in words, C(step) that grows while the roll-out gets on, and C(problems).
  type: dict
"""


@speaking
def kubernetes_rollout(
    workloads: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The progress of the first and only workload."""
    if not workloads:
        return {"done": False, "said": "is not there", "step": 0, "problems": []}
    return {**_kubernetes_rollout.progress(workloads[0]), "problems": _kubernetes_rollout.problems(pods)}


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_rollout": kubernetes_rollout}
