# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many sessions each server of a backend should have, and which servers have too many. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server

_SESSION = re.compile(r"(0x[0-9a-f]+):.* be=(\S+) srv=(\S+) .*age=(\S+)")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Session(NamedTuple):
    """A line of ``show sess``. ``title`` is the server's ``backend/name``. ``age`` is in seconds, as exact as HAProxy
    reports it: two units, so ``1d2h`` may be up to an hour more."""

    number: str
    title: str
    age: int


def read_sessions(reply: str) -> list[Session]:
    """The sessions of ``show sess`` that have a server. Raises EdgeError for any other text."""
    if reply and not reply.startswith("0x"):
        raise EdgeError(f"HAProxy answered show sess with: {reply.splitlines()[0]}")
    found = (_SESSION.match(line) for line in reply.splitlines())
    return [
        Session(each[1], f"{each[2]}/{each[3]}", _seconds(each[4])) for each in found if each and each[3] != "<none>"
    ]


def _seconds(text: str) -> int:
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))


def receiving_servers(servers: Sequence[Server]) -> list[Server]:
    """The servers that get a backend's new connections: backup servers only where no other is left."""
    able = [server for server in servers if server.serves]
    return [server for server in able if not server.backup] or able


def shares(total: int, servers: Sequence[Server]) -> dict[str, float]:
    """Sessions by weight, limited by each server's maxconn: the rest is shared among the others."""
    share: dict[str, float] = {}
    left, open_ones = float(total), list(servers)
    while open_ones:
        weight = sum(server.effective_weight for server in open_ones)
        each = {server.title: left * server.effective_weight / weight if weight else 0.0 for server in open_ones}
        full = [server for server in open_ones if server.limit and each[server.title] > server.limit]
        if not full:
            return {**share, **each}
        share.update((server.title, float(server.limit)) for server in full)
        left -= sum(server.limit for server in full)
        open_ones = [server for server in open_ones if server not in full]
    return share


def skewed(servers: Sequence[Server], tolerance: float) -> list[Server]:
    """The servers whose sessions differ from their share by more than ``tolerance`` percent of it, and by more than one
    session."""
    share = shares(sum(server.sessions for server in servers), servers)
    return [server for server in servers if _distance(server.sessions, share[server.title], tolerance) > 0]


def _distance(sessions: int, share: float, tolerance: float) -> float:
    slack = share * tolerance / 100
    return max(sessions - max(math.ceil(share), share + slack), min(math.floor(share), share - slack) - sessions)


def surplus(held: Mapping[str, int], share: Mapping[str, float]) -> dict[str, int]:
    """How many sessions each server has above its share, rounded up; only servers that have any."""
    over = {title: held[title] - math.ceil(share[title]) for title in share if title in held}
    return {title: number for title, number in over.items() if number > 0}


def pick(sessions: Sequence[Session], over: Mapping[str, int], most: int, min_age: float) -> list[Session]:
    """At most ``most`` sessions to close: the oldest of each server, always from the server with the largest remaining
    surplus. None is younger than ``min_age`` seconds, and no server loses more than its surplus."""
    by_age = sorted((session for session in sessions if session.age >= min_age), key=lambda session: -session.age)
    queues = {
        title: [session for session in by_age if session.title == title][:number] for title, number in over.items()
    }
    left = dict(over)
    picked: list[Session] = []
    while len(picked) < most and any(queues.values()):
        title = max((title for title in queues if queues[title]), key=lambda title: left[title])
        picked.append(queues[title].pop(0))
        left[title] -= 1
    return picked
