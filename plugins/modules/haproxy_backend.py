#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manages one backend of haproxy.cfg."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_backend
short_description: Manage one backend in haproxy.cfg
version_added: 0.1.0
description:
  - Adds, changes or removes one C(backend) section, with its servers, and leaves every other byte of the file alone.
  - An option that is not given is not managed. A list that is given is authoritative.
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
  - k8s_edge.ha.haproxy.backend
seealso:
  - module: k8s_edge.ha.haproxy_config
  - module: k8s_edge.ha.haproxy_info
"""

EXAMPLES = r"""
- name: Three apiservers behind one name, checked over TLS
  k8s_edge.ha.haproxy_backend:
    name: kubeapi
    mode: tcp
    balance: leastconn
    options:
      - httpchk GET /readyz
    http_check:
      - expect status 200
    timeouts:
      server: 24h
      tunnel: 24h
    default_server:
      check: true
      check_ssl: true
      verify: required
      ca_file: /etc/haproxy/kube-ca.crt
      inter: 2s
      rise: 3
      fall: 3
      on_marked_down: shutdown-sessions
    servers:
      - name: kube-1
        address: 10.77.0.21
        port: 6443
      - name: kube-2
        address: 10.77.0.22
        port: 6443
      - name: kube-3
        address: fd00:77::23
        port: 6443
    backup: true
  notify: Reload haproxy

- name: Send nothing new to one server, and leave the rest of each line alone
  k8s_edge.ha.haproxy_backend:
    name: kubeapi
    servers:
      - name: kube-1
        weight: 0
      - name: kube-2
      - name: kube-3
  notify: Reload haproxy

- name: Lines in HAProxy's own syntax
  k8s_edge.ha.haproxy_backend:
    name: shop
    mode: http
    directives:
      - acl is_admin path_beg /admin
      - http-request deny if is_admin !{ src 10.0.0.0/8 }
    servers:
      - name: shop-1
        address: shop-1.example.org
        port: 8080
        check: true
  notify: Reload haproxy

- name: Double a server's share, in the file and in the running HAProxy at once
  k8s_edge.ha.haproxy_backend:
    name: kubeapi
    servers:
      - name: kube-1
        weight: 2
      - name: kube-2
      - name: kube-3

- name: Remove a backend
  k8s_edge.ha.haproxy_backend:
    name: shop
    state: absent
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import backend_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(backend_arguments(), file_action(plan_backend), redact, lean=True)


if __name__ == "__main__":
    main()
