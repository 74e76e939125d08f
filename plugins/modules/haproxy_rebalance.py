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
  - Clients of an apiserver keep their connection for days. When one apiserver restarts its clients go to the others
    and stay there, and the load stays skewed. This closes what is too many, a few sessions at a time, so that those
    clients come back to where there is room.
  - A server's share of a backend's sessions goes by its weight, and is at most its C(maxconn). Servers that are down,
    drained, in maintenance or of weight 0 have no share, and nothing of theirs is closed; backup servers count only
    where no other is left. A server in C(slowstart) has the share of its present weight, and is waited for until it
    has its whole one.
  - Of no server are closed more sessions than it has too many at the beginning, nor so many that it would have less
    than its share. What was closed is expected back; what comes back to the same server is not closed again.
  - Fails, and stops, where clients come back to where they were (C(stick), cookies), where they do not come back, or
    where the time is up.
  - With C(balance leastconn) a client that comes back gets the server with the fewest connections for its weight, and
    the shares come out. With C(roundrobin), C(static-rr) or C(random) it gets any server, so a run may end with less
    than it should; a warning says so. With C(first), C(source) and other hashes it would get the same server again,
    and the module refuses.
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
      - How far from its share each server may be, in percent. One session more or less through rounding is always
        fine.
    type: float
    default: 10
  rate:
    description:
      - How many sessions to close in a second, at most.
    type: float
    default: 5
  min_age:
    description:
      - Sessions younger than this many seconds are left alone. What is younger than that and too many is waited for.
      - The age is as exact as HAProxy tells it, so that a session of hours may be older than it is taken for, never
        younger.
    type: int
    default: 60
  timeout:
    description:
      - How long the whole may take, in seconds.
    type: int
    default: 300
  allow_missing:
    description:
      - Do nothing, instead of failing, about a backend that the running HAProxy does not have.
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
    description: Says how many sessions of which server would be closed if all clients came back to where there is room.
  diff_mode:
    support: none
    description: RV(servers) has before and after.
  idempotent:
    support: full
    description: Where every server has its share nothing is closed.
seealso:
  - module: k8s_edge.ha.haproxy_server
  - module: k8s_edge.ha.haproxy_info
notes:
  - In C(mode http) a session is a request that is under way, which this ends. It is meant for C(mode tcp) and what
    lives as long, such as WebSockets.
  - Sessions in an older process that a reload left behind are not seen.
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
      description: How many sessions it should have; 0 for one that takes no connections.
      type: float
      returned: always
    before:
      description: How many it had.
      type: int
      returned: always
    after:
      description: How many it has in the end; in check mode, now.
      type: int
      returned: always
    closed:
      description: How many of its sessions were closed, or in check mode would be.
      type: int
      returned: always
    status:
      description: HAProxy's own word for its state.
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
  description: How many sessions were closed, or in check mode would be.
  returned: always
  type: int
  sample: 40
steps:
  description: What was done, or in check mode would be, a line each. Empty where nothing is to do.
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
