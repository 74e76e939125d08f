# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``preflight_options``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.asked import options_by_host
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems_raised

DOCUMENTATION = r"""
name: preflight_options
short_description: What each host examines before a change
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The options of M(k8s_edge.ha.vip_preflight) for each host of C(k8s_edge_vips) that is not down. They have the
    addresses and ports of its VIPs, and the apiservers behind them. For hosts with a HAProxy also the option
    C(endpoints) of M(k8s_edge.ha.vip_probe).
  - For playbooks of your own that examine the networks before something else than C(site) changes them.
  - Empty if the declaration is wrong; P(k8s_edge.ha.edge_fleet#filter) reports the problems.
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Show what each host examines
  ansible.builtin.debug:
    msg: "{{ groups | k8s_edge.ha.preflight_options(hostvars) }}"
"""

RETURN = r"""
_value:
  description: For each host C(addresses), C(ports), C(servers) and C(endpoints).
  type: dict
"""


@readable_errors
def preflight_options(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    """Options by host."""
    fleet = Fleet(groups, hostvars)
    return {} if problems_raised(lambda: fleet.hosts) else options_by_host(fleet)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"preflight_options": preflight_options}
