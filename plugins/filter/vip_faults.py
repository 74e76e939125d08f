# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``vip_faults``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._verify.proof import vip_faults as found

DOCUMENTATION = r"""
name: vip_faults
short_description: What is wrong with the VIPs, from what the hosts say
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Every address must have exactly one holder, every host must run what its file says, and none may be in FAULT.
    Nothing is expected of hosts in C(k8s_edge_hosts_down).
  - Where the answers tell of problems at a start (C(check_start) of both modules), every daemon must be able to start
    again.
positional: groups, hostvars, haproxies, wires
extends_documentation_fragment:
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  _input:
    description: The answers of M(k8s_edge.ha.keepalived_info) by host name.
    type: dict
    required: true
  haproxies:
    description: The answers of M(k8s_edge.ha.haproxy_info) by host name.
    type: dict
    default: {}
  wires:
    description:
      - The answers of M(k8s_edge.ha.vip_preflight) by host name, with the addresses of the VIPs asked for.
      - With them it is a fault too where somebody else answers for an address, or nobody answers hosts that ask for it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Every VIP has one holder
  ansible.builtin.assert:
    that: (answers | k8s_edge.ha.vip_faults(groups, hostvars)) == []
"""

RETURN = r"""
_value:
  description: A sentence for each fault.
  type: list
  elements: str
"""


@speaking
def vip_faults(
    answers: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    haproxies: Mapping[str, Any] | None = None,
    wires: Mapping[str, Any] | None = None,
) -> list[str]:
    """A sentence for each fault."""
    return found(Fleet(groups, hostvars), answers, haproxies or {}, wires or {})


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"vip_faults": vip_faults}
