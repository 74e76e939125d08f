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
  - Tells what the configuration file says, as data in the options of M(k8s_edge.ha.keepalived_config), with the files
    it includes.
  - Tells whether keepalived is installed and running, whether the running daemon has the file as it is now, which state
    each instance is in, and which virtual addresses this host holds.
  - Works where keepalived is not installed. Changes nothing.
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
      - Whether to ask the running keepalived for its instances. It answers a signal with a dump below C(/tmp), which is
        removed again, and logs that it did.
      - Without it RV(instances) is empty, and RV(loaded) rests on times alone.
    type: bool
    default: true
  check_start:
    description:
      - Whether to ask also if keepalived would find what its files need if it were started now (RV(start_problems)).
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
  description: Whether O(path) is there and can be read.
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
  description: Its version; empty where it is not installed.
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
  description: Its process; 0 where it does not run.
  returned: always
  type: int
loaded:
  description:
    - Whether the running keepalived has the files as they are now. It has where they were last changed before it was
      started or reloaded (systemd's times against the files'), and where every instance of the files is in its own dump
      with router ID, priority and addresses, as far as the files can be known. In doubt it is V(false).
  returned: always
  type: bool
loaded_reason:
  description: Why RV(loaded) is what it is, in words.
  returned: always
  type: str
configuration:
  description:
    - What the files say, in the options of M(k8s_edge.ha.keepalived_config). Included files are read in their place;
      definitions, conditions and loops are resolved as keepalived does on this host.
    - Secrets are left out, so that what is returned can be given to M(k8s_edge.ha.keepalived_config) and changes
      nothing (RV(withheld) names them). So is what cannot be known (RV(unknown)).
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
  description: The secrets that stand in the files and are left out of RV(configuration), as paths of options.
  returned: always
  type: list
  elements: str
  sample: ["instances[0].authentication.auth_pass"]
unknown:
  description:
    - The blocks that are not known whole, because a line hangs on what only the running keepalived knows
      (C(${_RANDOM}), C(${_INSTANCE}), a loop of many thousand rounds), says twice different things, or is not written
      as its option wants it. What is unknown does not count as missing, here or in the collection's roles.
  returned: always
  type: list
  elements: dict
  contains:
    block:
      description: The first line of the block.
      type: str
    options:
      description:
        - The options that are unknown; V(header) stands for what follows the block's keyword. None where the line may
          stand for any block.
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
      description: The priority of the file.
      type: int
    effective_priority:
      description: The priority after what tracking adds and takes.
      type: int
    virtual_router_id:
      description: The number of the virtual router.
      type: int
    interface:
      description: The interface.
      type: str
    addresses:
      description: The addresses it is about, with their prefix lengths.
      type: list
      elements: str
vips:
  description: The virtual addresses of the files, and whether the kernel of this host holds them.
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
      description: Whether this host holds it. On loopback, where a real server has it all the time, it does not count.
      type: bool
addresses:
  description: Every address that the kernel of this host has, its own and those that it holds for others.
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
        - For IPv4, whether another address of the same network came first.
        - For IPv6, whether it is a temporary one (privacy extensions).
      type: bool
    deprecated:
      description: Whether it is an IPv6 address that is no longer preferred as a source, or never was.
      type: bool
process_events:
  description:
    - Whether the kernel tells keepalived on this host of processes that begin and end, as C(vrrp_track_process) needs.
      It does not in a container with a network of its own, and there keepalived takes every such process for absent.
  returned: always
  type: bool
start_problems:
  description:
    - What the files need and this host does not have as it is now, a text each; empty where a start would find all.
      These are scripts, users, interfaces, own addresses and files.
    - Null where O(check_start) is false, where keepalived is not installed, and for others than root, who cannot tell.
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
