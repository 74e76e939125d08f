# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``role_settings``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of

DOCUMENTATION = r"""
name: role_settings
short_description: A role's variables by the types that it declares
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Ansible checks the types of a role's arguments and leaves the values as they came. A text C(false), as
    C(--extra-vars) and surveys give it, would then count as true. This converts what can mean one thing only, inner
    keys too, and refuses the rest, each value by its variable's name.
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
- name: What a survey's answer means to the role
  ansible.builtin.debug:
    msg: "{{ {'wait': 'no'} | k8s_edge.ha.role_settings('kube_vip') }}"
"""

RETURN = r"""
_value:
  description: The same variables, by their types.
  type: dict
"""


@speaking
def role_settings(given: Mapping[str, Any], role: str) -> dict[str, Any]:
    """The variables by their types, or every one that cannot be what it is declared to be."""
    return settings_of(role, given)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"role_settings": role_settings}
