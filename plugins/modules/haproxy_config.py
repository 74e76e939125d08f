#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manages haproxy.cfg as a whole."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_config
short_description: Manage haproxy.cfg in one transaction
version_added: 0.1.0
description:
  - Brings C(global), C(defaults), frontends, listens, backends and any other sections of one file to the desired state,
    in one plan, one check by HAProxy and one swap of the file.
  - An option that is not given is not managed. A list that is given is authoritative within its section; sections
    that are not listed stay unless O(purge=true).
  - Refuses what HAProxy would silently ignore or misread, before anything is written and in one message.
author:
  - k8s_edge contributors (@k8s-edge)
attributes:
  check_mode:
    support: full
    description:
      - Plans as in a real run, asks the running HAProxy, and lets HAProxy check the new file in a temporary directory.
        Writes no file and sends no command that changes anything.
      - A deleted server that still has sessions after five seconds is removed by a reload. Check mode cannot foresee
        that.
  diff_mode:
    support: full
    description: Shows the file before and after, with passwords masked.
  idempotent:
    support: full
    description: A second run finds nothing to do, in the file and in the running HAProxy.
extends_documentation_fragment:
  - k8s_edge.ha.haproxy
  - k8s_edge.ha.haproxy.config
seealso:
  - module: k8s_edge.ha.haproxy_backend
  - module: k8s_edge.ha.haproxy_info
"""

EXAMPLES = r"""
- name: The way in to three apiservers
  k8s_edge.ha.haproxy_config:
    global:
      log:
        - /dev/log local0
      user: haproxy
      group: haproxy
      maxconn: 20000
      stats_socket:
        - /run/haproxy/admin.sock mode 660 level admin
    defaults:
      - mode: tcp
        log:
          - global
        options:
          - tcplog
          - dontlognull
        timeouts:
          connect: 5s
          client: 24h
          server: 24h
    frontends:
      - name: kubeapi
        bind:
          - address: 10.77.0.100
            port: 6443
          - address: fd00:77::100
            port: 6443
        default_backend: kubeapi
      - name: alive
        mode: http
        bind:
          - address: 127.0.0.1
            port: 9000
        monitor_uri: /healthz
    backends:
      - name: kubeapi
        balance: leastconn
        options:
          - httpchk GET /readyz
        default_server:
          check: true
          check_ssl: true
          verify: required
          ca_file: /etc/haproxy/kube-ca.crt
        servers:
          - name: kube-1
            address: 10.77.0.21
            port: 6443
          - name: kube-2
            address: 10.77.0.22
            port: 6443
    backup: true
  notify: Reload haproxy

- name: Exactly these backends, and resolvers to go with them
  k8s_edge.ha.haproxy_config:
    purge: true
    backends:
      - name: shop
        servers:
          - name: shop-1
            address: shop-1.example.org
            port: 8080
            check: true
            resolvers: cluster
    sections:
      - type: resolvers
        name: cluster
        directives:
          - nameserver dns1 10.96.0.10:53
          - hold valid 10s
  notify: Reload haproxy
"""

RETURN = r"""
diff:
  description: The file before and after, passwords masked.
  returned: always
  type: dict
  sample:
    before: "backend kubeapi\n    balance roundrobin\n"
    after: "backend kubeapi\n    balance leastconn\n"
    before_header: /etc/haproxy/haproxy.cfg
    after_header: /etc/haproxy/haproxy.cfg
steps:
  description:
    - What was done, or would be done in check mode, one line each. Empty if there is nothing to do.
    - Changes to the file come first, then changes to the running HAProxy, or the reason for its reload.
  returned: always
  type: list
  elements: str
  sample:
    - "backend kubeapi: balance roundrobin -> leastconn"
    - "backend kubeapi: server kube-3 10.77.0.23:6443 added"
    - "reload HAProxy: backend kubeapi: balance cannot be changed at runtime"
impact:
  description:
    - What the change does to the running HAProxy. C(runtime) means commands on its socket, C(reload) a reload.
    - With O(runtime=auto) the module has already done it, unless a warning says that you must reload HAProxy or that
      HAProxy did not answer.
  returned: always
  type: str
  sample: runtime
backup_file:
  description: The previous file.
  returned: when the file was changed and O(backup=true)
  type: str
  sample: /etc/haproxy/haproxy.cfg.4711.2026-01-01@12:00:00~
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import config_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(config_arguments(), file_action(plan_config), redact, lean=True)


if __name__ == "__main__":
    main()
