# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``role_settings``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of

DOCUMENTATION = r"""
name: role_settings
short_description: Convert a role's variables to their declared types
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Ansible checks the types of a role's arguments and does not convert the values. A string C(false) from
    C(--extra-vars) or a survey would then count as true. This filter converts unambiguous values, nested ones too, and
    refuses the others, each with the name of its variable.
positional: role
options:
  _input:
    description: The role's variables without the prefix of its name.
    type: dict
    required: true
  role:
    description: The name of a role of this collection.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the meaning of a survey's answer to the role
  ansible.builtin.debug:
    msg: "{{ {'wait': 'no'} | k8s_edge.ha.role_settings('kube_vip') }}"
"""

RETURN = r"""
_value:
  description: The same variables, converted to their types.
  type: dict
"""


@readable_errors
def role_settings(given: Mapping[str, Any], role: str) -> dict[str, Any]:
    """The converted variables. Raises InputError with every value that does not fit its type."""
    return settings_of(role, given)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"role_settings": role_settings}
