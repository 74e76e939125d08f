# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``firewall_needs``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.firewall_needs import firewall_needs as needs
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.firewall_needs import understood
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import instances_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks

DOCUMENTATION = r"""
name: firewall_needs
short_description: What the firewall of one host has to let in, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives the openings of a host that may hold VIPs, as M(k8s_edge.ha.firewall_access) takes them. VRRP from each
    unicast peer or to the multicast group; each port of a VIP at its addresses, for its C(clients); the ports of
    further listeners of HAProxy. What listens on loopback only, such as the statistics page, is not opened.
positional: host, groups, hostvars, sections, instances, instance_defaults, global_defs, written
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  sections:
    description: Further frontends and listens, as M(k8s_edge.ha.haproxy_config) takes them.
    type: list
    elements: dict
    default: []
  instances:
    description: Further VRRP instances, as M(k8s_edge.ha.keepalived_config) takes them.
    type: list
    elements: dict
    default: []
  instance_defaults:
    description: What goes over the options that every derived instance has.
    type: dict
    default: {}
  global_defs:
    description: Keepalived's global options, for its multicast groups.
    type: dict
    default: {}
  written:
    description:
      - The instances that C(keepalived.conf) has and keeps. Where nothing declares one of them, its VRRP is let in all
        the same, since without it each of its hosts would take its VIPs. The ports at those VIPs are not.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What this host lets in
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.firewall_needs(inventory_hostname, groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary with C(openings), C(interfaces), C(guarded), and C(undeclared), the names of instances that only
      C(keepalived.conf) has.
  type: dict
"""


@speaking
def firewall_needs(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    sections: Sequence[Mapping[str, Any]] = (),
    instances: Sequence[Mapping[str, Any]] = (),
    instance_defaults: Mapping[str, Any] | None = None,
    global_defs: Mapping[str, Any] | None = None,
    written: Sequence[Mapping[str, Any]] = (),
) -> dict[str, list[Any]]:
    """The host's openings, the interfaces they are for, the addresses that are guarded, and undeclared instances."""
    known = declared(vips, groups)
    derived = {each["name"]: each for each in desired_proxies(host, known, hostvars, Checks("", 0))["frontends"]}
    declared_instances = [*instances_of(host, known, hostvars, instance_defaults or {}), *instances]
    names = {each.get("name") for each in declared_instances}
    undeclared = [each for each in written if each.get("name") not in names]
    held = [vip for vip in known if host in vip.hosts]
    heard = [each for each in undeclared if understood(each)]
    found = needs(held, [*declared_instances, *heard], derived, sections, global_defs or {})
    return {**found, "undeclared": [each["name"] for each in undeclared]}


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"firewall_needs": firewall_needs}
