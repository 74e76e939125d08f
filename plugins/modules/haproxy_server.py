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
  - Sets the state and the weight of servers in the running HAProxy, all of them over one connection, and reads back
    what was set. Where HAProxy refuses one, what had been changed with it is set back.
  - Writes no file. What is set here lasts until HAProxy is reloaded or restarted, or until
    M(k8s_edge.ha.haproxy_backend) or M(k8s_edge.ha.haproxy_config) brings the process to what the file says. What is
    to last belongs into the file.
  - Refuses to remove the last server that a backend has for new connections.
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
      - They may be in one or in several of the backends. A backend that is named in full needs to have at least one.
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(drain) a server gets no new connections but those of clients that are bound to it (cookie, stick table);
        with V(maint) none at all, and it is not checked. Sessions that are there go on in both, unless the server has
        C(on-marked-down shutdown-sessions).
      - A server with an agent (C(agent-check)) is watched until the agent has spoken, at most 30 seconds. Where it
        takes back what was set, state or weight, the module fails and says so.
      - Not given, it is not managed.
    type: str
    choices: [ready, drain, maint]
  weight:
    description:
      - V(0) to V(256), or a percentage of the weight in the file, such as V(50%), which HAProxy rounds down.
      - With C(balance static-rr), or a C(hash-type map-based), HAProxy takes nothing but V(0) and V(100%) while it
        runs.
      - Not given, it is not managed.
    type: str
  drain:
    description:
      - With O(state=drain) or O(state=maint), wait until the servers have no sessions left, for at most O(timeout).
        With O(state=maint) they are drained first and taken out when the last session has ended.
      - HAProxy from 3.0 on, with C(option redispatch), sends all connections that wait in a server's queue to that very
        server at once, over its maxconn, when it goes to drain or maint. With O(drain=true) the queue is served in its
        turn first, at weight 0, for at most O(timeout); without, a warning tells of it.
      - When the time is up the module fails and says what is left on which server. The servers stay drained, as that
        is what was asked for, and nothing new goes to them.
      - Sessions in an older process that a reload left behind are not seen.
    type: bool
    default: false
  shutdown_sessions:
    description:
      - With O(drain=true), shut down the sessions that are left when O(timeout) is over, instead of failing.
    type: bool
    default: false
  wait:
    description:
      - Wait until the servers are up by their health checks, for at most O(timeout), and fail where they are not. A
        server without checks counts as up.
      - A server that leaves maintenance starts as up, one failed check away from down. This waits for as many checks
        as say for sure, which with C(fall 1) is one, or none if the server was checked before its maintenance.
    type: bool
    default: false
  timeout:
    description:
      - How long O(drain) and O(wait) wait, in seconds. With V(0) they look once.
    type: int
    default: 300
  allow_last:
    description:
      - Take out the last server of a backend too.
    type: bool
    default: false
  allow_missing:
    description:
      - Do nothing, instead of failing, about a backend, a server or a pattern that the running HAProxy has nothing
        for.
    type: bool
    default: false
  path:
    description:
      - The configuration file, which says where the socket is. Of several sockets one of C(level admin) is taken.
    type: path
    default: /etc/haproxy/haproxy.cfg
  socket:
    description:
      - The socket of HAProxy's runtime API as HAProxy writes it, a path or host and port, instead of the one in
        O(path). The master's socket will do too.
    type: str
attributes:
  check_mode:
    support: full
    description:
      - Reads the running HAProxy and plans as in a real run. Does not wait, and cannot know which sessions would have
        to be shut down.
  diff_mode:
    support: full
    description: Shows state and weight of the chosen servers before and after.
  idempotent:
    support: full
    description: A second run finds nothing to set. It waits again where it is told to.
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
    - The chosen servers as they are in the end, or in check mode now; in a failure to wait, as they were last.
    - Where nothing is waited for, RV(diff) and RV(steps) say it all, and M(k8s_edge.ha.haproxy_info) who is busy.
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
      description: HAProxy's own word for it.
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
  description: What was done, or in check mode would be, a line each. Empty where nothing is to do.
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
