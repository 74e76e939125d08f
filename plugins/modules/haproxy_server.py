#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drains, weighs and takes out servers of the running HAProxy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: Set state and weight of running servers
version_added: 0.1.0
description:
  - Sets state and weight of servers in the running HAProxy over one connection, and reads back the result. If HAProxy
    refuses one change, the others are reverted.
  - Writes no file. The settings last until HAProxy is reloaded or restarted, or until M(k8s_edge.ha.haproxy_backend) or
    M(k8s_edge.ha.haproxy_config) updates the process to match the file. Put permanent settings into the file.
  - Refuses to take out the last server of a backend that takes new connections.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  backend:
    description:
      - One or several backends (or listens), by name or pattern such as C(kube*). V(*) means all.
    type: list
    elements: str
    required: true
  name:
    description:
      - One or several servers, by name or pattern such as C(kube-[12]). V(*) means all servers of the backends.
      - A server may be in one or several of the backends. A backend named without a pattern must have at least one of
        them.
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(drain) a server gets no new connections except from clients bound to it (cookie, stick table). With
        V(maint) it gets none at all and is not checked. Existing sessions continue in both states, unless the server
        has C(on-marked-down shutdown-sessions).
      - For a server with C(agent-check) the module waits up to 30 seconds for the agent's next report. It fails if the
        agent reverts the state or weight.
      - If not given, it is not managed.
    type: str
    choices: [ready, drain, maint]
  weight:
    description:
      - V(0) to V(256), or a percentage of the weight in the file, such as V(50%), which HAProxy rounds down.
      - With C(balance static-rr) or C(hash-type map-based), a running HAProxy accepts only V(0) and V(100%).
      - If not given, it is not managed.
    type: str
  drain:
    description:
      - With O(state=drain) or O(state=maint), wait up to O(timeout) until the servers have no sessions left. With
        O(state=maint) they are drained first and put into maintenance after the last session.
      - With C(option redispatch), HAProxy 3.0 and later sends all connections waiting in a server's queue to that
        server at once, above its maxconn, when it goes to drain or maint. With O(drain=true) the queue is emptied first
        at weight 0, for up to O(timeout). Otherwise a warning is given.
      - When the time is up, the module fails and lists the sessions left on each server. The servers stay drained and
        get no new connections.
      - Does not see sessions of an older process that a reload left behind.
    type: bool
    default: false
  shutdown_sessions:
    description:
      - With O(drain=true), shut down the sessions left after O(timeout), instead of failing.
    type: bool
    default: false
  wait:
    description:
      - Wait up to O(timeout) until the health checks report the servers as up, and fail if they do not. A server
        without checks counts as up.
      - A server that leaves maintenance counts as up at first, and one failed check takes it down. The module waits for
        enough checks to be sure. With C(fall 1) that is one check, or none if the server was checked before its
        maintenance.
    type: bool
    default: false
  timeout:
    description:
      - How long O(drain) and O(wait) wait, in seconds. With V(0) they check once.
    type: int
    default: 300
  allow_last:
    description:
      - Allow taking out the last server of a backend.
    type: bool
    default: false
  allow_missing:
    description:
      - Skip backends, servers and patterns that match nothing in the running HAProxy, instead of failing.
    type: bool
    default: false
  path:
    description:
      - The configuration file, which names the socket. If it names several, one of C(level admin) is used.
    type: path
    default: /etc/haproxy/haproxy.cfg
  socket:
    description:
      - The socket of HAProxy's runtime API, a path or host and port as HAProxy writes them, instead of the one in
        O(path). The master's socket works too.
    type: str
attributes:
  check_mode:
    support: full
    description:
      - Reads the running HAProxy and plans as in a real run. Does not wait, and cannot foresee which sessions would be
        shut down.
  diff_mode:
    support: full
    description: Shows state and weight of the chosen servers before and after.
  idempotent:
    support: full
    description: A second run sets nothing. It still waits if asked to.
seealso:
  - module: k8s_edge.ha.haproxy_rebalance
  - module: k8s_edge.ha.haproxy_backend
  - module: k8s_edge.ha.haproxy_info
"""

EXAMPLES = r"""
- name: Take an apiserver out for an upgrade, once its last session has ended
  k8s_edge.ha.haproxy_server:
    backend: kubeapi
    name: kube-1
    state: maint
    drain: true
    timeout: 600

- name: Bring it back, and go on when its checks say that it is up
  k8s_edge.ha.haproxy_server:
    backend: kubeapi
    name: kube-1
    state: ready
    weight: 100%
    wait: true
    timeout: 60

- name: Take a host out of every backend, and end in five minutes what does not end by itself
  k8s_edge.ha.haproxy_server:
    backend: "*"
    name: kube-2
    state: drain
    drain: true
    timeout: 300
    shutdown_sessions: true

- name: Send half as much to some servers
  k8s_edge.ha.haproxy_server:
    backend: [shop, shop-static]
    name: "shop-[12]"
    weight: 50%
"""

RETURN = r"""
servers:
  description:
    - The chosen servers at the end, or now in check mode. After a failed wait, as they were last seen.
    - Without a wait, see RV(diff) and RV(steps), and M(k8s_edge.ha.haproxy_info) for the sessions.
  returned: when O(drain=true) or O(wait=true)
  type: list
  elements: dict
  contains:
    backend:
      description: The backend.
      type: str
      returned: always
    name:
      description: The server.
      type: str
      returned: always
    state:
      description: The state that is set, V(ready), V(drain) or V(maint).
      type: str
      returned: always
    weight:
      description: The weight that is set.
      type: int
      returned: always
    sessions:
      description: How many sessions it has.
      type: int
      returned: always
    status:
      description: The state as HAProxy reports it.
      type: str
      returned: always
      sample: UP
  sample:
    - backend: kubeapi
      name: kube-1
      state: drain
      weight: 1
      sessions: 0
      status: DRAIN
diff:
  description: State and weight before and after.
  returned: always
  type: dict
  sample:
    before: "kubeapi/kube-1: ready, weight 1\n"
    after: "kubeapi/kube-1: drain, weight 1\n"
    before_header: /run/haproxy/admin.sock
    after_header: /run/haproxy/admin.sock
steps:
  description: What was done, or would be done in check mode, one line each. Empty if there is nothing to do.
  returned: always
  type: list
  elements: str
  sample:
    - "kubeapi/kube-1: ready -> drain"
impact:
  description: C(runtime) or C(none). Nothing here needs a reload.
  returned: always
  type: str
  sample: runtime
socket:
  description: The socket that was used.
  returned: always
  type: str
  sample: /run/haproxy/admin.sock
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.action import server_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(
        {
            "backend": {"type": "list", "elements": "str", "required": True},
            "name": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["ready", "drain", "maint"]},
            "weight": {"type": "str"},
            "drain": {"type": "bool", "default": False},
            "shutdown_sessions": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 300},
            "allow_last": {"type": "bool", "default": False},
            "allow_missing": {"type": "bool", "default": False},
            "path": {"type": "path", "default": "/etc/haproxy/haproxy.cfg"},
            "socket": {"type": "str"},
        },
        server_action,
    )


if __name__ == "__main__":
    main()
