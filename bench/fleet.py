#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of playbooks/site.yml costs where nothing is to be done, beside as many ``ping`` tasks in the same order.

    bin/demo; . bin/bootstrap.sh; need_venv; need_collection
    python3 bench/second_run.py [-i inventories/lab]

Needs a converged inventory, ansible-playbook on PATH and the collection where Ansible finds it. Limit: 13 tasks per
host that do something, fact gathering aside: one that opens the firewall (it says whether there is something to close),
and twelve for all the rest. The peer gathers the same facts and pings as often, one host at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

LIMIT = 13
SITE = Path(__file__).resolve().parents[1] / "playbooks" / "site.yml"


def run(inventory: str, more: list[str], playbook: Path) -> tuple[float, Counter[str]]:
    """Seconds of wall time, and per host how many tasks ran there, fact gathering aside."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write("[defaults]\nstdout_callback = ansible.posix.json\n")
        config.flush()
        begin = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", "-i", inventory, *more, str(playbook)],
            env={**os.environ, "ANSIBLE_CONFIG": config.name},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        taken = time.monotonic() - begin
    if done.returncode:
        sys.exit(done.stdout)
    counts: Counter[str] = Counter()
    for each in json.loads(done.stdout)["plays"]:
        for task in each["tasks"]:
            for host, result in task["hosts"].items():
                if result.get("changed"):
                    sys.exit(f"{task['task']['name']} changed something on {host}: not what is measured here")
                counts[host] += not result.get("skipped") and result.get("action") not in ("setup", "gather_facts")
    return taken, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", default="inventories/lab")
    parser.add_argument("-e", action="append", default=[], metavar="NAME=VALUE", help="passed to ansible-playbook")
    options = parser.parse_args()
    more = [word for value in options.e for word in ("-e", value)]
    taken, counts = run(options.inventory, more, SITE)
    hosts = [host for host in counts if host != "localhost"]
    pings = max(counts[host] for host in hosts)
    peer = [
        {"hosts": ",".join(hosts), "gather_facts": True, "gather_subset": ["min", "network"], "tasks": []},
        {
            "hosts": ",".join(hosts),
            "gather_facts": False,
            "serial": 1,
            "tasks": [{"ansible.builtin.ping": {}} for _ping in range(pings)],
        },
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as playbook:
        json.dump(peer, playbook)
        playbook.flush()
        peer_taken, _counts = run(options.inventory, more, Path(playbook.name))
    for host in hosts:
        print(f"{host:<20} {counts[host]:>3} tasks   limit {LIMIT}")
    print(f"{'site.yml':<20} {taken:>6.1f} s")
    print(f"{'as many pings':<20} {peer_taken:>6.1f} s")


if __name__ == "__main__":
    main()
