#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_info
short_description: Read the daemons of a host in one call
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns what M(k8s_edge.ha.keepalived_info), M(k8s_edge.ha.haproxy_info) and others return, each under its own name,
    in one call.
  - A daemon that cannot be read has the reason in its result; the others are still read.
  - Changes nothing.
options:
  read:
    description:
      - What to read.
      - V(keepalived), V(haproxy) and V(ipvs) return what the info modules of these names return. V(kube_proxy) returns
        what M(k8s_edge.ha.kube_proxy_info) returns without addresses.
      - V(sessions) returns HAProxy's sessions that are older than a second, and those that old processes keep after a
        reload.
      - V(remains) returns the files of this collection on the host.
      - V(upgrades) returns what a newer HAProxy or keepalived would refuse or do differently, given the files of
        this host.
      - V(wire) returns what M(k8s_edge.ha.vip_preflight) returns, and V(probe) what M(k8s_edge.ha.vip_probe) returns.
        The others are read while these two wait for the network.
    type: list
    elements: str
    choices: [keepalived, haproxy, sessions, ipvs, kube_proxy, remains, upgrades, wire, probe]
    default: [keepalived, haproxy]
  keepalived_config_path:
    description: The configuration file of keepalived.
    type: path
    default: /etc/keepalived/keepalived.conf
  haproxy_config_path:
    description: The configuration file of HAProxy.
    type: path
    default: /etc/haproxy/haproxy.cfg
  etc_hosts_path:
    description: The hosts file that may have a block of role etc_hosts. For V(remains).
    type: path
    default: /etc/hosts
  check_start:
    description:
      - Also check whether the daemons would start again with their current files, like the option of the same name of
        M(k8s_edge.ha.keepalived_info) and M(k8s_edge.ha.haproxy_info).
    type: bool
    default: false
  upgrade_to:
    description:
      - The versions that V(upgrades) judges, in quotes. Without one, it judges the version that apt would install from
        the package lists of the host. On hosts without apt, name the version.
    type: dict
    suboptions:
      haproxy:
        description: A version of HAProxy, such as V(3.4).
        type: str
      keepalived:
        description: A version of keepalived, such as V(2.4.2).
        type: str
  wire:
    description: What M(k8s_edge.ha.vip_preflight) is to look at. For V(wire).
    type: dict
    suboptions:
      listen:
        description:
          - Seconds to listen for VRRP, at most 60. A MASTER is heard once in each of its intervals.
          - With V(0) only answers to O(wire.addresses) are waited for, 0.6 seconds.
        type: float
        default: 3.0
      interfaces:
        description:
          - Where this host becomes a member of VRRP's multicast groups. What comes to it otherwise is heard on every
            interface.
          - Without it, all Ethernet interfaces that are up and have an address.
        type: list
        elements: str
      addresses:
        description: Addresses that are asked for.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: The address, without prefix.
            type: str
            required: true
          interface:
            description: Where it is asked for. Without it, wherever the host has an address of the same network.
            type: str
      ports:
        description: What HAProxy is to bind. It is tried, also where the address is not here, and let go at once.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: The address, without prefix.
            type: str
            required: true
          port:
            description: The port.
            type: int
            required: true
      servers:
        description: Servers that speak TLS, whose certificates are read.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name, which is returned.
            type: str
            required: true
          address:
            description: The address to connect to.
            type: str
            required: true
          port:
            description: The port to connect to.
            type: int
            required: true
      ca:
        description: The certificate of the CA that is to have signed those of O(wire.servers), in PEM. Any by default.
        type: str
      paths:
        description: Where the room on the disk is looked at.
        type: list
        elements: path
        default: [/etc, /var, /run]
  probe:
    description: What M(k8s_edge.ha.vip_probe) is to ask. For V(probe).
    type: dict
    suboptions:
      endpoints:
        description: Where clients connect, as P(k8s_edge.ha.vip_endpoints#filter) returns them.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: The name, for messages.
            type: str
            required: true
          address:
            description: The address to connect to if no O(probe.endpoints[].url) is given.
            type: str
            required: true
          port:
            description: The port to connect to if no O(probe.endpoints[].url) is given.
            type: int
            required: true
          url:
            description: An C(https) URL to request instead of only connecting.
            type: str
      ca_path:
        description: Path on this host of the CA that signed the certificates.
        type: path
      ca:
        description: The certificate of that CA itself, in PEM, instead of O(probe.ca_path).
        type: str
      timeout:
        description: Seconds to wait for one answer.
        type: int
        default: 5
      retries:
        description: How often to retry, one second apart, if there is no answer.
        type: int
        default: 5
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: Changes nothing, so there is no difference to show.
  idempotent:
    support: full
    description: Changes nothing.
seealso:
  - module: k8s_edge.ha.edge_plan
  - module: k8s_edge.ha.keepalived_info
  - module: k8s_edge.ha.haproxy_info
  - module: k8s_edge.ha.vip_preflight
  - module: k8s_edge.ha.vip_probe
"""

EXAMPLES = r"""
- name: Read keepalived and HAProxy
  k8s_edge.ha.edge_info:
  register: edge

- name: Say what runs with another file than it has
  ansible.builtin.debug:
    msg: "{{ [edge.keepalived, edge.haproxy] | rejectattr('failed') | map(attribute='loaded_reason') }}"

- name: Say what HAProxy 3.4 would refuse of the file of this host
  k8s_edge.ha.edge_info:
    read: [upgrades]
    upgrade_to:
      haproxy: "3.4"

- name: Read all that this collection may have left on a host
  k8s_edge.ha.edge_info:
    read: [keepalived, haproxy, ipvs, remains]
"""

RETURN = r"""
keepalived:
  description:
    - What M(k8s_edge.ha.keepalived_info) returns, and C(failed), which is false.
    - If keepalived could not be read, C(failed) is true and C(msg) has the reason. The same holds for each key below.
  returned: when asked for
  type: dict
haproxy:
  description: What M(k8s_edge.ha.haproxy_info) returns.
  returned: when asked for
  type: dict
sessions:
  description:
    - C(connections) has the number of C(sessions) of the serving HAProxy, by frontend too, and C(old_processes) the
      C(pid) of each process that a reload has left behind with its C(sessions).
  returned: when asked for
  type: dict
  sample:
    failed: false
    connections: {sessions: 20, frontends: {kubeapi_vip: 20}, older_than: 1}
    old_processes:
      - {pid: 4711, sessions: 3}
ipvs:
  description: What M(k8s_edge.ha.ipvs_info) returns with statistics.
  returned: when asked for
  type: dict
kube_proxy:
  description: What M(k8s_edge.ha.kube_proxy_info) returns.
  returned: when asked for
  type: dict
upgrades:
  description:
    - C(daemons) has an entry for each daemon that is installed, with C(name), the version that is C(installed), the
      C(newer) one that was judged (empty where none is known), and C(changes).
    - Each change has C(where) in the file it is, the version C(since) which it applies, C(reason) and C(remedy).
      C(refused) is false where the daemon still takes the line but does something else with it.
  returned: when asked for
  type: dict
  sample:
    failed: false
    changed: false
    daemons:
      - name: haproxy
        installed: 2.6.12
        newer: 3.4.7
        changes:
          - where: backend web
            since: "3.3"
            refused: true
            reason: has the name of another proxy
            remedy: Name one of them differently, and use that name where it is meant.
wire:
  description: What M(k8s_edge.ha.vip_preflight) returns.
  returned: when asked for
  type: dict
probe:
  description: What M(k8s_edge.ha.vip_probe) returns; C(failed) is true where an endpoint does not answer.
  returned: when asked for
  type: dict
remains:
  description:
    - C(files) has the path of each file of this collection, and of a hosts file that has its block.
    - C(last_written) is the one that was written last, with its C(path) and when (C(at), in seconds since 1970). The
      configuration files of the daemons count, the hosts file does not. It is V(null) where there is no file of this
      collection. A run that changes nothing writes nothing.
  returned: when asked for
  type: dict
  sample:
    failed: false
    changed: false
    files:
      - path: /etc/sysctl.d/60-k8s-edge-haproxy.conf
    last_written:
      path: /etc/haproxy/haproxy.cfg
      at: 1893456000.0
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.info import ARGUMENTS, information
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, information)


if __name__ == "__main__":
    main()
