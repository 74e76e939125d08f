# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_hosts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import CHOICES as BEFORE_A_CHANGE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._verify.proof import hosts_to_verify

CHOICES = {**BEFORE_A_CHANGE, "unproven": hosts_to_verify}

DOCUMENTATION = r"""
name: edge_hosts
short_description: The hosts of the inventory for a play
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Names of hosts, without duplicates and without those in C(k8s_edge_hosts_down).
  - Before the first play has run, Ansible has no host variables to select by. Then V(present), V(in_order) and
    V(real_servers) are all hosts, and the other selections are empty.
positional: hostvars, which
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  which:
    description:
      - V(present), the hosts that C(k8s_edge_vips) names under C(hosts), in that order. V(real_servers), the hosts that
        directed VIPs (C(profile=ipvs)) lead to. Both follow from the declaration alone.
      - V(in_order), the hosts of V(present) in the order in which they are changed. Hosts that hold no VIP come first;
        future holders precede the others. Then come the holders, and last the hosts where keepalived does not run. A
        coordinated change (of virtual router ID, VRRP version, interface, unicast or multicast, authentication, the
        list of addresses, or with version 2 the interval) starts with the holder.
      - V(former_members), hosts that still take part in a VIP for which C(k8s_edge_vips) no longer names them.
        V(leaving), those of them whose instances may be removed first.
      - V(former_real_servers), the hosts of V(present) that serve no directed VIP, but have further addresses on their
        loopback interface.
      - If C(k8s_edge_vips) is an empty list, V(remaining) are all hosts, and V(removing) those from which everything
        that this collection has made is removed.
      - V(unproven), the hosts of V(present) that must be verified again. These are the hosts that share a VIP with a
        host that changes, directors, and hosts with SELinux. If the results of M(k8s_edge.ha.edge_info) from the start
        (with C(wire) and C(probe), registered as C(k8s_edge_seen)) show a fault, they are all hosts.
      - All selections but V(present), V(real_servers) and V(remaining) need the results of
        M(k8s_edge.ha.keepalived_info) on each host of V(present), registered as C(k8s_edge_before).
    type: str
    choices:
      - present
      - in_order
      - real_servers
      - former_real_servers
      - former_members
      - leaving
      - remaining
      - removing
      - unproven
    default: present
"""

EXAMPLES = r"""
- name: Read every host that may hold a VIP
  hosts: "{{ groups | k8s_edge.ha.edge_hosts(hostvars | default({})) }}"
  gather_facts: true
  tasks:
    - name: Read the state of keepalived
      k8s_edge.ha.keepalived_info:
      register: k8s_edge_before

- name: Restart one host at a time, the holder of a VIP last
  hosts: "{{ groups | k8s_edge.ha.edge_hosts(hostvars | default({}), 'in_order') }}"
  serial: 1
  tasks: []
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
"""


@readable_errors
def edge_hosts(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], which: str = "present") -> list[str]:
    """Names of hosts."""
    if which not in CHOICES:
        refuse([Problem("edge_hosts: which", which, "is not known here", "Use: {}.".format(", ".join(CHOICES)))])
    if not hostvars:
        return list(groups["all"]) if which in ("present", "in_order", "real_servers") else []
    return CHOICES[which](Fleet(groups, hostvars))


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"edge_hosts": edge_hosts}
