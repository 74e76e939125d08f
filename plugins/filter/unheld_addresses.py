# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``unheld_addresses``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import unheld_addresses as unheld_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import vips_of

DOCUMENTATION = r"""
name: unheld_addresses
short_description: The addresses of VIPs that none of their hosts holds
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - One that is answered for all the same is held by a host that is not declared.
  - Works from the gathered facts and from what M(k8s_edge.ha.keepalived_info) said, registered as C(k8s_edge_before).
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Ask whether somebody else holds them
  ansible.builtin.command:
    argv: [ping, -c, "1", -W, "1", "{{ item.address }}"]
  loop: "{{ groups | k8s_edge.ha.unheld_addresses(hostvars) }}"
  delegate_to: "{{ item.host }}"
"""

RETURN = r"""
_value:
  description: C(vip), C(address), and C(host), one of the VIP's that does not have the address anywhere and can ask.
  type: list
  elements: dict
"""


@speaking
def unheld_addresses(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[dict[str, str]]:
    """A dictionary for each."""
    return unheld_of(vips_of(groups, hostvars), hostvars) if hostvars else []


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"unheld_addresses": unheld_addresses}
