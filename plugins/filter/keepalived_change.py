# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_change``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.bridging import bridged
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.grouping import first_groups, grouped_later
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import coordinated
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.verdict import without_successor

DOCUMENTATION = r"""
name: keepalived_change
short_description: What a change of keepalived would do to the VIPs that the host holds
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Compares what runs on the host and its peers with the instances that the host shall have.
positional: instances, peers, staying, directed, groups
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned on the host before the change.
    type: dict
    required: true
  instances:
    description: The instances that the host shall have.
    type: list
    elements: dict
    required: true
  peers:
    description: What M(k8s_edge.ha.keepalived_info) returned on the peers, without those that are stopped meanwhile.
    type: list
    elements: dict
    default: []
  staying:
    description: Names of the instances that will stay. One that is to go needs no successor. By default all.
    type: list
    elements: str
  directed:
    description: Addresses of the virtual servers that the host shall have.
    type: list
    elements: str
    default: []
  groups:
    description: The sync groups that the host shall have.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Read what keepalived does here
  k8s_edge.ha.keepalived_info:
  register: here

- name: Read what it does on the other hosts
  k8s_edge.ha.keepalived_info:
  register: peers
  loop: "{{ groups['haproxy'] | difference([inventory_hostname]) }}"
  delegate_to: "{{ item }}"

- name: Stop where no other host could take over
  ansible.builtin.assert:
    that: (here | k8s_edge.ha.keepalived_change(instances, peers.results)).without_successor == []
"""

RETURN = r"""
_value:
  description:
    - C(coordinated), the names of the instances whose change needs all members at once. A member that differs from the
      others in virtual router ID, VRRP version, interface, unicast or multicast, own unicast address, kind of
      authentication, list of addresses, and with version 2 the interval, ignores what they say and takes the VIP
      beside them.
    - C(without_successor), the names of the instances that the host is MASTER of and no peer could take over. A peer
      could where its keepalived is active and its instance of the same name is BACKUP. An instance that the host has
      had alone, or is to have alone, is not named; no peers are listed for it, and no peer has it in its file.
    - C(bridged), the addresses (/32, /128) that the host may keep on loopback while keepalived gives them up and takes
      them again. A reload that changes an instance as under C(coordinated) takes its addresses away until no peer has
      been heard for three intervals. Only addresses that no peer could take meanwhile, without those of virtual
      servers and those that loopback has anyway.
    - C(grouped_later), the names of the new instances that join a sync group of which the host is MASTER. In one reload
      the group would let go of its addresses; where they are loaded first and grouped by a second reload, it does not.
    - C(first_groups), the sync groups as the first of the two reloads shall have them.
  type: dict
"""


@speaking
def keepalived_change(
    info: Mapping[str, Any],
    instances: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]] = (),
    staying: Sequence[str] | None = None,
    directed: Sequence[str] = (),
    groups: Sequence[Mapping[str, Any]] = (),
) -> dict[str, list[Any]]:
    """What a change would do."""
    later = grouped_later(info, instances, groups)
    return {
        "coordinated": coordinated(info, instances),
        "without_successor": without_successor(info, peers, staying, instances),
        "bridged": bridged(info, instances, peers, directed),
        "grouped_later": later,
        "first_groups": first_groups(info, groups, later),
    }


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_change": keepalived_change}
