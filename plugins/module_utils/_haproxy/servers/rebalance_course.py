# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of rebalancing one backend: from the observed sessions to the next action. Pure.

Bounds: of each server at most its surplus sessions are closed (counted at the beginning, and again when another server
comes up), and none that would bring it below its share. A closed session is expected back and counts as one meanwhile,
so a client that is slow to reconnect does not reduce the share of all servers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance_share import (
    Session,
    pick,
    receiving_servers,
    shares,
    skewed,
    surplus,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server

#: After the last closing, how many reads clients are given to reconnect before the effect is judged.
PATIENCE = 6
#: With fewer closed sessions than this, nothing is said about where clients reconnect.
FEW = 3

BALANCED, CLOSE, WAIT, STUCK = "balanced", "close", "wait", "stuck"


class Bounds(NamedTuple):
    """``tolerance`` in percent of a share, ``min_age`` in seconds, ``batch`` the most sessions to close at once."""

    tolerance: float
    min_age: float
    batch: int


class Next(NamedTuple):
    """The next action: ``what`` is one of the words above; ``reason`` says why not more is done."""

    what: str
    sessions: Sequence[Session] = ()
    reason: str = ""


class Course:
    """One backend from the first read on. ``before`` is how many sessions each server had at first, ``closed`` how many
    of them were closed, ``now`` the backend's servers at the last read."""

    def __init__(self, servers: Sequence[Server], bounds: Bounds) -> None:
        self.bounds = bounds
        self.before: dict[str, int] = {}
        self.closed: dict[str, int] = {}
        self.now: Sequence[Server] = ()
        self.quiet = 0
        self._see(servers)
        self.total = self._here

    def _see(self, servers: Sequence[Server]) -> None:
        self.now = servers
        for server in servers:
            self.before.setdefault(server.title, server.sessions)
            self.closed.setdefault(server.title, 0)

    @property
    def closed_total(self) -> int:
        return sum(self.closed.values())

    @property
    def share(self) -> dict[str, float]:
        """How many sessions each server that accepts connections should have once all clients are back."""
        return shares(self._here + self.missing, receiving_servers(self.now))

    @property
    def _here(self) -> int:
        return sum(server.sessions for server in receiving_servers(self.now))

    @property
    def missing(self) -> int:
        """How many of the closed sessions are not back."""
        return min(self.closed_total, max(0, self.total - self._here))

    @property
    def _still_missing(self) -> str:
        return f"{self.missing} of the closed clients have not reconnected"

    def excess(self) -> dict[str, int]:
        """Server -> how many of its sessions may still be closed."""
        share = self.share
        over = self._surplus(share)
        own = surplus(self.before, share)
        left = {title: min(number, own.get(title, 0) - self.closed[title]) for title, number in over.items()}
        return {title: number for title, number in left.items() if number > 0}

    def _surplus(self, share: dict[str, float]) -> dict[str, int]:
        return surplus({server.title: server.sessions for server in self.now}, share)

    def look(self, servers: Sequence[Server], sessions: Sequence[Session]) -> Next:
        """The next action for the servers and sessions just read."""
        self._see(servers)
        self.quiet += 1
        able = receiving_servers(servers)
        if not skewed(able, self.bounds.tolerance) or not self._surplus(shares(self._here, able)):
            # During slowstart a server's weight is lower than later: would it be balanced then, too?
            warm = [server._replace(effective_weight=server.weight) for server in able]
            if warm != able and skewed(warm, self.bounds.tolerance):
                return Next(WAIT, (), "a server is in slowstart")
            if self.missing and self.quiet < PATIENCE:
                return Next(WAIT, (), self._still_missing)
            return Next(BALANCED)
        if self._comes_back():
            return Next(STUCK, (), "the clients reconnected to the servers that they were on")
        over = self.excess()
        if not over:
            return self._exhausted(able)
        chosen = pick(sessions, over, self.bounds.batch, self.bounds.min_age)
        if chosen:
            return Next(CLOSE, chosen)
        return Next(WAIT, (), f"the surplus sessions are younger than {self.bounds.min_age:g} s")

    def note(self, closed: Sequence[Session]) -> None:
        """Record sessions that were closed."""
        for session in closed:
            self.closed[session.title] += 1
        if closed:
            self.quiet = 0

    def _exhausted(self, able: Sequence[Server]) -> Next:
        if self.missing:
            return Next(WAIT, (), self._still_missing)
        if self.quiet < PATIENCE or any(server.warming for server in able):
            return Next(WAIT, (), "connections still move")
        return Next(STUCK, (), "the clients did not reconnect to servers with free capacity")

    def _comes_back(self) -> bool:
        """Whether most of the closed sessions are back on the same server, after some time to observe it."""
        donors = [server for server in self.now if self.closed[server.title]]
        regained = sum(
            max(0, server.sessions - (self.before[server.title] - self.closed[server.title])) for server in donors
        )
        seen = self.closed_total - self.missing
        return self.closed_total >= max(FEW, self.bounds.batch) and seen >= FEW and regained > math.floor(seen * 3 / 4)
