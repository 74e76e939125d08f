# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_tenants``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import objects as _kubernetes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_tenants
short_description: Who else lives in a namespace
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Names the objects that are neither ours, nor made by a controller, nor in every namespace. Removing the namespace
    would remove them too.
positional: owner
options:
  _input:
    description: What was found in the namespace.
    type: list
    elements: dict
    required: true
  owner:
    description: Who we are, as the label says.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Nobody else lives here
  ansible.builtin.assert:
    that: (found | k8s_edge.ha.kubernetes_tenants('my-edge')) == []
"""

RETURN = r"""
_value:
  description: Names of objects with their kinds.
  type: list
  elements: str
"""


@speaking
def kubernetes_tenants(found: Sequence[Mapping[str, Any]], owner: str) -> list[str]:
    """Names of objects."""
    return _kubernetes.tenants(found, owner)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_tenants": kubernetes_tenants}
