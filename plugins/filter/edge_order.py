# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_order``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import rolling_order, vips_of

DOCUMENTATION = r"""
name: edge_order
short_description: The order in which the hosts of a VIP are changed
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Hosts that hold no VIP first, those that shall lead one ahead of the others, then its holder, at last hosts where
    keepalived does not run.
  - Where a change is coming that all members must agree on (virtual router ID, VRRP version, interface, unicast or
    multicast, authentication, the list of addresses, with version 2 also the interval), the holder comes first;
    see P(k8s_edge.ha.silenced_peers#filter).
  - Works from the gathered facts and from what M(k8s_edge.ha.keepalived_info) said, registered as C(k8s_edge_before).
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: One host at a time, the holder last
  hosts: "{{ groups | k8s_edge.ha.edge_order(hostvars | default({})) }}"
  serial: 1
  tasks: []
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
"""


@speaking
def edge_order(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """Names of hosts; all of them where no play has run yet, so that there are no host variables to choose by."""
    return rolling_order(vips_of(groups, hostvars), hostvars) if hostvars else list(groups["all"])


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_order": edge_order}
