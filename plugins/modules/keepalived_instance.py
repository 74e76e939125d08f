#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vrrp_instance of a keepalived.conf."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_instance
short_description: Manage one VRRP instance in keepalived.conf
version_added: 0.1.0
description:
  - Adds, changes or removes one C(vrrp_instance) in a keepalived configuration file and leaves every other byte of the
    file as it is.
  - Options are keepalived's own keywords. An option that is not given is not managed, so the file keeps it. A list that
    is given is authoritative for that list.
  - Refuses what keepalived would silently ignore, round, truncate or replace, before anything is written, with the
    remedy.
  - The module does not reload keepalived. When it reports a change, reload the service (see the examples).
author:
  - k8s_edge contributors (@k8s-edge)
extends_documentation_fragment:
  - k8s_edge.ha.keepalived
  - k8s_edge.ha.keepalived.instance
options:
  name:
    description:
      - The name of the instance, as written after C(vrrp_instance).
    type: str
    required: true
  state:
    description:
      - Whether the instance is in the file. (keepalived's own C(state) is O(initial_state).)
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: k8s_edge.ha.keepalived_config
  - module: k8s_edge.ha.keepalived_info
  - name: keepalived.conf(5)
    description: keepalived's own description of every keyword.
    link: https://www.keepalived.org/manpage.html
"""

EXAMPLES = r"""
- name: Hold the API's address on two hosts, both BACKUP, told apart by priority
  k8s_edge.ha.keepalived_instance:
    name: kubeapi
    initial_state: BACKUP
    interface: eth0
    virtual_router_id: 100
    priority: "{{ 110 if inventory_hostname == 'haproxy-1' else 100 }}"
    version: 3
    advert_int: 0.5
    unicast_src_ip: 10.77.0.11
    unicast_peer:
      - address: 10.77.0.12
    virtual_ipaddress:
      - address: 10.77.0.100/24
    backup: true
  notify: Reload keepalived

- name: Change one option and leave the rest of the instance as it is
  k8s_edge.ha.keepalived_instance:
    name: kubeapi
    priority: 90

- name: Follow a check script that keepalived_config or the file defines
  k8s_edge.ha.keepalived_instance:
    name: kubeapi
    track_script:
      - name: haproxy
        weight: -20

- name: Take an instance out of the file
  k8s_edge.ha.keepalived_instance:
    name: old
    state: absent

# The handler:
# - name: Reload keepalived
#   ansible.builtin.service:
#     name: keepalived
#     state: reloaded
"""

RETURN = r"""
steps:
  description: What was changed, or would be changed in check mode, one line each.
  returned: always
  type: list
  elements: str
  sample: ["vrrp_instance kubeapi: priority 100 -> 90"]
impact:
  description:
    - What the change needs to take effect. Every change needs a reload.
    - With V(vip_move) the reload removes a VIP from the host that holds it, or may let it move to another host. The VIP
      is lost for three advertisement intervals or more if an instance gets another virtual router ID, interface or
      C(unicast_src_ip), changes between unicast and multicast, or shares a sync group with a new instance. It is lost
      for good if the instance or the address is removed, or the address gets another device or scope.
    - Where a VIP moves depends on the priorities of all members, and the module knows only those of its own file. So a
      change of C(priority), or removing C(nopreempt), is always V(vip_move).
  returned: always
  type: str
  choices: [none, reload, vip_move]
  sample: reload
backup_file:
  description: The previous file, if O(backup=true) and something changed.
  returned: when a backup was made
  type: str
  sample: /etc/keepalived/keepalived.conf.4711.2026-01-31@10:00:00~
restored:
  description:
    - Whether the previous file was restored after a failure.
    - If this is not returned, the file was never replaced.
  returned: on failure, if the file had been replaced
  type: bool
  sample: true
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.instance import ARGUMENTS, instance
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, instance)


if __name__ == "__main__":
    main()
