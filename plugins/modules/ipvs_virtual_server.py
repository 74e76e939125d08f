#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual server of the running kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_virtual_server
short_description: Manage one IPVS virtual server in the running kernel
version_added: 0.1.0
description:
  - Adds, changes, drains or removes one virtual server (IPVS, LVS) with its real servers in the running kernel, and
    leaves all others as they are.
  - An option that is not given is not managed. Refuses what the kernel would reject, ignore or truncate, before
    anything changes, with the remedy.
  - Connections survive changes of scheduler, flags, persistence, weights and thresholds. They end if their real server
    or virtual server is removed.
author:
  - k8s_edge contributors (@k8s-edge)
extends_documentation_fragment:
  - k8s_edge.ha.ipvs
  - k8s_edge.ha.ipvs.virtual_server
seealso:
  - module: k8s_edge.ha.ipvs_config
  - module: k8s_edge.ha.ipvs_info
  - name: ipvsadm(8)
    description: The kernel's tool for virtual servers.
    link: https://manpages.debian.org/ipvsadm
"""

EXAMPLES = r"""
- name: Spread a VIP's port 80 over three edge nodes by direct routing
  k8s_edge.ha.ipvs_virtual_server:
    protocol: tcp
    address: 10.77.0.100
    port: 80
    scheduler: wrr
    real_servers:
      - address: 10.77.0.21
      - address: 10.77.0.22
      - address: 10.77.0.23
        weight: 2
    purge_real_servers: true

- name: Send nothing new to one of them
  k8s_edge.ha.ipvs_virtual_server:
    protocol: tcp
    address: 10.77.0.100
    port: 80
    real_servers:
      - address: 10.77.0.22
        weight: 0

- name: Take one of them out once its last connection has ended, within a minute
  k8s_edge.ha.ipvs_virtual_server:
    protocol: tcp
    address: 10.77.0.100
    port: 80
    drain_timeout: 60
    real_servers:
      - address: 10.77.0.22
        state: drained

- name: Keep the clients of a network on one server, whatever the port, by a firewall mark
  k8s_edge.ha.ipvs_virtual_server:
    fwmark: 7
    scheduler: rr
    persistence_timeout: 600
    persistence_netmask: 255.255.255.0
    real_servers:
      - address: 10.77.0.21
        port: 0
    persist: true

- name: Remove a virtual server
  k8s_edge.ha.ipvs_virtual_server:
    protocol: tcp
    address: 10.77.0.100
    port: 80
    state: absent
"""

RETURN = r"""
steps:
  description: What was changed, or would be changed in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["tcp 10.77.0.100:80: add real server 10.77.0.21:80, dr, weight 1"]
impact:
  description: V(runtime) if the running table changes, V(none) if nothing changes or only what is restored at boot.
  returned: always
  type: str
  choices: [none, runtime]
  sample: runtime
real_servers:
  description: The servers that still have connections, if draining took too long.
  returned: when draining failed
  type: list
  elements: dict
  contains:
    virtual_server:
      description: The virtual server.
      type: str
      sample: tcp 10.77.0.100:80
    server:
      description: The real server.
      type: str
      sample: 10.77.0.22:80
    connections:
      description: How many connections it has.
      type: int
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import virtual_server
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.arguments import virtual_server_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(virtual_server_arguments(), virtual_server)


if __name__ == "__main__":
    main()
