#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual_server of a keepalived.conf."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_virtual_server
short_description: Manage one virtual server in keepalived.conf
version_added: 0.1.0
description:
  - Adds, changes or removes one C(virtual_server), with its real servers and their checks, in a keepalived
    configuration file and leaves every other byte of the file as it is. keepalived builds the kernel's IPVS table from
    it, and removes real servers that fail.
  - Options that every IPVS tool has are named alike in all IPVS modules (V(dr), O(scheduler),
    O(real_servers[].upper_threshold)). Options that only keepalived has are keepalived's own keywords.
  - A virtual server is identified by protocol, address and port, or by firewall mark and family, or by group.
  - An option that is not given is not managed, so the file keeps it. A list that is given is authoritative, except
    for O(real_servers), where servers that are not listed stay unless O(purge_real_servers=true).
  - Refuses what keepalived would silently ignore, truncate or replace, before anything is written, with the remedy.
  - The module does not reload keepalived. When it reports a change, reload the service (see the examples).
author:
  - k8s_edge contributors (@k8s-edge)
extends_documentation_fragment:
  - k8s_edge.ha.keepalived
  - k8s_edge.ha.keepalived.virtual_server
seealso:
  - module: k8s_edge.ha.keepalived_config
  - name: keepalived.conf(5)
    description: keepalived's own description of every keyword.
    link: https://www.keepalived.org/manpage.html
"""

EXAMPLES = r"""
- name: Spread HTTP over two servers by direct routing, for as long as they answer /ping
  k8s_edge.ha.keepalived_virtual_server:
    protocol: tcp
    address: 10.77.0.120
    port: 80
    scheduler: wlc
    forwarding_method: dr
    delay_loop: 2
    real_servers:
      - address: 10.77.0.21
        port: 80
        weight: 1
        http_get:
          - url:
              - path: /ping
                status_code: "200"
            connect_timeout: 1
      - address: 10.77.0.22
        port: 80
        weight: 1
        http_get:
          - url:
              - path: /ping
                status_code: "200"
            connect_timeout: 1
    purge_real_servers: true
  notify: Reload keepalived

- name: Send one of them no new connections, and leave the rest as it is
  k8s_edge.ha.keepalived_virtual_server:
    protocol: tcp
    address: 10.77.0.120
    port: 80
    real_servers:
      - address: 10.77.0.22
        port: 80
        weight: 0

- name: Everything that the firewall marked with 7, each client on one server for five minutes
  k8s_edge.ha.keepalived_virtual_server:
    fwmark: 7
    family: ipv4
    scheduler: sh
    flags: [sh-port]
    forwarding_method: dr
    persistence_timeout: 300
    real_servers:
      - address: 10.77.0.21
        tcp_check:
          - connect_port: 80

- name: Take a service away
  k8s_edge.ha.keepalived_virtual_server:
    fwmark: 7
    family: ipv4
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
  sample: ["virtual_server 10.77.0.120 80: real_server 10.77.0.22 80: weight 1 -> 0"]
impact:
  description: What the change needs to take effect.
  returned: always
  type: str
  choices: [none, reload]
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.virtual_server import (
    ARGUMENTS,
    virtual_server,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, virtual_server)


if __name__ == "__main__":
    main()
