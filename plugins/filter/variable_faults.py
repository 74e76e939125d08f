# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``variable_faults``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import untyped

DOCUMENTATION = r"""
name: variable_faults
short_description: Variables of the roles and playbooks that do not have their type
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Holds every public variable of this collection against its type, of the controller and of each host that may hold a
    VIP or serves one, inner keys too. Playbooks ask it first, since they derive from variables before any role checks
    its own.
  - Stricter than Ansible. A truth value is not a number. An unquoted number is not a string, since its zeros are lost.
  - A variable that cannot be resolved yet, such as one that asks for facts, is left to the role.
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Every variable has its type
  ansible.builtin.assert:
    that: (groups | k8s_edge.ha.variable_faults(hostvars)) == []
"""

RETURN = r"""
_value:
  description: A sentence for each fault, with the hosts that have it where not all do.
  type: list
  elements: str
"""


@speaking
def variable_faults(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """A sentence for each fault."""
    return untyped(Fleet(groups, hostvars))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"variable_faults": variable_faults}
