# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_owed``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, owed
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import vips_of

DOCUMENTATION = r"""
name: edge_owed
short_description: What is to be done when hosts that are down come back
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A sentence for each host in C(k8s_edge_hosts_down) that may hold or serve a VIP.
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Say what is owed
  ansible.builtin.debug:
    msg: "{{ groups | k8s_edge.ha.edge_owed(hostvars) }}"
"""

RETURN = r"""
_value:
  description: Sentences; none where no host is down.
  type: list
  elements: str
"""


@speaking
def edge_owed(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """Sentences; none where no host is down."""
    return owed(vips_of(groups, hostvars), hosts_down(hostvars))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_owed": edge_owed}
