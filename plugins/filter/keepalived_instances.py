# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_instances``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host import Derivation
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import HostsReadOnce
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: keepalived_instances
short_description: The VRRP instances of one host, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives one VRRP instance per VIP and address family, as
    O(k8s_edge.ha.keepalived_config#module:instances) takes them.
  - Every member is BACKUP with a priority of its own, from the order of the group, rotated for each further VIP so that
    several VIPs spread; unicast peers, virtual router ID and interface are derived too and can be set by hand.
  - Checks across all hosts what no host can see alone, and fails naming host, option, value and remedy.
positional: host, groups, hostvars, defaults, scripts, watch
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  defaults:
    description: What goes over the options that every derived instance has.
    type: dict
    default: {}
  scripts:
    description: Further check scripts, whose weights are checked against the priorities too.
    type: list
    elements: dict
    default: []
  watch:
    description:
      - How HAProxy and the servers are watched.
      - Without it the instances track nothing.
    type: dict
"""

EXAMPLES = r"""
- name: The instances of this host
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.keepalived_instances(inventory_hostname, groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The instances, a dictionary each.
  type: list
  elements: dict
"""


@speaking
def keepalived_instances(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
    scripts: Sequence[Mapping[str, Any]] = (),
    watch: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The host's vrrp_instances."""
    watched = None if watch is None else Watch(**watch)
    known = Derivation(declared(vips, groups), HostsReadOnce(hostvars))
    return known.instances(host, defaults or {}, scripts, watched)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_instances": keepalived_instances}
