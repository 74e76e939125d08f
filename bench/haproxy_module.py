#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task that names 10,000 servers costs on the host, whole modules in processes of their own.

    python3 bench/haproxy_module.py

Needs ansible-core importable, HAProxy, and the checkout at .../ansible_collections/k8s_edge/ha (or
ANSIBLE_COLLECTIONS_PATH set to where it is). CPU time of the process with its children, beside that of
``haproxy -c`` on the same file in the same run, so that a busy or slow machine counts on both sides; best of five.
Limits: 1.1 times for a task, with a change and without; 1.8 times to read the file and write it back.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from haproxy_scale import SERVERS, server, text

LIMITS = {"no change": 1.1, "change": 1.1, "read and write back": 1.8}
HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("needs HAProxy")


def cost(argv: list[str], args: dict[str, Any] | None = None) -> tuple[float, dict[str, Any]]:
    """CPU seconds of a process and its children, and what a module answered."""
    call = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode() if args else b""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, input=call, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answer: dict[str, Any] = json.loads(done.stdout) if args else {}
    if answer.get("failed"):
        sys.exit(answer["msg"])
    return spent, answer


def module(name: str, args: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    return cost([sys.executable, "-m", f"ansible_collections.k8s_edge.ha.plugins.modules.{name}"], args)


def main() -> int:
    roots = [str(directory) for directory in Path(__file__).resolve().parents[4:5]]
    roots += os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":")
    os.environ["PYTHONPATH"] = ":".join(roots)
    content, file_only = text(SERVERS, 1), {"validate": False, "runtime": "never"}
    servers = [server(number) for number in range(SERVERS)]
    other = [*servers[:-1], {**servers[-1], "weight": 201}]
    spent: dict[str, list[float]] = {name: [] for name in ("haproxy -c", *LIMITS)}
    with tempfile.TemporaryDirectory(prefix="k8s_edge-bench-") as directory:
        path = Path(directory) / "haproxy.cfg"
        for _ in range(5):
            path.write_text(content)
            spent["haproxy -c"].append(cost([HAPROXY, "-c", "-f", str(path)])[0])
            for name, wanted in (("no change", servers), ("change", other)):
                taken, said = module(
                    "haproxy_backend", {"path": str(path), "name": "b0", "servers": wanted, **file_only}
                )
                assert said["changed"] is (name == "change")
                spent[name].append(taken)
            read, info = module("haproxy_info", {"path": str(path)})
            written, said = module("haproxy_config", {"path": str(path), **info["config"], **file_only})
            assert not said["changed"]
            spent["read and write back"].append(read + written)
    best = {name: min(times) for name, times in spent.items()}
    print(f"{'10,000 servers':<20} {'CPU ms':>7} {'x haproxy -c':>13} {'limit':>6}")
    for name, taken in best.items():
        print(f"{name:<20} {taken * 1000:>7.0f} {taken / best['haproxy -c']:>13.2f} {LIMITS.get(name, ''):>6}")
    return int(any(best[name] > limit * best["haproxy -c"] for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
