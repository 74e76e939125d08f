#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How kube-proxy runs on this host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_proxy_info
short_description: Read the mode of kube-proxy and whether it leaves foreign IPVS services alone
version_added: 0.1.0
description:
  - Reads the running kube-proxy's command line and configuration file, also where it runs in a container.
  - In IPVS mode kube-proxy removes every service from the kernel's table that it did not create, unless C(excludeCIDRs)
    covers the address.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  virtual_addresses:
    description:
      - Addresses of this host's virtual servers that kube-proxy did not create, without prefix lengths.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
  idempotent:
    support: full
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Ask whether kube-proxy would take the VIP's services away
  k8s_edge.ha.kube_proxy_info:
    virtual_addresses: [10.77.0.120]
  register: kube_proxy

- name: Say so
  ansible.builtin.debug:
    msg: "{{ kube_proxy.faults }}"
"""

RETURN = r"""
running:
  description: Whether kube-proxy runs on this host.
  returned: always
  type: bool
mode:
  description: Its mode; empty if kube-proxy chooses it.
  returned: always
  type: str
  sample: ipvs
strict_arp:
  description: Whether kube-proxy keeps the host from answering ARP for addresses of other interfaces.
  returned: always
  type: bool
exclude_cidrs:
  description: The networks whose services it leaves alone.
  returned: always
  type: list
  elements: str
faults:
  description: Why kube-proxy would remove virtual servers of O(virtual_addresses), and what to do.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.kube_proxy import ARGUMENTS, information
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, information)


if __name__ == "__main__":
    main()
