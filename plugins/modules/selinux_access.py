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
  - Says of programs which ports they bind and connect to and which files they use, asks the running kernel what its
    policy lets them do already, and adds what is missing, the narrowest first.
  - A port that is nobody's gets a label. For a port that the policy gives to somebody else, the one program gets a rule
    in a policy module named C(k8s_edge), so that the port stays with whom it belongs to. A file gets a type that the
    program may use. All of it is one transaction of the policy store, for good and at once; nothing is restarted.
  - What it adds it remembers in C(/var/lib/k8s_edge/selinux.json), and takes away again when it is no longer asked for.
    Labels, booleans and modules of others stay as they are. A label of somebody else's that had to give way comes back.
  - The lists are authoritative, so one task has to name all programs of a host.
  - Where SELinux is off there is nothing to do. A permissive host is prepared like an enforcing one.
  - Uses the system's libsemanage, with which every host that has SELinux comes. C(semanage) is not needed.
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
          - The executable. The domain it runs in follows from its label; it need not be installed yet.
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
          - A boolean that opens all ports to the program, such as C(haproxy_connect_any). Where it is given and the
            policy has it, it is switched on and no port gets a label. Where the policy has it not, the module says so
            and labels ports.
        type: str
      reads:
        description:
          - Files that it reads, such as certificates, or directories with them.
        type: list
        elements: path
      runs:
        description:
          - Scripts that it runs.
        type: list
        elements: path
      sockets:
        description:
          - Directories in which it makes sockets.
        type: list
        elements: path
  booleans:
    description:
      - Booleans of the policy and what they are to be, for good. One that the policy has not is left out, with a
        warning.
    type: dict
  permissive:
    description:
      - Domains in which SELinux is to write down what it would deny, and to deny nothing. That takes its protection
        away from them; the host itself stays as it is.
    type: list
    elements: str
  state:
    description:
      - V(absent) takes away all that this module has added, and nothing else.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Says what would be changed.
  diff_mode:
    support: full
    description: Shows the record of what is ours, before and after.
  idempotent:
    support: full
    description: Adds nothing that is there or that the policy allows anyway.
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
  description: What was done, or in check mode would be, in words.
  returned: success
  type: list
  elements: str
  sample: ["port tcp/6443: label it http_port_t"]
impact:
  description: V(runtime) where something changed, else V(none).
  returned: success
  type: str
notes:
  description: What is worth knowing about this host.
  returned: success
  type: list
  elements: str
  sample: ["SELinux is off on this host: there is nothing to do."]
time:
  description: When the module began, by the host's clock, in seconds since 1970, for M(k8s_edge.ha.selinux_info).
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
