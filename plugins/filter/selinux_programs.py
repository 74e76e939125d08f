# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``selinux_programs``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.selinux_needs import programs
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks

DOCUMENTATION = r"""
name: selinux_programs
short_description: What HAProxy and keepalived of one host need of SELinux, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives the ports that HAProxy binds and connects to, the files it reads and the directories of its sockets, and
    what keepalived's checks ask and run, as M(k8s_edge.ha.selinux_access) takes them.
positional: host, groups, hostvars, sections, global_settings, health_port, scripts
options:
  _input:
    description: The declaration, usually C(k8s_edge_vips).
    type: list
    elements: dict
    required: true
  host:
    description: The name of the host in the inventory.
    type: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars), with gathered network facts of every host that may hold a VIP.
    type: dict
    required: true
  sections:
    description: Further frontends, listens and backends, as M(k8s_edge.ha.haproxy_config) takes them.
    type: list
    elements: dict
    default: []
  global_settings:
    description: HAProxy's global options, as M(k8s_edge.ha.haproxy_config) takes them.
    type: dict
    default: {}
  health_port:
    description: The port on loopback where HAProxy says whether it is well.
    type: int
    default: 8404
  scripts:
    description: Check scripts, as M(k8s_edge.ha.keepalived_config) takes them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What this host's programs need
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.selinux_programs(inventory_hostname, groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: A list of programs.
  type: list
  elements: dict
"""


@speaking
def selinux_programs(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    sections: Sequence[Mapping[str, Any]] = (),
    global_settings: Mapping[str, Any] | None = None,
    health_port: int = 8404,
    scripts: Sequence[Mapping[str, Any]] = (),
) -> list[Any]:
    """The host's programs and their needs."""
    derived = desired_proxies(host, declared(vips, groups), hostvars, Checks("", health_port))
    all_sections = [*derived["frontends"], *derived["backends"], *sections]
    return programs(all_sections, global_settings or {}, health_port, scripts)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"selinux_programs": selinux_programs}
