# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``bridged_addresses``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.bridging import bridged

DOCUMENTATION = r"""
name: bridged_addresses
short_description: The VIPs that their holder keeps on loopback while keepalived gives them up and takes them again
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A reload of keepalived that changes what all members must agree on (unicast, virtual router ID and the like) takes
    the VIP away until no peer has been heard for three intervals. Where no peer could take it meanwhile, its holder may
    answer for it all that time, with the address on loopback.
  - Names no address of a virtual server, and none that loopback has anyway.
positional: desired, peers, directed
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned on the host before the change.
    type: dict
    required: true
  desired:
    description: The instances to be.
    type: list
    elements: dict
    required: true
  peers:
    description: What M(k8s_edge.ha.keepalived_info) returned on the peers that are not stopped for the change.
    type: list
    elements: dict
    required: true
  directed:
    description: Addresses of virtual servers to be.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: What to keep on loopback meanwhile
  ansible.builtin.debug:
    msg: "{{ here | k8s_edge.ha.bridged_addresses(instances, peers.results) }}"
"""

RETURN = r"""
_value:
  description: Addresses with the prefix of a single one.
  type: list
  elements: str
"""


@speaking
def bridged_addresses(
    info: Mapping[str, Any],
    desired: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    directed: Sequence[str] = (),
) -> list[str]:
    """Addresses with the prefix of a single one."""
    return bridged(info, desired, peers, directed)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"bridged_addresses": bridged_addresses}
