#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_preflight
short_description: Look at a host and listen on its networks before a change
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Hears who sends VRRP on the networks of a host, asks there who has an address (ARP and neighbour discovery), reads
    the certificates that servers show, and looks at interfaces, ports and disks. All of it at the same time.
  - Says what it saw, and judges nothing. Playbook C(preflight) holds it against the declaration.
  - Needs nothing but Python on the host. Listening needs root, or the capability NET_RAW.
  - Changes nothing, and listens in check mode too.
options:
  listen:
    description:
      - Seconds to listen for VRRP, at most 60. A MASTER is heard once in each of its intervals.
      - With V(0) only answers to O(addresses) are waited for, 0.6 seconds.
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
    description: The certificate of the CA that is to have signed those of O(servers), in PEM. Any by default.
    type: str
  paths:
    description: Where the room on the disk is looked at.
    type: list
    elements: path
    default: [/etc, /var, /run]
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: There is nothing to differ.
  idempotent:
    support: full
    description: Changes nothing.
notes:
  - What is sent from one host to another one by unicast is heard by these two only.
seealso:
  - module: k8s_edge.ha.edge_info
  - module: k8s_edge.ha.vip_probe
"""

EXAMPLES = r"""
- name: Listen for VRRP, and ask who has an address
  k8s_edge.ha.vip_preflight:
    listen: 1.5
    addresses:
      - address: 192.168.122.10
  register: seen

- name: Show the virtual router IDs that are in use here
  ansible.builtin.debug:
    msg: "{{ seen.advertisements | map(attribute='virtual_router_id') | unique | sort }}"
"""

RETURN = r"""
advertisements:
  description:
    - VRRP advertisements, an entry for all that are alike, with C(interface), the sender's C(hardware) address,
      C(source), C(destination), C(family), C(version), C(virtual_router_id), C(priority), C(authentication) (C(PASS),
      C(AH) or empty), C(advert_int) in seconds and C(addresses).
    - C(count) is how many came, C(first) and C(last) when, in seconds after the beginning.
  returned: always
  type: list
  elements: dict
  sample:
    - interface: eth0
      hardware: "52:54:00:11:22:33"
      source: 192.168.122.11
      destination: 224.0.0.18
      family: 4
      version: 3
      virtual_router_id: 10
      priority: 200
      authentication: ""
      advert_int: 0.5
      addresses: [192.168.122.10]
      count: 6
      first: 0.21
      last: 2.71
answers:
  description:
    - For each of O(addresses) the C(hardware) addresses of those who answered, and the interfaces where it was
      C(asked_on).
    - A host that has an address is not answered by itself.
  returned: always
  type: list
  elements: dict
  sample:
    - {address: 192.168.122.10, asked_on: [eth0], hardware: ["52:54:00:11:22:33"]}
deaf:
  description: Why nothing could be heard or asked. Empty where it could.
  returned: always
  type: str
listened:
  description: For how many C(seconds), and as a member on which C(interfaces).
  returned: always
  type: dict
  sample: {seconds: 3.0, interfaces: [eth0]}
links:
  description: Interfaces with C(name), whether each is C(up) and has a C(carrier), C(hardware) address and C(mtu).
  returned: always
  type: list
  elements: dict
  sample:
    - {name: eth0, up: true, carrier: true, hardware: "52:54:00:11:22:33", mtu: 1500}
taken:
  description: Those of O(ports) that cannot be bound because something listens there, and the process (C(by)).
  returned: always
  type: list
  elements: dict
  sample:
    - {address: 192.168.122.10, port: 6443, by: kube-apiserver}
disks:
  description: For each file system of O(paths) what is left, C(free_bytes) and C(free_inodes).
  returned: always
  type: list
  elements: dict
  sample:
    - {path: /etc, free_bytes: 10737418240, free_inodes: 655360}
certificates:
  description:
    - For each of O(servers) C(subject) and C(issuer), the C(names) and C(addresses) that its certificate is for, and
      from when to when it counts (C(not_before), C(not_after), in seconds since 1970).
    - C(distrust) says why it was not accepted with O(ca), C(problem) why there is none.
  returned: always
  type: list
  elements: dict
  sample:
    - name: master-1
      address: 192.168.122.21
      port: 6443
      problem: ""
      distrust: ""
      subject: kube-apiserver
      issuer: kubernetes
      names: [kubernetes, master-1]
      addresses: [10.96.0.1, 192.168.122.21]
      not_before: 1767225600
      not_after: 1798761600
clock:
  description: The host's time when it began, in seconds since 1970.
  returned: always
  type: float
  sample: 1790000000.25
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.action import look
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.arguments import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, look)


if __name__ == "__main__":
    main()
