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
  - Returns haproxy.cfg as data, the state of the service, and what the running HAProxy says of itself, its proxies and
    its servers.
  - Secrets are not returned. Within a line of a list, C(<kept-secret>) stands in their place, which
    M(k8s_edge.ha.haproxy_config) takes for the secret that the file has there; an option that is a secret as a whole is
    left out.
  - Changes nothing. Works on a host where HAProxy is not installed or not running, and says so.
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
      - The runtime API's socket, a path or C(host:port), or the socket of HAProxy's master (C(haproxy -S)). Where it is
        not given, the first of level admin that C(stats socket) names in the configuration, else the first.
    type: str
  check_start:
    description:
      - Whether to ask also if HAProxy would start again with its files as they are (RV(start_problems)). It is asked by
        C(haproxy -c) and by trying to bind what the files bind, which takes as long as a start.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: There is nothing to differ.
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
  description: The installed version; null where HAProxy is not installed.
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
    - Whether the newest serving process of HAProxy has the file as it is, because it started after the file's last
      change, or because M(k8s_edge.ha.haproxy_config) or M(k8s_edge.ha.haproxy_backend) brought it there without a
      reload.
    - False where no HAProxy with this file is running, and in the unclear case. A change of the file's mode or owner
      counts as a change.
    - Files that the configuration refers to, such as certificates, are not looked at.
  returned: always
  type: bool
loaded_reason:
  description: Why, in words.
  returned: always
  type: str
  sample: the serving process started 1.52 s after the last change of /etc/haproxy/haproxy.cfg
unit:
  description: What systemd says of the unit; empty where there is no systemd.
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
    - Every file that the service reads, in order, with O(path) among them. More than one where HAProxy is started with
      several, or with a folder such as C(/etc/haproxy/conf.d). RV(config) is of O(path) alone.
  returned: always
  type: list
  elements: str
  sample:
    - /etc/haproxy/haproxy.cfg
    - /etc/haproxy/conf.d/50-shop.cfg
config:
  description:
    - The configuration in the shape of M(k8s_edge.ha.haproxy_config)'s options, which takes it and changes nothing,
      unless a section depends on C(.if); null where there is no file.
    - A line with a value that its option could not hold, such as a variable, is told among C(directives).
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
  description: What the running HAProxy says; null where it could not be asked.
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
  description: Why the running HAProxy could not be asked; null where it was.
  returned: always
  type: str
  sample: "cannot talk to HAProxy over /run/haproxy/admin.sock: Connection refused."
socket:
  description: The socket that was asked; null where none was found.
  returned: always
  type: str
  sample: /run/haproxy/admin.sock
start_problems:
  description:
    - What a start of HAProxy with its files would fail over on this host as it is now, a text each; empty where it
      would start. It is what C(haproxy -c) refuses, and what fails at a start only, such as an address that is not
      local, a port that something else listens on, or a folder that is missing.
    - Null where O(check_start) is false, where HAProxy or its file is not there, and for others than root, who cannot
      tell.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      frontend web_vip: 'bind 10.0.0.100:443' is no address of this host, and HAProxy would fail at its start. Add the
      address first, or allow it with the sysctl ip_nonlocal_bind.
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
