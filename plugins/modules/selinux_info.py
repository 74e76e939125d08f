#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the mode of SELinux and what it denied."""

from __future__ import annotations

DOCUMENTATION = r"""
module: selinux_info
short_description: Read the mode of SELinux and what it denied
version_added: 0.1.0
description:
  - Returns whether SELinux enforces, and what it denied to programs since a given time, each with a remedy.
  - Reads the audit log, or the journal on a host without auditd. Changes nothing.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  since:
    description:
      - Only denials since then, by the host's clock, in seconds since 1970. By default the last ten minutes.
        M(k8s_edge.ha.selinux_access) returns the time at which it started.
    type: float
  programs:
    description:
      - Only denials of these executables, as systemd starts them. By default all programs.
    type: list
    elements: path
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
  - module: k8s_edge.ha.selinux_access
"""

EXAMPLES = r"""
- name: Ask what HAProxy was denied
  k8s_edge.ha.selinux_info:
    programs: [/usr/sbin/haproxy]
  register: selinux

- name: Show it
  ansible.builtin.debug:
    msg: "{{ selinux.denials | map(attribute='message') | list }}"
"""

RETURN = r"""
mode:
  description: V(enforcing), V(permissive) or V(disabled).
  returned: success
  type: str
  sample: enforcing
denials:
  description: The denials, each once.
  returned: success
  type: list
  elements: dict
  contains:
    message:
      description: The denial, with a remedy.
      returned: always
      type: str
    time:
      description: When it happened first, in seconds since 1970.
      returned: always
      type: float
    command:
      description: The program.
      returned: always
      type: str
      sample: haproxy
    domain:
      description: The type it runs in.
      returned: always
      type: str
      sample: haproxy_t
    permissions:
      description: The denied permissions.
      returned: always
      type: list
      elements: str
      sample: [name_bind]
    class:
      description: The class of the target.
      returned: always
      type: str
      sample: tcp_socket
    target:
      description: The type of the target.
      returned: always
      type: str
      sample: unreserved_port_t
    object:
      description: The port, path or name, if the kernel logged one.
      returned: always
      type: str
      sample: "7777"
    enforced:
      description: Whether access was really denied. False in a permissive domain or on a permissive host.
      returned: always
      type: bool
time:
  description: When the module looked, by the host's clock, in seconds since 1970.
  returned: success
  type: float
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.action import information


def main() -> None:
    run_module(
        {"since": {"type": "float"}, "programs": {"type": "list", "elements": "path"}},
        information,
    )


if __name__ == "__main__":
    main()
