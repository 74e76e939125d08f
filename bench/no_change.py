#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task that changes nothing costs, beside Ansible's own ``ping`` in the same run.

    python3 bench/no_change.py [--tasks 30]                                        on this machine, without ssh
    python3 bench/no_change.py -i inventories/lab --host haproxy-1                 on a host of the lab, over ssh

Needs ansible-playbook on PATH and the collection where Ansible finds it. Limit: 1.15 times ping, as a user runs it:
over ssh. The tasks are interleaved, so that a busy machine slows all of them alike; medians are compared.
PYTHONUNBUFFERED is left out of the environment: it makes Python read a piped script byte by byte (docs/adr/0007).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

LIMIT = 1.15
FILES = (f"/tmp/k8s_edge-bench-{os.getpid()}.conf", f"/tmp/k8s_edge-bench-{os.getpid()}.cfg")
CLEAN = "clean up"

KEEPALIVED_INSTANCE = {
    "name": "kubeapi",
    "initial_state": "BACKUP",
    "interface": "lo",
    "virtual_router_id": 10,
    "priority": 100,
    "advert_int": 1,
    "version": 3,
    "unicast_src_ip": "10.77.0.11",
    "unicast_peer": [{"address": "10.77.0.12"}],
    "virtual_ipaddress": [{"address": "10.77.0.100/24"}],
}
HAPROXY_BACKEND = {
    "name": "kubeapi",
    "mode": "tcp",
    "balance": "leastconn",
    "servers": [{"name": f"kube-{n}", "address": f"10.77.0.2{n}", "port": 6443, "check": True} for n in (1, 2, 3)],
}


def tasks() -> dict[str, dict[str, object]]:
    """Task name -> module call. Every call after the first of its kind has nothing to do."""
    return {
        "ping": {"ansible.builtin.ping": {}},
        "keepalived_config": {
            "k8s_edge.ha.keepalived_config": {
                "path": FILES[0],
                "validate": False,
                "global_defs": {"router_id": "bench"},
                "instances": [KEEPALIVED_INSTANCE],
            }
        },
        "haproxy_config": {
            "k8s_edge.ha.haproxy_config": {"path": FILES[1], "validate": False, "backends": [HAPROXY_BACKEND]}
        },
    }


def play(host: str, rounds: int) -> list[dict[str, object]]:
    calls = [{"name": name, **call} for name, call in tasks().items()]
    clean = [{"name": CLEAN, "ansible.builtin.file": {"path": file, "state": "absent"}} for file in FILES]
    return [{"hosts": host, "gather_facts": False, "tasks": calls * (rounds + 1) + clean}]


def seconds(task: dict[str, dict[str, str]]) -> float:
    start, end = (datetime.fromisoformat(task["duration"][key].rstrip("Z")) for key in ("start", "end"))
    return (end - start).total_seconds()


def measure(inventory: str, host: str, more: list[str], rounds: int) -> dict[str, float]:
    """Median seconds per task name over the rounds after the first."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with tempfile.TemporaryDirectory(prefix="k8s_edge-bench-") as name:
        directory = Path(name)
        (directory / "play.json").write_text(json.dumps(play(host, rounds)))
        (directory / "ansible.cfg").write_text(
            "[defaults]\nstdout_callback = ansible.posix.json\ninterpreter_python = /usr/bin/python3\n"
            "[connection]\npipelining = True\n"
        )
        done = subprocess.run(
            ["ansible-playbook", "-i", inventory, *more, str(directory / "play.json")],
            env={**environment, "ANSIBLE_CONFIG": str(directory / "ansible.cfg")},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stdout)
    taken: dict[str, list[float]] = {}
    for number, task in enumerate(json.loads(done.stdout)["plays"][0]["tasks"]):
        if number >= len(tasks()) and task["task"]["name"] != CLEAN:
            if any(host.get("changed") for host in task["hosts"].values()):
                sys.exit(f"{task['task']['name']} changed something: not what is measured here")
            taken.setdefault(task["task"]["name"], []).append(seconds(task["task"]))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=30, help="rounds to measure (default: 30)")
    parser.add_argument("-i", "--inventory", help="an inventory (default: this machine)")
    parser.add_argument("--host", default="localhost", help="the host to measure on")
    parser.add_argument("-e", action="append", default=[], metavar="NAME=VALUE", help="passed to ansible-playbook")
    options = parser.parse_args()
    more = [word for value in options.e for word in ("-e", value)]
    if options.inventory is None:
        options.inventory = "localhost,"
        more += ["-c", "local"]
    medians = measure(options.inventory, options.host, more, options.tasks)
    print(f"{'task':<20} {'median ms':>10} {'x ping':>7}   limit {LIMIT}")
    for name, taken in medians.items():
        print(f"{name:<20} {taken * 1000:>10.1f} {taken / medians['ping']:>7.2f}")


if __name__ == "__main__":
    main()
