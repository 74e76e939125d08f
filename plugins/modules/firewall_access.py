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
  - Opens the firewall of a host for the listed packets, at runtime and permanently, without a reload. Changes firewalld
    over D-Bus, which takes milliseconds; if it does not run, changes its files for the next start. With nftables, adds
    a file, a table and a unit beside the host's own.
  - Records what it adds below C(/var/lib/k8s_edge), and removes it when it is no longer listed. Other rules, zones,
    services and tables stay as they are, in the same zone too. A rule that existed before the module ran is never
    removed.
  - The list is authoritative, so one task must list everything that the host needs. New openings are made before old
    ones are closed.
  - "firewalld: the openings become rich rules in the zones that packets from O(interfaces) meet, and in those bound to
    sources. Explicit denials in a zone take precedence. firewalld is not reloaded, because that would drop packets for
    a while and lose runtime-only settings of others."
  - "nftables: a packet accepted in one table can still be dropped in another. So besides the table C(inet k8s_edge),
    each foreign input chain that denies by default (its policy is drop, or its last rule drops or rejects everything)
    gets a jump to a chain C(k8s_edge) in the same table. The jump comes after the rules of a chain whose policy is
    drop, and before them otherwise. Chains of iptables are left alone, with a warning."
author:
  - k8s_edge contributors (@k8s-edge)
options:
  openings:
    description:
      - The traffic to let in.
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
          - Addresses or networks that packets may come from. By default anywhere.
        type: list
        elements: str
      destination:
        description:
          - Address or network of this host that packets go to, such as a VIP. By default any.
        type: str
  interfaces:
    description:
      - Interfaces where the packets arrive. They decide which zones of firewalld get the rules. An interface without a
        zone belongs to the default zone.
    type: list
    elements: str
  guarded:
    description:
      - "nftables only: addresses where everything that is not listed is rejected, except ICMP. With firewalld the zone
        does that itself. If an address has VRRP openings with sources, VRRP from other sources is dropped."
    type: list
    elements: str
  backend:
    description:
      - V(auto) uses firewalld if it runs or starts at boot, else nftables if C(nftables.service) starts at boot, else
        V(none). A warning names other rules that still drop packets, such as those of ufw.
      - V(none) only removes what the module added earlier.
    type: str
    choices: [auto, firewalld, nftables, none]
    default: auto
  close:
    description:
      - V(false) opens but closes nothing yet, for the time until a service has moved away.
    type: bool
    default: true
  state:
    description:
      - V(absent) removes all that this module added, and nothing else.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Reports what would change. With nftables the kernel checks the rules.
  diff_mode:
    support: full
    description: Shows what this module added, before and after.
  idempotent:
    support: full
    description: Writes nothing if everything is as declared.
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
  description: What was done, or would be done in check mode.
  returned: success
  type: list
  elements: str
  sample: ["zone public: open TCP port 6443 at 10.0.0.100 from anywhere"]
impact:
  description: V(runtime) if something changed, else V(none).
  returned: success
  type: str
left:
  description: With O(close=false), what remains to be closed later.
  returned: success
  type: list
  elements: str
notes:
  description: Notes about this host.
  returned: success
  type: list
  elements: str
  sample: ["No firewall is in use on this host, so nothing is blocked and nothing had to be opened."]
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
