#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets kernel parameters and loads kernel modules, now and at boot."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_settings
short_description: Set kernel parameters and load kernel modules, now and at boot
version_added: 0.1.0
description:
  - Makes the running kernel have what is listed, and writes a file of its own below C(/etc/sysctl.d) and one below
    C(/etc/modules-load.d), so that it has it after a boot. A value that something else has changed since is mended.
  - The lists are authoritative for O(name). A parameter that is no longer listed gets back what the remaining
    files say, or else what it was before; that is kept in the file. Modules are no longer loaded at boot, and not
    unloaded, since others may have come to use them.
  - A file that is read after ours and says otherwise is named in a warning, because it would win at the next boot.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  name:
    description:
      - Whose settings these are. Part of the names of both files, so that several tasks can have their own.
    type: str
    required: true
  parameters:
    description:
      - Parameters and their values, with dots or slashes in their names as C(sysctl) has them.
    type: dict
  modules:
    description:
      - Kernel modules.
    type: list
    elements: str
  state:
    description:
      - V(absent) takes all settings of O(name) back.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Says what would be changed, and whether modules are there.
  diff_mode:
    support: full
    description: Shows both files.
  idempotent:
    support: full
    description: Sets and writes nothing that is so already.
"""

EXAMPLES = r"""
- name: Allow HAProxy to bind a VIP that another host holds
  k8s_edge.ha.kernel_settings:
    name: haproxy
    parameters:
      net.ipv4.ip_nonlocal_bind: 1

- name: Take that back
  k8s_edge.ha.kernel_settings:
    name: haproxy
    state: absent
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be, in words.
  returned: success
  type: list
  elements: str
  sample: ["net.ipv4.ip_nonlocal_bind: 1 instead of 0, now", "net.ipv4.ip_nonlocal_bind: 1 at boot"]
impact:
  description: V(runtime) where something changed, else V(none).
  returned: success
  type: str
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.action import apply
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.arguments import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, apply)


if __name__ == "__main__":
    main()
