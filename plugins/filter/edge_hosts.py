# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_hosts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import present, vips_of

DOCUMENTATION = r"""
name: edge_hosts
short_description: The hosts that may hold a VIP
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Every host of the groups that C(k8s_edge_vips) names under C(hosts), once, in that order, but for those in
    C(k8s_edge_hosts_down).
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Read every host that may hold a VIP
  hosts: "{{ groups | k8s_edge.ha.edge_hosts(hostvars | default({})) }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
"""


@speaking
def edge_hosts(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """Names of hosts; all of them where no play has run yet, so that there are no host variables to choose by."""
    return present(vips_of(groups, hostvars), hostvars) if hostvars else list(groups["all"])


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_hosts": edge_hosts}
