# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_refusals``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import refusals as _kubernetes_refusals
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_refusals
short_description: What the Kubernetes API refuses, in words
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Reads what C(kubernetes.core.k8s) and C(kubernetes.core.k8s_info) say where they fail, and names object, field,
    reason and remedy. Where a right is missing it is named.
options:
  _input:
    description: What a task registered, of one call or of a loop.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Read services
  kubernetes.core.k8s_info:
    api_version: v1
    kind: Service
  register: answer
  failed_when: answer | k8s_edge.ha.kubernetes_refusals != []
"""

RETURN = r"""
_value:
  description: Sentences; none where nothing was refused.
  type: list
  elements: str
"""


@speaking
def kubernetes_refusals(registered: Mapping[str, Any]) -> list[str]:
    """The refusals of one call, or of each of a loop's."""
    return _kubernetes_refusals.refusals(registered.get("results", [registered]))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_refusals": kubernetes_refusals}
