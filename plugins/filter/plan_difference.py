# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``plan_difference``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.difference import difference

DOCUMENTATION = r"""
name: plan_difference
short_description: Differences between the current plan of a host and the one that was shown
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Playbook C(site) plans a host again before it changes it, and stops if the impact is heavier than was shown.
  - For playbooks of your own that keep a plan for approval and apply it later.
positional: shown, stopped
options:
  _input:
    description: The current result of M(k8s_edge.ha.edge_plan).
    type: dict
    required: true
  shown:
    description: Its earlier result, which was shown.
    type: dict
    required: true
  stopped:
    description: Whether the run has stopped keepalived there for the change of a peer, so that it must start again.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Stop if the impact has become heavier
  ansible.builtin.assert:
    that: not (now | k8s_edge.ha.plan_difference(shown)).worse
  vars:
    shown: {impact: none, planes: {}}
    now: {impact: none, planes: {}}
"""

RETURN = r"""
_value:
  description:
    - C(lines), a sentence for each added or removed step.
    - C(worse), whether the heaviest impact is heavier than before, or a plane can no longer be planned. A reload
      instead of runtime commands is not worse if it only keeps sessions of clients.
  type: dict
"""


@readable_errors
def plan_difference(now: Mapping[str, Any], shown: Mapping[str, Any], stopped: bool = False) -> dict[str, Any]:
    """The added and removed steps, and whether the impact is heavier."""
    return difference(now, shown, stopped)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"plan_difference": plan_difference}
