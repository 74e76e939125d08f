#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS table of the running kernel, as data."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_info
short_description: Read the IPVS table of the running kernel
version_added: 0.1.0
description:
  - Returns the virtual servers, timeouts and sync daemons of the running kernel as options of
    M(k8s_edge.ha.ipvs_config), and its counters apart from these.
  - Also works if the kernel has no IPVS, and does not load it. Changes nothing.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  statistics:
    description:
      - Also read counters and connections.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
    details:
      - Reading is the same in check mode.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), in diff mode.
    support: N/A
    details:
      - It changes nothing.
  idempotent:
    description: When run twice in a row without outside changes, the second run changes nothing.
    support: full
seealso:
  - module: k8s_edge.ha.ipvs_config
  - module: k8s_edge.ha.ipvs_virtual_server
"""

EXAMPLES = r"""
- name: Look at the table and what it has counted
  k8s_edge.ha.ipvs_info:
    statistics: true
  register: ipvs

- name: Say which virtual servers have no server that takes new connections
  ansible.builtin.debug:
    msg: "{{ ipvs.virtual_servers | rejectattr('real_servers', 'search', \"'weight': [1-9]\") }}"
"""

RETURN = r"""
available:
  description: Whether the kernel has IPVS loaded.
  returned: always
  type: bool
virtual_servers:
  description:
    - The virtual servers with their real servers, as M(k8s_edge.ha.ipvs_config) takes them. Unused options are left
      out.
  returned: always
  type: list
  elements: dict
  sample:
    - protocol: tcp
      address: 10.77.0.100
      port: 80
      scheduler: wrr
      flags: []
      persistence_timeout: 0
      real_servers:
        - {address: 10.77.0.21, port: 80, forwarding_method: dr, weight: 1, upper_threshold: 0, lower_threshold: 0}
timeouts:
  description: How long connections are kept, in seconds; empty if RV(available) is false.
  returned: always
  type: dict
  sample: {tcp: 900, tcpfin: 120, udp: 300}
sync_daemons:
  description: The running sync daemons, with their C(role) and the values that the kernel chose.
  returned: always
  type: list
  elements: dict
  sample:
    - {role: master, interface: eth1, syncid: 7, maxlen: 1472, mcast_group: 224.0.0.81, mcast_port: 8848, mcast_ttl: 1}
keepalived:
  description: Those of RV(virtual_servers) that the running keepalived has in its configuration.
  returned: always
  type: list
  elements: dict
  sample: [{protocol: tcp, address: 10.77.0.100, port: 80}]
statistics:
  description:
    - The kernel's counters for each virtual server and real server. Rates are per second. The connections of real
      servers are current; the other numbers may be two seconds old.
  returned: when O(statistics=true)
  type: list
  elements: dict
  sample:
    - protocol: tcp
      address: 10.77.0.100
      port: 80
      connections: 9
      incoming_packets: 45
      incoming_bytes: 3114
      real_servers:
        - {address: 10.77.0.21, port: 80, active_connections: 1, inactive_connections: 2, connections: 3}
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module({"statistics": {"type": "bool", "default": False}}, information)


if __name__ == "__main__":
    main()
