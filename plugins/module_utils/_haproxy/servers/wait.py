# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for sessions to end and for health checks to pass."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import (
    Server,
    ask_servers,
    server_result,
)

#: How long sessions that were shut down may take to disappear, in seconds.
SHUT_DOWN_LIMIT = 5.0


def wait_for_sessions(runtime: Runtime, titles: set[str], timeout: float, shut_down: bool) -> list[str]:
    """Wait until no server has a session, queued ones included. Sessions left after ``timeout`` seconds are an error
    that names each server (EdgeError), or are shut down: then the steps are returned."""
    left = _until_idle(runtime, titles, timeout)
    if not left:
        return []
    if shut_down:
        runtime.change([f"shutdown sessions server {server.title}" for server in left])
        stuck = _until_idle(runtime, titles, SHUT_DOWN_LIMIT)
        if not stuck:
            return [f"{server.title}: {_sessions(server)} shut down" for server in left]
        raise _unfinished(stuck, "were shut down, and still exist")
    raise _unfinished(
        left,
        f"did not end within {timeout} s. The servers stay drained: they get no new sessions. Run again to wait "
        "longer, "
        "set shutdown_sessions: true to end the sessions, or state: ready to use the servers again",
    )


def wait_for_health(runtime: Runtime, titles: set[str], timeout: float) -> list[Server]:
    """Wait until every server is up by its checks; a server without checks counts as up. Returns the servers."""
    for last, servers in repeated_reads(runtime, titles, timeout):
        ill = [server for server in servers if not server.healthy]
        if not ill:
            return servers
        if last:
            listed = ", ".join(f"{server.title} is {server.status}{_by_agent(server)}" for server in ill)
            raise EdgeError(
                f"not up after {timeout} s: {listed}.", servers=[server_result(server) for server in servers]
            )
    raise AssertionError("there is a last look")


def _by_agent(server: Server) -> str:
    return f", held in {server.state} by its agent (agent-check)" if server.agent and server.state != "ready" else ""


def _until_idle(runtime: Runtime, titles: set[str], timeout: float) -> list[Server]:
    """The servers that still have sessions at the end."""
    busy: list[Server] = []
    for _last, servers in repeated_reads(runtime, titles, timeout):
        taken = [server.title for server in servers if server.state == "ready"]
        if taken:
            raise EdgeError(
                f"{', '.join(taken)}: ready again while being drained. A reload, an agent or somebody else did that."
            )
        busy = [server for server in servers if server.sessions or server.queued]
        if not busy:
            break
    return busy


def repeated_reads(runtime: Runtime, titles: set[str], timeout: float) -> Iterator[tuple[bool, list[Server]]]:
    """Read the servers repeatedly, with a flag for the last time: first at once, last when the timeout is over.

    Each read opens a new connection: after a reload the old process would still answer on a kept one, with its old view
    of the servers, while the new process already sends them clients.
    """
    end = time.monotonic() + timeout
    pause = 0.1
    while True:
        last = time.monotonic() >= end
        runtime.close()
        yield last, ask_servers(runtime).named(titles)
        if last:
            return
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(2 * pause, 1.0)


def _unfinished(left: list[Server], what: str) -> EdgeError:
    listed = ", ".join(f"{server.title} has {_sessions(server)}" for server in left)
    return EdgeError(f"{listed}, which {what}.", servers=[server_result(server) for server in left])


def _sessions(server: Server) -> str:
    number = server.sessions + server.queued
    return f"{number} session{'' if number == 1 else 's'}"
