#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spreads long-lived sessions over a backend's servers again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_rebalance
short_description: Rebalance long-lived sessions over the servers of a backend
version_added: 0.1.0
description:
  - Clients of an apiserver keep their connection for days. When one apiserver restarts, its clients move to the others
    and stay there, so the load stays uneven. This module closes surplus sessions, a few at a time, so that clients
    reconnect to a server with room.
  - A server's share of a backend's sessions follows its weight, up to its C(maxconn). Servers that are down, drained,
    in maintenance or of weight 0 have no share and keep their sessions. Backup servers count only if no other server is
    left. The share of a server in C(slowstart) follows its current weight; the module waits until it has its full
    weight.
  - Never closes more sessions of a server than its surplus at the beginning, nor so many that it drops below its share.
    Sessions that reconnect to the same server are not closed again.
  - Stops and fails if clients return to the same server (C(stick), cookies), if they do not return, or if the time is
    up.
  - With C(balance leastconn) a client that reconnects gets the server with the fewest connections for its weight, so
    the shares are reached. With C(roundrobin), C(static-rr) or C(random) it gets any server, so the result may stay
    uneven; a warning says so. With C(first), C(source) and other hashes it would get the same server again, so the
    module refuses.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  backend:
    description:
      - One or several backends (or listens), by name or pattern such as C(kube*). V(*) means all.
    type: list
    elements: str
    required: true
  tolerance:
    description:
      - How far each server may be from its share, in percent. A difference of one session is always accepted.
    type: float
    default: 10
  rate:
    description:
      - The most sessions to close per second.
    type: float
    default: 5
  min_age:
    description:
      - Leave sessions alone that are younger than this many seconds. The module waits until surplus sessions are old
        enough.
      - HAProxy reports ages roughly. A session of several hours may be older than reported, never younger.
    type: int
    default: 60
  timeout:
    description:
      - How long the whole run may take, in seconds.
    type: int
    default: 300
  allow_missing:
    description:
      - Skip a backend that the running HAProxy does not have, instead of failing.
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
    description: Reports how many sessions of each server would be closed if all clients reconnected to servers with
      room.
  diff_mode:
    support: none
    description: RV(servers) has the numbers before and after.
  idempotent:
    support: full
    description: Closes nothing if every server has its share.
seealso:
  - module: k8s_edge.ha.haproxy_server
  - module: k8s_edge.ha.haproxy_info
notes:
  - In C(mode http) a session is a request in progress, and closing it ends that request. Use this module for C(mode
    tcp) and for sessions that live as long, such as WebSockets.
  - Does not see sessions of an older process that a reload left behind.
"""

EXAMPLES = r"""
- name: Bring the apiservers' connections back into balance
  k8s_edge.ha.haproxy_rebalance:
    backend: kubeapi

- name: Take it slowly, and leave alone what is not ten minutes old
  k8s_edge.ha.haproxy_rebalance:
    backend: [kubeapi, shop]
    rate: 0.5
    min_age: 600
    tolerance: 20
    timeout: 1800
"""

RETURN = r"""
servers:
  description: Every server of the chosen backends.
  returned: always
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
    share:
      description: How many sessions it should have; 0 for a server that takes no connections.
      type: float
      returned: always
    before:
      description: How many it had.
      type: int
      returned: always
    after:
      description: How many it has at the end, or now in check mode.
      type: int
      returned: always
    closed:
      description: How many of its sessions were closed, or would be closed in check mode.
      type: int
      returned: always
    status:
      description: The state as HAProxy reports it.
      type: str
      returned: always
  sample:
    - backend: kubeapi
      name: kube-1
      share: 20.0
      before: 60
      after: 20
      closed: 40
      status: UP
closed:
  description: How many sessions were closed, or would be closed in check mode.
  returned: always
  type: int
  sample: 40
steps:
  description: What was done, or would be done in check mode, one line each. Empty if there is nothing to do.
  returned: always
  type: list
  elements: str
  sample:
    - "kubeapi/kube-1: 40 of 60 sessions closed"
impact:
  description: C(runtime) or C(none).
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

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance import rebalance_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(
        {
            "backend": {"type": "list", "elements": "str", "required": True},
            "tolerance": {"type": "float", "default": 10},
            "rate": {"type": "float", "default": 5},
            "min_age": {"type": "int", "default": 60},
            "timeout": {"type": "int", "default": 300},
            "allow_missing": {"type": "bool", "default": False},
            "path": {"type": "path", "default": "/etc/haproxy/haproxy.cfg"},
            "socket": {"type": "str"},
        },
        rebalance_action,
    )


if __name__ == "__main__":
    main()
