# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_problems``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems

DOCUMENTATION = r"""
name: edge_problems
short_description: What stands against a run, before any host is touched
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - What cannot work of C(k8s_edge_vips) and C(k8s_edge_hosts_down), and, once the hosts were read, of all that is
    derived from them and from what was read, as sentences with option, value, reason and remedy.
positional: hostvars, read
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  read:
    description: Whether the hosts were read. Then it is a problem, too, where one could not be.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Stop before any host is touched
  ansible.builtin.assert:
    that: (groups | k8s_edge.ha.edge_problems(hostvars)) == []
"""

RETURN = r"""
_value:
  description: A sentence for each problem.
  type: list
  elements: str
"""


def edge_problems(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], read: bool = False) -> list[str]:
    """A sentence for each problem."""
    return problems(Fleet(groups, hostvars), read)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_problems": edge_problems}
