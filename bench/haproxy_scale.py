#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to parse, edit and render a haproxy.cfg of 10,000 servers.

    python3 bench/haproxy_scale.py

Needs ansible-core importable and the checkout at .../ansible_collections/k8s_edge/ha (or ANSIBLE_COLLECTIONS_PATH set
to where it is). Limits: 200 ms of CPU, and growth in line with size. Best of five, so that a busy machine does not
count. Measured both ways: another server for one of a hundred backends, and one backend that lists all its servers,
of which one changes and one is new.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Callable

LIMIT = 0.2
#: Twice the size may cost this much more than twice as much.
TOLERANCE = 1.5
SERVERS = 10_000


def server(number: int) -> dict[str, Any]:
    high, low = divmod(number, 250)
    return {
        "name": f"s{number}",
        "address": f"10.0.{high}.{low}",
        "port": 8080,
        "check": True,
        "weight": number % 200,
        "maxconn": 100,
        "inter": "2s",
    }


def line(number: int) -> str:
    has = server(number)
    return (
        f"    server {has['name']} {has['address']}:8080 check maxconn 100 inter 2s weight {has['weight']} # {number}\n"
    )


def text(servers: int, backends: int) -> str:
    """A file of that many servers in that many backends."""
    pieces = ["global\n    maxconn 100000\n\ndefaults\n    mode tcp\n    timeout connect 5s\n"]
    each = servers // backends
    for backend in range(backends):
        pieces.append(f"\nbackend b{backend}\n    balance leastconn\n")
        pieces.extend(line(number) for number in range(backend * each, (backend + 1) * each))
    return "".join(pieces)


def best(work: Callable[[], object]) -> float:
    """The least CPU time of five runs, in seconds."""
    spent = []
    for _ in range(5):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def edit_one_of_many(servers: int) -> Callable[[], object]:
    """A file of a hundred backends, and one more server in one of them."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend

    content, each = text(servers, 100), servers // 100
    wanted = [server(number) for number in range(each, 2 * each)] + [{"name": "new", "address": "::1", "port": 80}]

    def work() -> None:
        assert len(plan_backend(content, {"name": "b1", "servers": wanted}).summaries) == 1

    return work


def edit_all(servers: int) -> Callable[[], object]:
    """A file of one backend, every server listed, one changed and one new."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend

    content = text(servers, 1)
    wanted = [server(number) for number in range(servers)] + [{"name": "new", "address": "::1", "port": 80}]
    wanted[servers // 2]["weight"] = 201

    def work() -> None:
        assert len(plan_backend(content, {"name": "b0", "servers": wanted}).summaries) == 2

    return work


def main() -> int:
    sys.path[:0] = [str(directory) for directory in Path(__file__).resolve().parents[4:5]]
    sys.path[:0] = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":")
    failed = False
    print(f"{'10,000 servers':<24} {'CPU ms':>8} {'limit':>6} {'growth':>7} {'limit':>6}")
    for name, case in (("one of 100 backends", edit_one_of_many), ("one backend, all listed", edit_all)):
        taken, half = best(case(SERVERS)), best(case(SERVERS // 2))
        growth = taken / (2 * half)
        failed |= taken > LIMIT or growth > TOLERANCE
        print(f"{name:<24} {taken * 1000:>8.0f} {LIMIT * 1000:>6.0f} {growth:>7.2f} {TOLERANCE:>6}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
