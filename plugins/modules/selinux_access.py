#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets programs do what they must under SELinux, by the narrowest customisations."""

from __future__ import annotations

DOCUMENTATION = r"""
module: selinux_access
short_description: Grant programs the SELinux access they need
version_added: 0.1.0
description:
  - Declares which ports programs bind and connect to and which files they use. Asks the running kernel what its policy
    already allows, and adds only what is missing, as narrowly as possible.
  - An unlabeled port gets a label. If the policy assigns the port to something else, the program gets a rule in a
    policy module named C(k8s_edge), and the port keeps its label. A file gets a type that the program may use. All of
    it is one transaction of the policy store, permanent and effective at once. Nothing is restarted.
  - Records what it adds in C(/var/lib/k8s_edge/selinux.json), and removes it when it is no longer declared. Other
    labels, booleans and modules stay as they are. A label that had to be replaced is restored.
  - The lists are authoritative, so one task has to name all programs of a host.
  - Does nothing if SELinux is off. A permissive host is prepared like an enforcing one.
  - Uses the system's libsemanage, which every host with SELinux has. C(semanage) is not needed.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  programs:
    description:
      - The programs, as systemd starts them.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The executable. Its label determines the domain. It need not be installed yet.
        type: path
        required: true
      binds:
        description:
          - TCP ports that it listens on.
        type: list
        elements: int
      connects:
        description:
          - TCP ports that it connects to.
        type: list
        elements: int
      any_port_boolean:
        description:
          - A boolean that opens all ports to the program, such as C(haproxy_connect_any). If the policy has it, it is
            switched on and no port gets a label. If not, the module says so and labels ports.
        type: str
      reads:
        description:
          - Files that it reads, such as certificates, or their directories.
        type: list
        elements: path
      runs:
        description:
          - Scripts that it runs.
        type: list
        elements: path
      sockets:
        description:
          - Directories in which it creates sockets.
        type: list
        elements: path
  booleans:
    description:
      - Booleans of the policy and their permanent values. One that the policy does not have is skipped, with a warning.
    type: dict
  permissive:
    description:
      - Domains in which SELinux logs denials but denies nothing. This removes SELinux's protection from these domains
        only.
    type: list
    elements: str
  state:
    description:
      - V(absent) removes all that this module added, and nothing else.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Reports what would change.
  diff_mode:
    support: full
    description: Shows the record of what this module added, before and after.
  idempotent:
    support: full
    description: Adds nothing that exists or that the policy already allows.
seealso:
  - module: k8s_edge.ha.selinux_info
"""

EXAMPLES = r"""
- name: Let HAProxy serve the apiservers
  k8s_edge.ha.selinux_access:
    programs:
      - path: /usr/sbin/haproxy
        binds: [6443, 8404]
        connects: [6443]
        reads: [/etc/haproxy]

- name: Take all of that away again
  k8s_edge.ha.selinux_access:
    state: absent
"""

RETURN = r"""
mode:
  description: V(enforcing), V(permissive) or V(disabled).
  returned: success
  type: str
  sample: enforcing
steps:
  description: What was done, or would be done in check mode.
  returned: success
  type: list
  elements: str
  sample: ["port tcp/6443: label it http_port_t"]
impact:
  description: V(runtime) if something changed, else V(none).
  returned: success
  type: str
notes:
  description: Notes about this host.
  returned: success
  type: list
  elements: str
  sample: ["SELinux is off on this host: there is nothing to do."]
time:
  description: When the module started, by the host's clock, in seconds since 1970, for M(k8s_edge.ha.selinux_info).
  returned: success
  type: float
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.action import access
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.arguments import ARGUMENTS


def main() -> None:
    run_module(ARGUMENTS, access)


if __name__ == "__main__":
    main()
