#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to parse, edit and render a keepalived.conf of 1,000 virtual servers with 10 real servers each.

    python3 bench/keepalived_scale.py

Needs ansible-core importable and the checkout at .../ansible_collections/k8s_edge/ha (or ANSIBLE_COLLECTIONS_PATH set
to where it is), and keepalived. Limits: 1.5 times what ``keepalived -t`` takes for the same file, and growth in line
with size. CPU time, best of five and taken in turns, so that a busy machine does not count.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

#: Times keepalived -t of the same file.
LIMIT = 1.5
#: Twice the size may cost this much more than twice as much.
TOLERANCE = 1.5
REAL_SERVERS = 10


def text(services: int) -> str:
    """A file of that many virtual servers, about 90 lines each."""
    pieces = ["global_defs {\n    router_id LVS\n}\n"]
    for number in range(services):
        high, low = divmod(number, 250)
        pieces.append(f"\nvirtual_server 10.{high}.{low}.1 80 {{\n    delay_loop 6\n    lb_algo wlc\n    lb_kind DR\n")
        pieces.append("    persistence_timeout 50\n    protocol TCP\n\n")
        for server in range(1, REAL_SERVERS + 1):
            pieces.append(f"    real_server 192.168.{low}.{server} 80 {{\n        weight 1\n        TCP_CHECK {{\n")
            pieces.append("            connect_timeout 3\n            connect_port 80\n            retry 3\n")
            pieces.append("        }\n    }\n")
        pieces.append("}\n")
    return "".join(pieces)


def best(work: Callable[[], object]) -> float:
    """The least CPU time of five runs, in seconds."""
    spent = []
    for _ in range(5):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def keepalived(content: str) -> float:
    """The CPU time of one ``keepalived -t`` on a text, in seconds."""
    program = shutil.which("keepalived", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        sys.exit("keepalived is not installed: there is nothing to measure against")
    with tempfile.TemporaryDirectory(prefix="k8s_edge-bench-") as directory:
        path = Path(directory) / "keepalived.conf"
        path.write_text(content)
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [program, "-t", "-f", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"keepalived -t refused the file: {(done.stdout + done.stderr).decode()}")
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def edit(content: str) -> Callable[[], object]:
    """Parse, change one real server's weight, render."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config

    servers = [
        {"address": f"192.168.7.{n}", "port": 80, "weight": 7 if n == 3 else 1} for n in range(1, REAL_SERVERS + 1)
    ]
    desired = {"virtual_servers": [{"address": "10.0.7.1", "port": 80, "real_servers": servers}]}

    def work() -> object:
        edited = plan_config(content, desired)
        assert len(edited.summaries) == 1, edited.summaries
        return edited

    return work


def main() -> int:
    here = Path(__file__).resolve()
    above = [str(here.parents[4])] if len(here.parents) > 4 else []
    sys.path[:0] = [*above, *os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":")]
    spent = {size: best(edit(text(size))) for size in (500, 1000, 2000)}
    content = text(1000)
    work = edit(content)
    turns = [(best(work), keepalived(content)) for _ in range(5)]
    ours, theirs = (min(column) for column in zip(*turns, strict=True))
    growth = spent[2000] / spent[1000] / 2
    print(f"{'virtual servers':>16} {'CPU ms':>8}")
    for size, seconds in spent.items():
        print(f"{size:>16} {seconds * 1000:>8.0f}")
    print(f"at 1000: {ours * 1000:.0f} ms, keepalived -t {theirs * 1000:.0f} ms: {ours / theirs:.2f} x (limit {LIMIT})")
    print(f"growth to 2000 against linear: {growth:.2f} (limit {TOLERANCE})")
    return 0 if ours / theirs <= LIMIT and growth <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
