# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``plan_difference``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.difference import difference

DOCUMENTATION = r"""
name: plan_difference
short_description: How the plan of a host differs from the one that was shown
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Playbook C(site) plans a host again when its turn comes, and stops where the impact is heavier than was shown.
positional: shown, stopped
options:
  _input:
    description: What M(k8s_edge.ha.edge_plan) returned now.
    type: dict
    required: true
  shown:
    description: What it returned before.
    type: dict
    required: true
  stopped:
    description: Whether the run has stopped keepalived there for the change of a peer, so that it is to start again.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Stop where the host has changed since
  ansible.builtin.assert:
    that: not (now | k8s_edge.ha.plan_difference(shown)).worse
  vars:
    shown: {impact: none, planes: {}}
    now: {impact: none, planes: {}}
"""

RETURN = r"""
_value:
  description:
    - C(lines), a sentence for each step that has come or gone since.
    - C(worse), whether the heaviest impact is heavier than it was, or something can no longer be planned. A reload
      instead of runtime commands is not worse where it only spares sessions of clients.
  type: dict
"""


@speaking
def plan_difference(now: Mapping[str, Any], shown: Mapping[str, Any], stopped: bool = False) -> dict[str, Any]:
    """What has come and gone."""
    return difference(now, shown, stopped)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"plan_difference": plan_difference}
