#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole keepalived.conf in one transaction."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_config
short_description: Manage a whole keepalived.conf in one transaction
version_added: 0.1.0
description:
  - Brings global settings, static addresses, routes and rules, scripts, trackers, sync groups, VRRP instances and
    virtual servers of a keepalived configuration file to the desired state, with one plan, one validation and one swap
    of the file.
  - Options are keepalived's own keywords. An option that is not given is not managed, so the file keeps it. Comments,
    order and everything the module does not know stay as they are.
  - Refuses what keepalived would silently ignore, round, truncate or replace, before anything is written, with the
    remedy.
  - The module does not reload keepalived. When it reports a change, reload the service (see the examples).
author:
  - k8s_edge contributors (@k8s-edge)
extends_documentation_fragment:
  - k8s_edge.ha.keepalived
  - k8s_edge.ha.keepalived.config
options:
  purge:
    description:
      - Whether to remove blocks that their list does not name. Lists that are not given are left alone either way. The
        lines of a single block, such as C(static_routes), are always complete if given.
    type: bool
    default: false
seealso:
  - module: k8s_edge.ha.keepalived_instance
  - module: k8s_edge.ha.keepalived_info
  - name: keepalived.conf(5)
    description: keepalived's own description of every keyword.
    link: https://www.keepalived.org/manpage.html
"""

EXAMPLES = r"""
- name: An address that follows a healthy HAProxy
  k8s_edge.ha.keepalived_config:
    global_defs:
      router_id: "{{ inventory_hostname }}"
      script_user: keepalived_script
      enable_script_security: true
    scripts:
      - name: haproxy
        script: /usr/local/libexec/check-haproxy
        interval: 2
        timeout: 1
        rise: 2
        fall: 2
    instances:
      - name: kubeapi
        initial_state: BACKUP
        interface: eth0
        virtual_router_id: 100
        priority: 110
        version: 3
        advert_int: 0.5
        unicast_src_ip: 10.77.0.11
        unicast_peer:
          - address: 10.77.0.12
        virtual_ipaddress:
          - address: 10.77.0.100/24
        track_script:
          - name: haproxy
    purge: true
    backup: true
  notify: Reload keepalived

- name: Balance HTTP over two servers, direct routing
  k8s_edge.ha.keepalived_config:
    virtual_servers:
      - address: 10.77.0.101
        port: 80
        protocol: TCP
        lb_algo: wlc
        lb_kind: DR
        delay_loop: 5
        real_servers:
          - address: 10.77.0.21
            port: 80
            weight: 1
            http_get:
              - url:
                  - path: /ping
                    status_code: "200"
          - address: 10.77.0.22
            port: 80
            weight: 1
            tcp_check:
              - connect_timeout: 3

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
  sample: ["add vrrp_script haproxy", "vrrp_instance kubeapi: priority 100 -> 110"]
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS, config
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, config)


if __name__ == "__main__":
    main()
