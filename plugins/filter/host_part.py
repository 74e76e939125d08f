# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``host_part``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import SECTIONS, Fleet

DOCUMENTATION = r"""
name: host_part
short_description: What one host must run, accept and allow for the VIPs
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A role that is used alone derives its section. Playbook C(site) derives all sections of all hosts at once; see
    P(k8s_edge.ha.edge_fleet#filter).
positional: host, groups, hostvars, section, variables
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  section:
    description: The section to derive. By default the whole part.
    type: str
    choices: [keepalived, haproxy, firewall, selinux, kernel, ipvs]
  variables:
    description: Variables of the section's role that override those of the host.
    type: dict
"""

EXAMPLES = r"""
- name: Show which ports this host opens
  ansible.builtin.debug:
    msg: "{{ (k8s_edge_vips | k8s_edge.ha.host_part(inventory_hostname, groups, hostvars, 'firewall')).openings }}"
"""

RETURN = r"""
_value:
  description:
    - C(keepalived) has C(options), all options of M(k8s_edge.ha.keepalived_config), and the derived ones of them
      (C(instances), C(scripts), C(track_processes), C(virtual_servers), C(sync_groups), C(global_defs)); C(files),
      C(users) and C(script_directory), which these need on the host; C(partners), the hosts that could take over;
      C(alone), whether all of these are down; C(silenced), the peers that must be stopped while keepalived on this host
      is changed, for a coordinated change.
    - C(haproxy) has C(options), all options of M(k8s_edge.ha.haproxy_config); C(files), which these need on the host;
      C(verified_by), the path of the CA among them; C(serves), whether HAProxy serves anything here; if it does not,
      C(stops), whether it is to be stopped, and C(bound), the addresses that it binds otherwise.
    - C(firewall) has C(openings), C(interfaces) and C(guarded) as M(k8s_edge.ha.firewall_access) takes them, and
      C(undeclared), the names of the instances that are in C(keepalived.conf) only.
    - C(selinux) has the programs as M(k8s_edge.ha.selinux_access) takes them, C(kernel) the parameters as
      M(k8s_edge.ha.kernel_settings) takes them.
    - C(ipvs) has C(virtual_servers), C(sync_groups) and C(global_defs) of a director, with C(modules) and C(parameters)
      of its kernel; C(former), whether the host is a director no longer and what it had as one may be removed;
      C(loopback), the addresses that it serves as a real server, and C(loopback_parameters).
    - A host that is only a real server has C(ipvs) alone.
    - C(leaving) has the names of the instances for which this host is no longer declared and which may be removed.
    - With O(section), only that section.
  type: raw
"""


@readable_errors
def host_part(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    section: str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Any:
    """The whole part of a host, or one section of it."""
    fleet = Fleet(groups, hostvars, vips)
    if section is None:
        return fleet.host(host)
    if section not in SECTIONS:
        refuse([Problem("host_part: section", section, "is not known here", "Use: {}.".format(", ".join(SECTIONS)))])
    return fleet.section(section, host, variables or {})


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"host_part": host_part}
