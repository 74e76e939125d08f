# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers with an agent check: the agent sets state and weight again with every check.

HAProxy does not report what set a server's state (``DRAIN (agent)`` only says that there is an agent). The only way to
know whether an agent agrees is to wait for its next report.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server, server_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import microseconds
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import proxies

#: HAProxy's default interval between two checks, and the longest interval that is waited for, in seconds.
USUAL, LONGEST = 2.0, 30.0
#: What a check takes in addition to its interval, in seconds.
_CHECK = 0.5


def agents_turn(path: str, servers: Sequence[Server]) -> float:
    """How long it takes until the agents of some servers have reported, in seconds: by the configuration file, or by
    HAProxy's default interval where the file sets none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            known = proxies(parse(file.read()), {server.backend for server in servers})
    except OSError:
        known = {}
    longest = 0.0
    for server in servers:
        line = known[server.backend].servers.get(server.name) if server.backend in known else None
        options = line.options if line is not None else {}
        interval = options.get("agent_inter") or options.get("inter") or ("",)
        time = microseconds(interval[0])
        longest = max(longest, USUAL if isinstance(time, str) else time / 1e6)
    return min(longest, LONGEST) + _CHECK


def held(servers: Sequence[Server], desired: str) -> EdgeError:
    """The error that servers are not as they were set."""
    listed = ", ".join(
        f"{server.title} ({server.state}, weight {server.weight}, {server.status})" for server in servers
    )
    return EdgeError(
        f"{listed}: HAProxy applied the command ({desired}), and the server's agent (agent-check) reverted it. Make "
        "the agent "
        "report that state (it answers ready, drain, maint, up, down or a weight), or stop its check by 'disable "
        "agent' on "
        "HAProxy's socket.",
        servers=[server_result(server) for server in servers],
    )
