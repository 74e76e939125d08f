#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads HAProxy's configuration and runtime state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_info
short_description: Read HAProxy's configuration and runtime state
version_added: 0.1.0
description:
  - Returns haproxy.cfg as data, the state of the service, and what the running HAProxy reports about itself, its
    proxies and its servers.
  - Secrets are not returned. An option that is a secret is left out. A secret inside a line is shown as
    C(<kept-secret>), and M(k8s_edge.ha.haproxy_config) keeps the secret of the file when it gets that line back.
  - Changes nothing. Also works if HAProxy is not installed or not running, and reports that.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  path:
    description:
      - The configuration file.
    type: path
    default: /etc/haproxy/haproxy.cfg
  unit:
    description:
      - The systemd unit that runs HAProxy.
    type: str
    default: haproxy.service
  socket:
    description:
      - The socket of the runtime API, a path or C(host:port), or of HAProxy's master (C(haproxy -S)). By default the
        first C(stats socket) of level admin in the configuration, or else the first one.
    type: str
  check_start:
    description:
      - Also check whether HAProxy would start again with its current files (RV(start_problems)). Runs C(haproxy -c) and
        tries to bind the configured addresses, which takes as long as a start.
    type: bool
    default: false
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
  - module: k8s_edge.ha.haproxy_config
  - module: k8s_edge.ha.haproxy_backend
"""

EXAMPLES = r"""
- name: Read HAProxy
  k8s_edge.ha.haproxy_info:
  register: haproxy

- name: Say which servers are down
  ansible.builtin.debug:
    msg: "{{ haproxy.runtime.stat | selectattr('status', 'search', '^DOWN') | map(attribute='svname') | list }}"
  when: haproxy.runtime is not none

- name: Reload where the running HAProxy does not have the file as it is now
  ansible.builtin.systemd_service:
    name: haproxy
    state: reloaded
  when: haproxy.active and not haproxy.loaded
"""

RETURN = r"""
installed:
  description: Whether HAProxy is installed.
  returned: always
  type: bool
version:
  description: The installed version; null if HAProxy is not installed.
  returned: always
  type: str
  sample: 2.6.12-1+deb12u4
active:
  description: Whether systemd says that the unit is active.
  returned: always
  type: bool
enabled:
  description: Whether the unit starts at boot.
  returned: always
  type: bool
loaded:
  description:
    - Whether the newest HAProxy process runs with the current file, either because it started after the file's last
      change or because M(k8s_edge.ha.haproxy_config) or M(k8s_edge.ha.haproxy_backend) updated it without a reload.
    - False if no HAProxy runs with this file, and in case of doubt. A change of the file's mode or owner counts as a
      change.
    - Files that the configuration refers to, such as certificates, are not checked.
  returned: always
  type: bool
loaded_reason:
  description: Why, in words.
  returned: always
  type: str
  sample: the serving process started 1.52 s after the last change of /etc/haproxy/haproxy.cfg
unit:
  description: What systemd reports about the unit; empty without systemd.
  returned: always
  type: dict
  sample:
    load_state: loaded
    active_state: active
    sub_state: running
    unit_file_state: enabled
    main_pid: "4711"
    restarts: "0"
files:
  description:
    - Every file that the service reads, in order, including O(path). There are several if HAProxy is started with
      several files or with a directory such as C(/etc/haproxy/conf.d). RV(config) covers O(path) only.
  returned: always
  type: list
  elements: str
  sample:
    - /etc/haproxy/haproxy.cfg
    - /etc/haproxy/conf.d/50-shop.cfg
config:
  description:
    - The configuration as options of M(k8s_edge.ha.haproxy_config). Given back to that module it changes nothing,
      unless a section depends on C(.if). Null if there is no file.
    - A line whose value does not fit its option, such as a variable, is listed in C(directives).
  returned: always
  type: dict
  contains:
    global:
      description: The C(global) sections as one.
      type: dict
      returned: always
    defaults:
      description: The C(defaults) sections.
      type: list
      elements: dict
      returned: always
    frontends:
      description: The C(frontend) sections.
      type: list
      elements: dict
      returned: always
    listens:
      description: The C(listen) sections.
      type: list
      elements: dict
      returned: always
    backends:
      description: The C(backend) sections.
      type: list
      elements: dict
      returned: always
      sample:
        - name: kubeapi
          balance: leastconn
          servers:
            - name: kube-1
              address: 10.77.0.21
              port: 6443
              check: true
    sections:
      description: All other sections.
      type: list
      elements: dict
      returned: always
runtime:
  description: What the running HAProxy reports; null if it did not answer.
  returned: always
  type: dict
  contains:
    info:
      description: C(show info).
      type: dict
      returned: always
    stat:
      description: C(show stat), a dictionary for each frontend, backend and server, empty fields left out.
      type: list
      elements: dict
      returned: always
    servers:
      description: C(show servers state), a dictionary for each server.
      type: list
      elements: dict
      returned: always
runtime_error:
  description: Why the running HAProxy did not answer; null if it did.
  returned: always
  type: str
  sample: "cannot communicate with HAProxy over /run/haproxy/admin.sock: Connection refused."
socket:
  description: The socket that was used; null if none was found.
  returned: always
  type: str
  sample: /run/haproxy/admin.sock
start_problems:
  description:
    - Why HAProxy would not start with its files on this host now, one text each; empty if it would. Includes what
      C(haproxy -c) refuses, and what fails only at a start, such as an address that is not local, a port that is in
      use, or a missing directory.
    - Null if O(check_start) is false, if HAProxy or its file is missing, or if the module does not run as root.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      frontend web_vip: 'bind 10.0.0.100:443' is not an address of this host, and HAProxy would fail at its start. Add
      the address first, or allow it with the sysctl ip_nonlocal_bind.
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(
        {
            "path": {"type": "path", "default": "/etc/haproxy/haproxy.cfg"},
            "unit": {"type": "str", "default": "haproxy.service"},
            "socket": {"type": "str"},
            "check_start": {"type": "bool", "default": False},
        },
        information,
    )


if __name__ == "__main__":
    main()
