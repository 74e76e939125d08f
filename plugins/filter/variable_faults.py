# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``variable_faults``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import untyped

DOCUMENTATION = r"""
name: variable_faults
short_description: Variables of the roles and playbooks with a wrong type
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Checks every public variable of this collection, including nested values, on the controller and on each host that
    may hold or serves a VIP. Playbooks call it first, since they derive values from variables before any role checks
    its own.
  - Stricter than Ansible. A boolean is not a number. An unquoted number is not a string, since YAML drops its zeros.
  - A variable that cannot be resolved yet, such as one that needs facts, is left to the role.
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Stop if a variable has a wrong type
  ansible.builtin.assert:
    that: (groups | k8s_edge.ha.variable_faults(hostvars)) == []
"""

RETURN = r"""
_value:
  description: A sentence for each fault. It names the hosts if not all of them have it.
  type: list
  elements: str
"""


@readable_errors
def variable_faults(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """A sentence for each fault."""
    return untyped(Fleet(groups, hostvars))


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"variable_faults": variable_faults}
