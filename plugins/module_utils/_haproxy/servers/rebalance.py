# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What haproxy_rebalance does: read sessions, close a few, read again, until each server has its share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime, RuntimeRefused
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.choice import chosen_backends, name_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance_course import (
    BALANCED,
    CLOSE,
    STUCK,
    Bounds,
    Course,
    Next,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance_share import (
    Session,
    pick,
    read_sessions,
    receiving_servers,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server, Servers, ask_servers
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: The shortest time between two reads, in seconds: each reads all sessions.
PAUSE = 0.5
_GONE = "No such session"
#: With these a client that reconnects reaches the same server: closing its session would have no effect.
_BOUND = ("source", "uri", "url_param", "hdr", "rdp-cookie", "hash", "first")
_BEST = "leastconn"


def rebalance_action(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's result."""
    refuse(_option_problems(params))
    address = params["socket"]
    if not address:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import socket_address

        address = socket_address(params["path"])
    pause = max(PAUSE, 1 / params["rate"])
    bounds = Bounds(params["tolerance"], params["min_age"], max(1, int(params["rate"] * pause)))
    end = time.monotonic() + params["timeout"]
    with Runtime(address) as runtime:
        current = ask_servers(runtime)
        names, problems = chosen_backends(current.servers, params["backend"])
        refuse([] if params["allow_missing"] else problems)
        courses = {name: Course(_of(current, name), bounds) for name in names}
        over = {name: course for name, course in courses.items() if course.look(course.now, ()).what != BALANCED}
        warnings = _expectations(current, over, address)
        if check_mode:
            planned, young = _predicted(runtime, over, bounds)
            return _result(courses, planned, address, warnings + young)
        for name, course in over.items():
            _rebalance(runtime, name, course, end, pause, courses, address)
        return _result(courses, _closed(courses), address, warnings)


def _of(current: Servers, backend: str) -> list[Server]:
    return [server for server in current.servers if server.backend == backend]


def _rebalance(
    runtime: Runtime, name: str, course: Course, end: float, pause: float, courses: dict[str, Course], address: str
) -> None:
    """Rebalance one backend. Raises EdgeError where that is not possible, or not in time."""
    while True:
        # After a reload the old process would still answer on a kept connection.
        runtime.close()
        try:
            step = course.look(_of(ask_servers(runtime), name), read_sessions(runtime.ask(["show sess"])[0]))
            if step.what == BALANCED:
                return
            if step.what == STUCK or time.monotonic() >= end:
                raise EdgeError(_why(name, course, step))
            if step.what == CLOSE:
                _close(runtime, course, step.sessions)
        except EdgeError as error:
            error.facts.update(_result(courses, _closed(courses), address, []))
            error.facts.pop("warnings")
            raise
        time.sleep(max(0.0, min(pause, end - time.monotonic())))


def _close(runtime: Runtime, course: Course, sessions: Sequence[Session]) -> None:
    """Shut sessions down. Sessions that have ended meanwhile are not counted."""
    commands = [f"shutdown session {session.number}" for session in sessions]
    replies = runtime.ask(commands)
    course.note([session for session, reply in zip(sessions, replies) if not reply])
    for command, reply in zip(commands, replies):
        if reply and not reply.startswith(_GONE):
            raise RuntimeRefused(runtime.address, command, reply)


def _predicted(runtime: Runtime, over: dict[str, Course], bounds: Bounds) -> tuple[dict[str, int], list[str]]:
    """Server -> how many of its sessions would be closed, and messages about sessions that are too young."""
    sessions = read_sessions(runtime.ask(["show sess"])[0]) if over else []
    planned: dict[str, int] = {}
    young = []
    for course in over.values():
        excess = course.excess()
        for session in pick(sessions, excess, sum(excess.values()), bounds.min_age):
            planned[session.title] = planned.get(session.title, 0) + 1
        for title, number in excess.items():
            if planned.get(title, 0) < number:
                held_back = number - planned.get(title, 0)
                young.append(
                    f"{title}: {held_back} more sessions are surplus, but younger than {bounds.min_age:g} s now."
                )
    return planned, young


def _expectations(current: Servers, over: dict[str, Course], address: str) -> list[str]:
    """What to expect where the algorithm does not choose the least loaded server. Raises EdgeError where it cannot
    work."""
    problems, warnings = [], []
    if over and current.level == "operator":
        reason = "is of level operator, which may not end sessions"
        remedy = "Give its line in haproxy.cfg 'level admin', or name another socket"
        problems.append(Problem("socket", address, reason, remedy))
    for name, course in over.items():
        algorithm = current.algorithms.get(name, "")
        if algorithm in _BOUND:
            reason = (
                f"has balance {algorithm}, which sends a client to the same server again: closing sessions has no "
                "effect"
            )
            problems.append(Problem("backend", name, reason, "Use balance leastconn, or leave this backend out"))
        elif algorithm != _BEST:
            able = len(receiving_servers(course.now))
            warnings.append(
                f"{name} has balance {algorithm or 'of an unknown kind'}, not leastconn: a client "
                f"that reconnects may get any of {able} servers, even the fullest, so one run may not be enough."
            )
    refuse(problems)
    return warnings


def _why(name: str, course: Course, step: Next) -> str:
    share = course.share
    held = ", ".join(
        f"{server.name} has {server.sessions} of {share[server.title]:.0f}" for server in receiving_servers(course.now)
    )
    reason = step.reason or "time is up"
    return f"{name} is not balanced ({held}): {reason}. {course.closed_total} sessions were closed."


def _closed(courses: dict[str, Course]) -> dict[str, int]:
    return {title: number for course in courses.values() for title, number in course.closed.items() if number}


def _result(
    courses: dict[str, Course], closed: dict[str, int], address: str, warnings: Sequence[str]
) -> dict[str, Any]:
    servers = []
    for course in courses.values():
        share = course.share
        servers += [
            {
                "backend": server.backend,
                "name": server.name,
                "share": round(share.get(server.title, 0.0), 1),
                "before": course.before[server.title],
                "after": server.sessions,
                "closed": closed.get(server.title, 0),
                "status": server.status,
            }
            for server in course.now
        ]
    held = {title: number for course in courses.values() for title, number in course.before.items()}
    return {
        "changed": bool(closed),
        "steps": [f"{title}: {number} of {held[title]} sessions closed" for title, number in closed.items()],
        "impact": "runtime" if closed else "none",
        "closed": sum(closed.values()),
        "servers": servers,
        "socket": address,
        "warnings": list(warnings),
    }


def _option_problems(params: dict[str, Any]) -> list[Problem]:
    problems = name_problems("backend", params["backend"])
    if not 0 < params["rate"] <= 1000:
        problems.append(Problem("rate", params["rate"], "is not above 0 and at most 1000", "Give sessions per second"))
    if not 0 <= params["tolerance"] <= 100:
        problems.append(Problem("tolerance", params["tolerance"], "is not a percentage", "Give 0 to 100"))
    problems += [
        Problem(option, params[option], "is negative", "Give seconds, from 0 on")
        for option in ("timeout", "min_age")
        if params[option] < 0
    ]
    return problems
