#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts addresses on the loopback interface, now and at boot."""

from __future__ import annotations

DOCUMENTATION = r"""
module: loopback_addresses
short_description: Manage addresses on the loopback interface, now and at boot
version_added: 0.1.0
description:
  - Adds addresses that the host serves without holding them, such as the VIP on a real server (LVS direct routing). A
    systemd unit adds them at boot. It works with systemd-networkd, NetworkManager and ifupdown, since none of them
    manages C(lo).
  - The list is authoritative for O(name). An address that the module added and that is no longer listed is removed. One
    that existed before stays; the unit's file records it.
  - Refuses IPv4 addresses while the host would answer ARP for them, that is, while C(arp_ignore) is below 1 or
    C(arp_announce) below 2 on an interface. IPv6 needs no such parameter.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  name:
    description:
      - The owner of these addresses. It is part of the unit's name, so that several tasks can have their own units.
    type: str
    required: true
  addresses:
    description:
      - Single addresses (C(/32) or C(/128)).
    type: list
    elements: str
  state:
    description:
      - V(absent) removes all addresses of O(name).
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Reports what would change. Only warns about ARP parameters, since an earlier task may set them.
  diff_mode:
    support: full
    description: Shows the unit.
  idempotent:
    support: full
    description: Sets and writes nothing that is already as declared.
seealso:
  - module: k8s_edge.ha.kernel_settings
"""

EXAMPLES = r"""
- name: Suppress ARP replies for the VIPs
  k8s_edge.ha.kernel_settings:
    name: real-server
    parameters:
      net.ipv4.conf.all.arp_ignore: 1
      net.ipv4.conf.all.arp_announce: 2

- name: Serve the VIP that a director sends here
  k8s_edge.ha.loopback_addresses:
    name: real-server
    addresses: [10.77.0.120/32, "fd00:77::120/128"]

- name: Take them back
  k8s_edge.ha.loopback_addresses:
    name: real-server
    state: absent
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode.
  returned: success
  type: list
  elements: str
  sample: ["10.77.0.120/32 on lo", "10.77.0.120/32 at boot", "systemd reloaded its units", "the unit enabled"]
impact:
  description: V(runtime) if something changed, else V(none).
  returned: success
  type: str
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.action import apply
from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.arguments import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, apply)


if __name__ == "__main__":
    main()
