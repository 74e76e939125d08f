#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks/status.yml and playbooks/preflight.yml cost, beside a ping of the same hosts in the same run.

    . bin/bootstrap.sh; need_venv; need_collection
    python3 bench/looks.py --pairs 4                 a lab of its own with that many pairs, removed afterwards
    python3 bench/looks.py -i inventories/lab        hosts that are converged already

Needs root for the lab, ansible-playbook on PATH and the collection where Ansible finds it. The peer is a play as one
writes it, which gathers facts and pings; beside it, for comparison, the ping alone. Limits: status takes 3 times the
peer's wall time, preflight twice that and what it listens for VRRP (3 seconds). Each is run so often, in turns, and the
median counts. Run it on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from fleet import CHECKOUT, Run, lab_of, run, show, tasks_of

STATUS, PREFLIGHT = 3.0, 2.0
LISTENS = 3.0
PING: dict[str, dict[str, str]] = {"ansible.builtin.ping": {}}


def median(runs: list[Run]) -> Run:
    """The middle of each figure."""
    return Run(*(statistics.median(figures) for figures in zip(*runs)))


def measure(inventory: str, more: list[str], rounds: int) -> None:
    """Every playbook once for warmth, then all of them in turns."""
    status, preflight = CHECKOUT / "playbooks/status.yml", CHECKOUT / "playbooks/preflight.yml"
    tasks = tasks_of(inventory, more, status)
    hosts = [host for host in tasks if host != "localhost"]
    play = {"hosts": ",".join(hosts), "tasks": [PING]}
    peers = {"facts and ping": {"gather_facts": True}, "ping": {"gather_facts": False}}
    with tempfile.TemporaryDirectory() as directory:
        playbooks = {"status.yml": status, "preflight.yml": preflight}
        for name, facts in peers.items():
            playbooks[name] = Path(directory) / f"{name}.json"
            playbooks[name].write_text(json.dumps([{**play, **facts}]))
        for playbook in playbooks.values():
            run(inventory, more, playbook)
        turns = [{name: run(inventory, more, each)[0] for name, each in playbooks.items()} for _round in range(rounds)]
    found = {name: median([turn[name] for turn in turns]) for name in playbooks}
    peer = found["facts and ping"].wall
    print(f"{len(hosts)} hosts, median of {rounds}")
    show("status.yml", found["status.yml"], f"{found['status.yml'].wall / peer:.2f} x   limit {STATUS}")
    heard = (found["preflight.yml"].wall - LISTENS) / peer
    show("preflight.yml", found["preflight.yml"], f"{LISTENS:.0f} s and {heard:.2f} x   limit {PREFLIGHT}")
    for name in peers:
        show(name, found[name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", default="inventories/lab")
    parser.add_argument("-e", action="append", default=[], metavar="NAME=VALUE", help="passed to ansible-playbook")
    parser.add_argument("--pairs", type=int, help="build a lab of so many pairs")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (3)")
    options = parser.parse_args()
    more = [word for value in options.e for word in ("-e", value)]
    if options.pairs:
        with lab_of(options.pairs) as inventory:
            measure(inventory, more, options.rounds)
    else:
        measure(options.inventory, more, options.rounds)


if __name__ == "__main__":
    main()
