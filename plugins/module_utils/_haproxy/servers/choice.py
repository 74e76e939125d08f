# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers a task means: names and patterns, matched against what the running HAProxy has.

Only HAProxy's own names are sent to it, never the user's text, so no value can become a command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server

#: What HAProxy accepts in the name of a proxy or server, and what makes a name a pattern.
_NAME = re.compile(r"[A-Za-z0-9_.:-]")
_PATTERN = "*?[]!"


def name_problems(option: str, texts: Sequence[str]) -> list[Problem]:
    """Problems of texts that can be neither names nor patterns; found without HAProxy."""
    problems = []
    remedy = "Use letters, digits, _ . : and -, and * ? [ ] for a pattern"
    if not texts:
        problems.append(Problem(option, None, "is empty", remedy))
    for text, place in zip(texts, places(option, texts)):
        strange = [mark for mark in text if mark not in _PATTERN and not _NAME.match(mark)]
        if not text:
            problems.append(Problem(place, text, "is empty", remedy))
        elif strange:
            problems.append(
                Problem(place, text, f"contains {strange[0]!a}, which HAProxy does not allow in names", remedy)
            )
    return problems


def places(option: str, texts: Sequence[str]) -> list[str]:
    """How messages name each of some values: a single one may be written without a list."""
    return [option] if len(texts) == 1 else [f"{option}[{index}]" for index in range(len(texts))]


def chosen_backends(servers: Sequence[Server], patterns: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The backends that patterns match, in HAProxy's order, and a problem for each pattern that matches none."""
    known = list(dict.fromkeys(server.backend for server in servers))
    problems = [
        Problem(place, pattern, "is not a backend with servers in the running HAProxy", _there_is(known))
        for pattern, place in zip(patterns, places("backend", patterns))
        if not any(fnmatchcase(name, pattern) for name in known)
    ]
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)], problems


def chosen_servers(
    servers: Sequence[Server], backends: Sequence[str], names: Sequence[str]
) -> tuple[list[Server], list[Problem]]:
    """The servers that a task means, in HAProxy's order. Problems: a pattern that matches nothing, a backend that does
    not exist, a name in none of the backends, a backend named in full that has none of the names."""
    within, problems = chosen_backends(servers, backends)
    candidates = [server for server in servers if server.backend in within]
    chosen = [server for server in candidates if any(fnmatchcase(server.name, name) for name in names)]
    if problems:
        return chosen, problems
    met = {server.backend for server in chosen}
    for name, place in zip(names, places("name", names)):
        if not any(fnmatchcase(server.name, name) for server in chosen):
            there = _there_is([server.name for server in candidates])
            problems.append(Problem(place, name, f"is not a server of {', '.join(within)}", there))
    for backend, place in zip(backends, places("backend", backends)):
        if backend in within and backend not in met and not problems:
            there = _there_is([server.name for server in candidates if server.backend == backend])
            problems.append(Problem(place, backend, f"has no server {' or '.join(names)}", there))
    return chosen, problems


def _there_is(names: Sequence[str]) -> str:
    known = list(dict.fromkeys(names))
    if not known:
        return "There is none at all"
    more = "" if len(known) <= 12 else f" and {len(known) - 12} more"
    return f"There is {', '.join(known[:12])}{more}"
