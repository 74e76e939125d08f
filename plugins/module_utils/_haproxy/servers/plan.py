# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that give servers a state and a weight, and changes that must not be made. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import (
    FORCED_DRAIN,
    FORCED_MAINT,
    INHERITED_DRAIN,
    INHERITED_MAINT,
    UNRESOLVED,
    Server,
    Servers,
)

HEAVIEST = 256
_WEIGHT = re.compile(r"([0-9]{1,6})(%?)", re.ASCII)
_FLAGS = {"ready": 0, "drain": FORCED_DRAIN, "maint": FORCED_MAINT}
_INHERITED = {"ready": 0, "drain": INHERITED_DRAIN, "maint": INHERITED_MAINT}
#: With these, HAProxy accepts no weight but 0 and the file's ("set weight" in its management manual).
_STATIC = ("static-rr",)


class Desired(NamedTuple):
    """The desired state of the chosen servers; None is not managed. ``weight`` as HAProxy accepts it, ``80`` or
    ``50%``."""

    state: str | None
    weight: str | None

    @property
    def words(self) -> str:
        parts = [self.state] if self.state is not None else []
        return ", ".join([*parts, f"weight {self.weight}"] if self.weight is not None else parts)


class ServerChange(NamedTuple):
    """A server as it is, and its desired state and weight."""

    server: Server
    state: str
    weight: int

    @property
    def summary(self) -> str:
        parts = []
        if self.state != self.server.state:
            parts.append(f"{self.server.state} -> {self.state}")
        if self.weight != self.server.weight:
            parts.append(f"weight {self.server.weight} -> {self.weight}")
        return f"{self.server.title}: {', '.join(parts)}"

    @property
    def commands(self) -> list[str]:
        """The commands, weight first, so that a server becomes ready with its new weight."""
        return self._to(self.weight, self.state)

    @property
    def revert(self) -> list[str]:
        return self._to(self.server.weight, self.server.state)[::-1]

    def _to(self, weight: int, state: str) -> list[str]:
        commands = []
        if self.weight != self.server.weight:
            commands.append(f"set server {self.server.title} weight {weight}")
        if self.state != self.server.state:
            commands.append(f"set server {self.server.title} state {state}")
        return commands


def weight_problem(weight: str) -> Problem | None:
    """The problem of a text that is not a weight at all, or None."""
    remedy = f"Give 0 to {HEAVIEST}, or a percentage of the weight in the file such as 50%"
    found = _WEIGHT.fullmatch(weight)
    if found is None:
        return Problem("weight", weight, "is not a weight", remedy)
    if not found[2] and int(found[1]) > HEAVIEST:
        return Problem("weight", weight, "is more than HAProxy accepts", remedy)
    return None


def changes(current: Servers, chosen: Sequence[Server], desired: Desired) -> tuple[list[ServerChange], list[Problem]]:
    """The changes of the chosen servers, and problems of weights that cannot be set."""
    found, problems = [], []
    for server in chosen:
        weight = server.weight
        if desired.weight is not None:
            weight, problem = _weight(server, desired.weight, current.algorithms.get(server.backend, ""))
            if problem is not None:
                problems.append(problem)
        change = ServerChange(server, desired.state or server.state, weight)
        if change.commands:
            found.append(change)
    return found, problems


def _weight(server: Server, text: str, algorithm: str) -> tuple[int, Problem | None]:
    """A weight as the number that HAProxy will use; it rounds percentages down."""
    number = int(text.rstrip("%"))
    weight = server.usual_weight * number // 100 if text.endswith("%") else number
    of = f"of {server.title}'s weight in the file, {server.usual_weight},"
    if weight > HEAVIEST:
        reason = f"{of} is {weight}, which HAProxy limits to {HEAVIEST}"
        return weight, Problem("weight", text, reason, "Give a smaller percentage")
    if number and not weight and server.usual_weight:
        reason = f"{of} is less than 1, which HAProxy rounds to 0: the server would get no new connections"
        return weight, Problem("weight", text, reason, "Give 0 if that is meant, or greater weights in the file")
    if algorithm in _STATIC and weight not in (0, server.usual_weight) and weight != server.weight:
        reason = f"cannot be given to {server.title} while HAProxy runs: its backend has balance {algorithm}"
        return weight, Problem("weight", text, reason, "Give 0 or 100%, or change the file and reload")
    return weight, None


def emptied(before: Sequence[Server], after: Sequence[Server]) -> list[str]:
    """Backends where some server accepted new connections before and none does after the change, each with those
    servers."""
    left = {server.backend for server in after if server.serves}
    lost: dict[str, list[str]] = {}
    for server in before:
        if server.serves and server.backend not in left:
            lost.setdefault(server.backend, []).append(server.name)
    return [f"{backend} ({', '.join(names)})" for backend, names in lost.items()]


def predicted(servers: Sequence[Server], made: Sequence[ServerChange]) -> list[Server]:
    """The servers as they will be: with the changes, and with what servers that track them inherit (``track``)."""
    by_title = {change.server.title: change for change in made}
    leads = {server.title: server.follows for server in servers}
    after = []
    for server in servers:
        own = by_title.get(server.title)
        if own is not None:
            admin = server.admin & ~(FORCED_DRAIN | FORCED_MAINT) | _FLAGS[own.state]
            server = server._replace(admin=admin, weight=own.weight)
        for change in (by_title[title] for title in _leaders(leads, server.title) if title in by_title):
            server = server._replace(admin=server.admin | _INHERITED[change.state])
        after.append(server)
    return after


def _leaders(leads: dict[str, str], title: str) -> list[str]:
    """The servers that a server tracks, directly or through others, nearest first; HAProxy refuses circles."""
    found: list[str] = []
    while leads.get(title):
        title = leads[title]
        found.append(title)
    return found


def reservations(chosen: Sequence[Server], desired: Desired) -> list[str]:
    """Warnings about servers that are set to ready and still get no connections."""
    if desired.state != "ready":
        return []
    notes = []
    for server in chosen:
        if server.admin & (INHERITED_MAINT | INHERITED_DRAIN):
            notes.append(
                f"{server.title} follows {server.follows} (track) and is out of service as long as that server is."
            )
        elif server.admin & UNRESOLVED:
            notes.append(f"{server.title} is out of service because its name has no address.")
        elif server.agent and server.state != "ready":
            notes.append(f"{server.title} has an agent (agent-check), which may keep it in {server.state}.")
    return notes
