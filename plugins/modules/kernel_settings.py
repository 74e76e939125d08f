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
  - Sets the listed parameters and loads the listed modules in the running kernel, and writes a file below
    C(/etc/sysctl.d) and one below C(/etc/modules-load.d) for the next boot. Corrects a value that something else has
    changed since.
  - The lists are authoritative for O(name). A parameter that is no longer listed gets the value of the remaining files,
    or else its former value, which the file records. Modules that are no longer listed are not loaded at the next boot.
    They are not unloaded, since something else may use them by now.
  - Warns about a file that is read later and has another value, because it would win at the next boot.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  name:
    description:
      - The owner of these settings. It is part of both file names, so that several tasks can have their own files.
    type: str
    required: true
  parameters:
    description:
      - Parameters and their values, named with dots or slashes as for C(sysctl).
    type: dict
  modules:
    description:
      - Kernel modules.
    type: list
    elements: str
  state:
    description:
      - V(absent) reverts all settings of O(name).
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Reports what would change, and whether the modules exist.
  diff_mode:
    support: full
    description: Shows both files.
  idempotent:
    support: full
    description: Sets and writes nothing that is already as declared.
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
  description: What was done, or would be done in check mode.
  returned: success
  type: list
  elements: str
  sample: ["net.ipv4.ip_nonlocal_bind: 1 instead of 0, now", "net.ipv4.ip_nonlocal_bind: 1 at boot"]
impact:
  description: V(runtime) if something changed, else V(none).
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
