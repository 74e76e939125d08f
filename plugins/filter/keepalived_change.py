# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_change``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.bridging import (
    bridged,
    first_global_defs,
    synced_later,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.grouping import first_groups, grouped_later
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import coordinated
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.verdict import without_successor

DOCUMENTATION = r"""
name: keepalived_change
short_description: The effect of a keepalived change on the VIPs that the host holds
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Compares what runs on the host and its peers with the desired instances of the host.
  - For playbooks of your own that change keepalived one host at a time. Role P(k8s_edge.ha.keepalived#role)
    decides by it.
positional: instances, peers, staying, directed, groups, global_defs
options:
  _input:
    description: The result of M(k8s_edge.ha.keepalived_info) on the host before the change.
    type: dict
    required: true
  instances:
    description: The desired instances of the host.
    type: list
    elements: dict
    required: true
  peers:
    description: The results of M(k8s_edge.ha.keepalived_info) on the peers, without those that are stopped meanwhile.
    type: list
    elements: dict
    default: []
  staying:
    description: Names of the instances that stay. Others need no successor. By default all stay.
    type: list
    elements: str
  directed:
    description: Addresses of the desired virtual servers of the host.
    type: list
    elements: str
    default: []
  groups:
    description: The desired sync groups of the host.
    type: list
    elements: dict
    default: []
  global_defs:
    description: The desired C(global_defs) of the host.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Read keepalived on this host
  k8s_edge.ha.keepalived_info:
  register: here

- name: Read keepalived on the other hosts
  k8s_edge.ha.keepalived_info:
  register: peers
  loop: "{{ groups['haproxy'] | difference([inventory_hostname]) }}"
  delegate_to: "{{ item }}"

- name: Stop if no other host could take over
  ansible.builtin.assert:
    that: (here | k8s_edge.ha.keepalived_change(instances, peers.results)).without_successor == []
"""

RETURN = r"""
_value:
  description:
    - C(coordinated), the names of the instances that need a coordinated change. A member that differs from the others
      in virtual router ID, VRRP version, interface, unicast or multicast, unicast source address, authentication type,
      list of addresses, or with version 2 the interval, ignores their advertisements and becomes MASTER as well.
    - C(without_successor), the names of the instances that the host is MASTER of and that no peer could take over. A
      peer can take over if its keepalived is active and its instance of the same name is BACKUP. An instance that the
      host has or will have alone is left out; no peers are listed for it, and no peer has it in its file.
    - C(bridged), the addresses (/32, /128) that the host may keep on loopback while keepalived removes and adds them. A
      reload with a coordinated change removes the addresses until no peer has been heard for three intervals. Left out
      are addresses that a peer could take meanwhile, those that have virtual servers only before or only after the
      change, and those already on loopback.
    - C(grouped_later), the names of the new instances that join a sync group of which the host is MASTER. In a single
      reload the group would release its addresses. It does not if they are loaded first and added by a second reload.
    - C(first_groups), the sync groups for the first of the two reloads.
    - C(synced_later), whether the sync daemon is left out of the first reload and comes back with a second one. While
      keepalived is BACKUP, a kernel with C(net.ipv4.vs.backup_only) and a sync daemon does not direct.
    - C(first_global_defs), the C(global_defs) for the first of the two reloads.
  type: dict
"""


@readable_errors
def keepalived_change(
    info: Mapping[str, Any],
    instances: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]] = (),
    staying: Sequence[str] | None = None,
    directed: Sequence[str] = (),
    groups: Sequence[Mapping[str, Any]] = (),
    global_defs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The effect of a change, as lists of names, addresses and groups, and what is loaded first."""
    later = grouped_later(info, instances, groups)
    unsynced = synced_later(info, instances, directed, global_defs)
    return {
        "coordinated": coordinated(info, instances),
        "without_successor": without_successor(info, peers, staying, instances),
        "bridged": bridged(info, instances, peers, directed),
        "grouped_later": later,
        "first_groups": first_groups(info, groups, later),
        "synced_later": unsynced,
        "first_global_defs": first_global_defs(global_defs, unsynced),
    }


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_change": keepalived_change}
