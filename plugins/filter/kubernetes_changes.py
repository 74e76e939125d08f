# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kubernetes_changes``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import changes as _kubernetes_changes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kubernetes_changes
short_description: What changed in Kubernetes objects, in words
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Names what C(kubernetes.core.k8s) changed, or would change in check mode, object by object and field by field.
    Ansible itself shows no difference where a task applies several objects.
positional: found, leaving
options:
  _input:
    description:
      - The results of a loop over C(kubernetes.core.k8s). Fields are told where it ran with C(--diff), and not of those
        whose C(item.secret) is true.
    type: list
    elements: dict
    required: true
  found:
    description: What the cluster had before. All else is new.
    type: list
    elements: dict
    required: true
  leaving:
    description: Objects that go since they are no longer declared.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Say what changed
  ansible.builtin.debug:
    msg: "{{ applied.results | k8s_edge.ha.kubernetes_changes(found) }}"
"""

RETURN = r"""
_value:
  description:
    - Lines, such as C(Service edge/www is new) or C(Service edge/www spec.type) with the old and the new value.
  type: list
  elements: str
"""


@speaking
def kubernetes_changes(
    calls: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], leaving: Sequence[Mapping[str, Any]] = ()
) -> list[str]:
    """All lines."""
    return list(_kubernetes_changes.changes(calls, found, leaving))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kubernetes_changes": kubernetes_changes}
