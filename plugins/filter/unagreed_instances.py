# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``unagreed_instances``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import unagreed

DOCUMENTATION = r"""
name: unagreed_instances
short_description: The instances that would change in what all members must agree on
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Compares the instances in a host's file with those it should have, in virtual router ID, VRRP version, interface,
    unicast or multicast, own unicast address, kind of authentication, list of addresses, and with version 2 the
    interval.
    A member that differs from the others in one of them ignores what they say, and takes the VIP beside them.
positional: instances
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned on the host.
    type: dict
    required: true
  instances:
    description: The instances that the host should have.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Whether this host can be changed without its peers
  ansible.builtin.assert:
    that: (here | k8s_edge.ha.unagreed_instances(instances)) == []
"""

RETURN = r"""
_value:
  description: Names of instances.
  type: list
  elements: str
"""


@speaking
def unagreed_instances(info: Mapping[str, Any], instances: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of instances."""
    return unagreed(info, instances)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"unagreed_instances": unagreed_instances}
