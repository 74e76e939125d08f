# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that wait in the queue of a server that is to be taken out.

HAProxy 2.6 moves them to other servers where the backend has ``option redispatch``. From 3.0 on (seen with 3.0.11,
3.2.26 and 3.4.7) it sends all of them to that same server at once, beyond its maxconn, as soon as it goes to drain or
maint. With weight 0 no new connections come either, and the queue is still served in its turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server, server_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.wait import repeated_reads

#: The first version in which a queue floods its own server.
FLOODS = (3, 0)


def flooding(servers: Sequence[Server], state: str | None) -> list[str]:
    """The servers that ``state`` would flood with their own queue, in words."""
    return [
        f"{server.title}: {server.queued} connections wait in its queue. If the backend has option redispatch, "
        f"this HAProxy sends all of them to the server at once, above its maxconn, when it enters {state}. With drain: "
        "true they are served in turn first, at weight 0."
        for server in servers
        if server.queued and server.state == "ready" and state in ("drain", "maint")
    ]


@contextmanager
def emptied(runtime: Runtime, servers: Sequence[Server], timeout: float) -> Iterator[list[str]]:
    """Set the servers to weight 0 and wait until their queues are empty; yields what was done, in words. Afterwards
    they get their weight back, also where it takes longer than ``timeout`` seconds (EdgeError)."""
    waiting = [server for server in servers if server.queued and server.state == "ready"]
    if not waiting:
        yield []
        return
    runtime.change([f"set server {server.title} weight 0" for server in waiting])
    try:
        for last, now in repeated_reads(runtime, {server.title for server in waiting}, timeout):
            left = [server for server in now if server.queued]
            if not left:
                break
            if last:
                listed = ", ".join(f"{server.title} has {server.queued} connections" for server in left)
                raise EdgeError(
                    f"{listed} waiting in its queue after {timeout} s. They would all be sent to the server at once, "
                    "above its "
                    "maxconn. No server was changed. Run again with a longer timeout, or without drain: true if "
                    "that is meant.",
                    servers=[server_result(server) for server in left],
                )
        yield [f"{server.title}: {server.queued} waiting connections served at weight 0 first" for server in waiting]
    finally:
        runtime.change([f"set server {server.title} weight {server.weight}" for server in waiting])
