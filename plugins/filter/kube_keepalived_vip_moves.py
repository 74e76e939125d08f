# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_keepalived_vip_moves``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_keepalived_vip import moves as moving
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: kube_keepalived_vip_moves
short_description: The moves of addresses from kube-keepalived-vip to another holder
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns for each address what has to be removed and assigned, and the hosts on which to check that it is not held.
    Refuses moves after which two programs would hold the address, and nodes that cannot be checked.
positional: seen, config_map, declared, vips, hosts, hostvars
options:
  _input:
    description: The variable C(kube_keepalived_vip_moves) of role P(k8s_edge.ha.kube_keepalived_vip#role).
    type: list
    elements: dict
    required: true
  seen:
    description: The objects of the cluster, as lists by kind. C(ConfigMap), C(Pod), C(Node) and C(Service).
    type: dict
    required: true
  config_map:
    description: Namespace and name of the ConfigMap.
    type: str
    required: true
  declared:
    description: The Services that stay with kube-keepalived-vip.
    type: list
    elements: dict
    required: true
  vips:
    description: The VIPs of this collection's keepalived, as in C(k8s_edge_vips).
    type: list
    elements: dict
    required: true
  hosts:
    description: The inventory hosts that may be nodes.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would move
  ansible.builtin.debug:
    msg: >-
      {{ moves | k8s_edge.ha.kube_keepalived_vip_moves(seen, 'web/vips', [], k8s_edge_vips, groups['all'], hostvars) }}
"""

RETURN = r"""
_value:
  description: A dictionary. C(moves), what to do for each address; C(hosts), the hosts that may hold an address now.
  type: dict
"""


@readable_errors
def kube_keepalived_vip_moves(
    entries: Sequence[Any],
    seen: Mapping[str, Sequence[Mapping[str, Any]]],
    config_map: str,
    declared: Sequence[Mapping[str, Any]],
    vips: Sequence[Mapping[str, Any]],
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The moves and hosts. Raises InputError with everything that forbids a move."""
    problems: list[Problem] = []
    old = next((each.get("data") or {} for each in seen["ConfigMap"]), {})
    made = moving.moves(entries, old, declared, vips, seen["Service"], problems)
    if any(move["to"] == "kube_vip" for move in made) and not moving.serves_services(seen["Pod"]):
        remedy = "Run role kube_vip for services first."
        problems.append(
            Problem("kube_keepalived_vip_moves", "kube_vip", "does not serve services in this cluster", remedy)
        )
    watched = moving.watched(seen["Pod"], config_map)
    holders = moving.seen_by(watched, hosts, hostvars, seen["Node"], problems)
    if any(move["pending"] for move in made) and not watched:
        reason = "is read by no pod, so it is not known where its addresses are"
        problems.append(
            Problem("kube_keepalived_vip_config_map", config_map, reason, "Name the ConfigMap that is in use.")
        )
    refuse(problems)
    return {"moves": made, "hosts": holders}


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_keepalived_vip_moves": kube_keepalived_vip_moves}
