#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived as it is: file, service, live state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_info
short_description: Read keepalived's configuration and runtime state
version_added: 0.1.0
description:
  - Returns the configuration file, with the files it includes, as options of M(k8s_edge.ha.keepalived_config).
  - Returns whether keepalived is installed and running, whether it runs with the current file, the state of each
    instance, and which VIPs this host holds.
  - Also works if keepalived is not installed. Changes nothing.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  path:
    description:
      - The configuration file.
    type: path
    default: /etc/keepalived/keepalived.conf
  live:
    description:
      - Ask the running keepalived for its instances, by a signal. keepalived writes a dump below C(/tmp), which the
        module removes, and logs it.
      - If V(false), RV(instances) is empty, and RV(loaded) is judged by times only.
    type: bool
    default: true
  check_start:
    description:
      - Also check whether keepalived would find everything that its files need if it started now (RV(start_problems)).
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
    details:
      - Reading is the same in check mode.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), in diff mode.
    support: N/A
    details:
      - It changes nothing.
  idempotent:
    description: When run twice in a row without outside changes, the second run changes nothing.
    support: full
seealso:
  - module: k8s_edge.ha.keepalived_config
  - module: k8s_edge.ha.keepalived_instance
"""

EXAMPLES = r"""
- name: Look at keepalived
  k8s_edge.ha.keepalived_info:
  register: keepalived

- name: Reload where the running daemon does not have the file (a handler may have been lost)
  ansible.builtin.service:
    name: keepalived
    state: reloaded
  when: keepalived.active and not keepalived.loaded

- name: Say which addresses this host holds
  ansible.builtin.debug:
    msg: "{{ keepalived.vips | selectattr('held') | map(attribute='address') }}"
"""

RETURN = r"""
exists:
  description: Whether O(path) exists and is readable.
  returned: always
  type: bool
files:
  description: O(path) and the files it includes, in the order they are read.
  returned: always
  type: list
  elements: str
installed:
  description: Whether keepalived is installed.
  returned: always
  type: bool
version:
  description: Its version; empty if it is not installed.
  returned: always
  type: str
  sample: 2.2.7
active:
  description: Whether the service runs.
  returned: always
  type: bool
enabled:
  description: Whether it starts at boot.
  returned: always
  type: bool
main_pid:
  description: Its process; 0 if it does not run.
  returned: always
  type: int
loaded:
  description:
    - Whether keepalived runs with the current files. True if the files were last changed before it was started or
      reloaded (by the times of systemd and of the files), and its own dump has every instance of the files with router
      ID, priority and addresses, as far as these are known. In doubt it is V(false).
  returned: always
  type: bool
loaded_reason:
  description: The reason for RV(loaded).
  returned: always
  type: str
configuration:
  description:
    - The files as options of M(k8s_edge.ha.keepalived_config). Included files are read in place; definitions,
      conditions and loops are resolved as keepalived does on this host.
    - Secrets are left out (RV(withheld) names them), and so is what cannot be known (RV(unknown)). Given back to
      M(k8s_edge.ha.keepalived_config), this changes nothing.
  returned: always
  type: dict
  contains:
    instances:
      description: The C(vrrp_instance) blocks.
      type: list
      elements: dict
    other:
      description: Top-level lines and blocks that the module has no option for, as text.
      type: list
      elements: str
withheld:
  description: The secrets of the files that are left out of RV(configuration), as paths of options.
  returned: always
  type: list
  elements: str
  sample: ["instances[0].authentication.auth_pass"]
unknown:
  description:
    - The blocks that are only partly known, because a line depends on what only the running keepalived knows
      (C(${_RANDOM}), C(${_INSTANCE}), a loop of many thousand rounds), contradicts another line, or does not fit its
      option. Unknown options do not count as missing, here or in the collection's roles.
  returned: always
  type: list
  elements: dict
  contains:
    block:
      description: The first line of the block.
      type: str
    options:
      description:
        - The unknown options; V(header) stands for what follows the block's keyword. Empty if the line may belong to
          any block.
      type: list
      elements: str
instances:
  description: The instances of the running keepalived.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    state:
      description: C(MASTER), C(BACKUP) or C(FAULT).
      type: str
    since:
      description: When it came into this state, in seconds since 1970. Left out where keepalived does not say.
      type: float
    priority:
      description: The priority in the file.
      type: int
    effective_priority:
      description: The priority with the weights of trackers.
      type: int
    failing:
      description: What it tracks and what keeps it in C(FAULT), or its priority down.
      type: list
      elements: dict
      contains:
        kind:
          description: C(script), C(process), C(file) or C(interface).
          type: str
        name:
          description: Its name.
          type: str
        weight:
          description: What it takes from the priority or does not add to it. V(0) means C(FAULT).
          type: int
    virtual_router_id:
      description: The number of the virtual router.
      type: int
    interface:
      description: The interface.
      type: str
    addresses:
      description: Its VIPs, with their prefix lengths.
      type: list
      elements: str
vips:
  description: The VIPs of the files, and whether this host holds them.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: The address with its prefix length.
      type: str
    instance:
      description: The instance it belongs to.
      type: str
    held:
      description: Whether this host holds it. An address on loopback does not count, since a real server always has it
        there.
      type: bool
addresses:
  description: Every address of this host, its own and the VIPs it holds.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: The address with its prefix length.
      type: str
    interface:
      description: The interface that has it.
      type: str
    secondary:
      description:
        - For IPv4, whether another address of the same network was added first.
        - For IPv6, whether it is a temporary one (privacy extensions).
      type: bool
    deprecated:
      description: Whether it is an IPv6 address that is not preferred as a source.
      type: bool
process_events:
  description:
    - Whether the kernel tells keepalived about processes that start and end, as C(vrrp_track_process) needs. It does
      not in a container with its own network. There keepalived regards every tracked process as absent.
  returned: always
  type: bool
start_problems:
  description:
    - The scripts, users, interfaces, own addresses and files that the configuration needs and this host lacks now, one
      text each. Empty if nothing is missing.
    - Null if O(check_start) is false, if keepalived is not installed, or if the module does not run as root.
  returned: always
  type: list
  elements: str
  sample:
    - "script check_haproxy: script: '/etc/keepalived/check-haproxy' does not exist on this host. Install it first."
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import ARGUMENTS, info
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, info)


if __name__ == "__main__":
    main()
