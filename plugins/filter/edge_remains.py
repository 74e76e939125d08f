# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_remains``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.removal import remains, removal_notes

DOCUMENTATION = r"""
name: edge_remains
short_description: What hosts still have of this collection where C(k8s_edge_vips) is an empty list
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Every host of the inventory but for those in C(k8s_edge_hosts_down), with what it still has; none where a VIP is
    declared, or where C(k8s_edge_vips) is not declared at all.
  - Works from what M(k8s_edge.ha.keepalived_info), M(k8s_edge.ha.haproxy_info) and C(ansible.builtin.find) said,
    registered as C(k8s_edge_before), C(k8s_edge_haproxy_before) and C(k8s_edge_traces).
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  told:
    description: Whether to return a sentence for each host on which something stays, in place of dictionaries.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what stays
  ansible.builtin.debug:
    msg: "{{ groups | k8s_edge.ha.edge_remains(hostvars, told=true) }}"
"""

RETURN = r"""
_value:
  description:
    - C(host); C(read), whether it was read; C(holds), whether anything is left; C(keepalived) and C(haproxy), what is
      left of each, in words; C(files), other files of ours; C(needed), the variables that allow to remove it;
      C(removes), whether they do.
    - With O(told) sentences.
  type: list
  elements: raw
"""


@speaking
def edge_remains(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], told: bool = False) -> list[Any]:
    """A dictionary for each host, or a sentence for each on which something stays."""
    if not hostvars:
        return []
    return removal_notes(groups, hostvars) if told else remains(groups, hostvars)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_remains": edge_remains}
