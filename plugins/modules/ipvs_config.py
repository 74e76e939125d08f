#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole IPVS table of the running kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_config
short_description: Manage the whole IPVS table of the running kernel
version_added: 0.1.0
description:
  - Brings virtual servers with their real servers, timeouts and sync daemons of the running kernel to the desired
    state, in one ordered set of changes.
  - An option that is not given is not managed. Refuses what the kernel would reject, ignore or truncate, before
    anything changes and all problems at once, each with its remedy.
  - Connections survive changes of scheduler, flags, persistence, weights and thresholds. They end if their real server
    or virtual server is removed.
author:
  - k8s_edge contributors (@k8s-edge)
extends_documentation_fragment:
  - k8s_edge.ha.ipvs
  - k8s_edge.ha.ipvs.virtual_servers
options:
  purge:
    description:
      - Whether virtual servers that are not listed are removed, with all their real servers.
      - This includes virtual servers made by others, such as kube-proxy in IPVS mode. The module refuses to remove
        those of the running keepalived.
    type: bool
    default: false
  timeouts:
    description:
      - How long idle connections are kept, in seconds.
    type: dict
    suboptions:
      tcp:
        description:
          - Of TCP.
        type: int
      tcpfin:
        description:
          - Of TCP after a FIN.
        type: int
      udp:
        description:
          - Of UDP.
        type: int
  sync_daemon:
    description:
      - The kernel's daemons that send connections to other directors, so that they survive when another host takes over
        the VIP. An option that is not given stays as it is, or is the kernel's default.
    type: dict
    suboptions:
      roles:
        description:
          - Which daemons run. V(master) sends and V(backup) receives; a host may run both. V([]) stops them.
        type: list
        elements: str
        choices: [master, backup]
        required: true
      interface:
        description:
          - The interface that leads to the other directors. Required if a daemon runs.
        type: str
      syncid:
        description:
          - Separates groups of directors on one network, 0-255. A backup with V(0) accepts every master.
        type: int
      maxlen:
        description:
          - The longest message, in bytes.
        type: int
      mcast_group:
        description:
          - The multicast address, IPv4 or IPv6.
        type: str
      mcast_port:
        description:
          - The UDP port.
        type: int
      mcast_ttl:
        description:
          - How many routers a message may cross, 1-255.
        type: int
seealso:
  - module: k8s_edge.ha.ipvs_virtual_server
  - module: k8s_edge.ha.ipvs_info
  - name: ipvsadm(8)
    description: The kernel's tool for virtual servers.
    link: https://manpages.debian.org/ipvsadm
"""

EXAMPLES = r"""
- name: Have these virtual servers and no others, also after a reboot
  k8s_edge.ha.ipvs_config:
    purge: true
    persist: true
    timeouts:
      tcp: 900
      tcpfin: 60
      udp: 60
    virtual_servers:
      - protocol: tcp
        address: 10.77.0.100
        port: 443
        scheduler: mh
        flags: [mh-fallback, mh-port]
        purge_real_servers: true
        real_servers:
          - {address: 10.77.0.21, upper_threshold: 20000}
          - {address: 10.77.0.22, upper_threshold: 20000}
      - protocol: udp
        address: "fd00:77::100"
        port: 53
        flags: [ops]
        purge_real_servers: true
        real_servers:
          - {address: "fd00:77::21", port: 5353, forwarding_method: nat}

- name: Tell the other director of connections, and hear of its own
  k8s_edge.ha.ipvs_config:
    sync_daemon:
      roles: [master, backup]
      interface: "{{ ansible_facts['default_ipv4']['interface'] }}"
      syncid: 7

- name: Remove everything and stop the daemons
  k8s_edge.ha.ipvs_config:
    virtual_servers: []
    purge: true
    sync_daemon:
      roles: []
"""

RETURN = r"""
steps:
  description: What was changed, or would be changed in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["tcp 10.77.0.100:443: scheduler mh, was scheduler wlc", "timeout udp: 60 s, was 300 s"]
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import config
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.arguments import config_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(config_arguments(), config)


if __name__ == "__main__":
    main()
