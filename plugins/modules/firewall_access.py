#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a host's firewall exactly as far as is listed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_access
short_description: Open the firewall of a host for listed traffic, and close former openings
version_added: 0.1.0
description:
  - Says which packets a host has to let in, and makes it so in its firewall, at once and for good, without a reload.
    firewalld is asked over D-Bus, in milliseconds; where it does not run, its files get what it needs when it starts.
    nftables gets a file, a table and a unit of ours beside the host's own.
  - What it adds it remembers below C(/var/lib/k8s_edge), and takes away again when it is no longer listed. Rules,
    zones, services and tables of others stay as they are, in the same zone too, and a rule that somebody else
    had put there already stays when ours goes.
  - The list is authoritative, so one task has to name all that the host needs. What is new is opened before anything is
    closed.
  - "firewalld: the openings become rich rules in the zones that packets from O(interfaces) meet, and in those bound to
    sources. Explicit denials in a zone go before them. No reload is done, because that would drop packets for a while
    and forget what others have set at run time only."
  - "nftables: an accept in one table does not keep another one from dropping the packet. So besides a table of ours,
    C(inet k8s_edge), each input chain of others that ends in no (its policy is drop, or its last rule drops or rejects
    everything) gets a jump to a chain C(k8s_edge) in the same table. It comes after the rules of that chain where its
    policy is drop, else before them. Chains that belong to iptables are left alone, with a warning."
author:
  - k8s_edge contributors (@k8s-edge)
options:
  openings:
    description:
      - What is let in.
    type: list
    elements: dict
    suboptions:
      protocol:
        description:
          - The protocol. V(ah) is what VRRP with C(auth_type AH) uses.
        type: str
        choices: [tcp, udp, sctp, vrrp, ah]
        required: true
      port:
        description:
          - The port, for protocols that have ports.
        type: int
      sources:
        description:
          - Addresses or networks that packets may come from. Anywhere where it is left out.
        type: list
        elements: str
      destination:
        description:
          - Address or network of this host that packets go to, such as a VIP. Any where it is left out.
        type: str
  interfaces:
    description:
      - Interfaces that the packets come in by. They say which zones of firewalld get the rules. An interface in no zone
        is in the default zone.
    type: list
    elements: str
  guarded:
    description:
      - "nftables only: addresses at which everything that is not listed is rejected, but for ICMP. In firewalld that is
        the zone's own doing. VRRP to an address that has VRRP openings with sources is dropped from anybody else."
    type: list
    elements: str
  backend:
    description:
      - V(auto) takes firewalld where it runs or starts at boot, nftables where C(nftables.service) starts at boot, and
        else V(none). Rules that drop nevertheless, such as ufw's, are named in a warning.
      - V(none) only removes what is left of ours.
    type: str
    choices: [auto, firewalld, nftables, none]
    default: auto
  close:
    description:
      - V(false) only opens and closes nothing yet, for the time until a service has left.
    type: bool
    default: true
  state:
    description:
      - V(absent) takes away all that this module has added, and nothing else.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Says what would be changed. With nftables the kernel judges the rules.
  diff_mode:
    support: full
    description: Shows what is ours, before and after.
  idempotent:
    support: full
    description: Writes nothing where all is as it should be.
"""

EXAMPLES = r"""
- name: Let the peer's advertisements in, and clients to the VIP
  k8s_edge.ha.firewall_access:
    interfaces: [eth0]
    openings:
      - {protocol: vrrp, sources: [10.0.0.12], destination: 10.0.0.11}
      - {protocol: tcp, port: 6443, destination: 10.0.0.100}
    backend: auto

- name: Take all of that away again
  k8s_edge.ha.firewall_access:
    state: absent
"""

RETURN = r"""
backend:
  description: The firewall that was used, V(firewalld), V(nftables) or V(none).
  returned: success
  type: str
  sample: firewalld
steps:
  description: What was done, or in check mode would be, in words.
  returned: success
  type: list
  elements: str
  sample: ["zone public: open TCP port 6443 at 10.0.0.100 from anywhere"]
impact:
  description: V(runtime) where something changed, else V(none).
  returned: success
  type: str
left:
  description: With O(close=false), what there is to close once that may be, in words.
  returned: success
  type: list
  elements: str
notes:
  description: What is worth knowing about this host.
  returned: success
  type: list
  elements: str
  sample: ["No firewall is in use on this host, so nothing had to be opened and nothing is closed."]
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.action import access
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.arguments import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, access)


if __name__ == "__main__":
    main()
