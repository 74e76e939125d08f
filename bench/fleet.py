#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks/site.yml costs where nothing is to be done, beside pings of the same hosts in the same run.

    . bin/bootstrap.sh; need_venv; need_collection
    python3 bench/fleet.py --pairs 4 [--before CHECKOUT]     a lab of its own with that many pairs, removed afterwards
    python3 bench/fleet.py -i inventories/lab                hosts that are converged already

Needs root for the lab, ansible-playbook on PATH and the collection where Ansible finds it. The peer gathers the same
facts of the same hosts and pings each once per plane (four times), in parallel with the same forks. CHECKOUT is the
build before, whose own site.yml runs. Limits: five tasks per host that reach it, fact gathering included; 1.5 times the
peer's wall time, 1.3 times its memory (the largest process). Wall time and CPU seconds of the controller; run it on a
machine with nothing else to do.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[1]
TASKS, WALL, MEMORY = 5, 1.5, 1.3
PLANES = 4
INSTANCE = "bench"
#: Actions that the controller does alone.
LOCAL = ("set_fact", "debug", "fail", "assert", "include_role", "import_role", "include_tasks", "meta")


class Run(NamedTuple):
    """``memory`` is MiB of the largest process."""

    wall: float
    cpu: float
    memory: float


def run(
    inventory: str, more: list[str], playbook: Path, collections: str | None = None, shown: str = "default"
) -> tuple[Run, str]:
    """One run of ansible-playbook, and what the callback ``shown`` has printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write(f"[defaults]\nstdout_callback = {shown}\nforks = 10\n")
        config.flush()
        environment = {**os.environ, "ANSIBLE_CONFIG": config.name}
        if collections:
            environment["ANSIBLE_COLLECTIONS_PATH"] = collections
        argv = ["ansible-playbook", "-i", inventory, *more, str(playbook)]
        begin = time.monotonic()
        with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as process:
            told = process.stdout.read() if process.stdout else ""
            _pid, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
    if process.returncode:
        sys.exit(told[-3000:])
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), told


def tasks_of(inventory: str, more: list[str], playbook: Path) -> Counter[str]:
    """How many tasks reach each host in a run that must change nothing."""
    counts: Counter[str] = Counter()
    for each in json.loads(run(inventory, more, playbook, shown="ansible.posix.json")[1])["plays"]:
        for task in each["tasks"]:
            for host, result in task["hosts"].items():
                if result.get("changed"):
                    sys.exit(f"{task['task']['name']} changed something on {host}: not what is measured here")
                action = str(result.get("action", "")).rpartition(".")[2]
                counts[host] += not result.get("skipped") and action not in LOCAL
    return counts


def pairs(directory: Path, number: int) -> None:
    """An inventory of that many pairs, each with a VIP of its own, before one apiserver."""
    groups, vips = {}, []
    for index in range(1, number + 1):
        places = {f"pair-{index}-{name}": f"10.77.0.{100 + 2 * index + place}" for place, name in enumerate("ab")}
        groups[f"pair_{index}"] = {"hosts": {name: {"ansible_host": address} for name, address in places.items()}}
        vips.append(
            {
                "name": f"api-{index}",
                "addresses": [f"10.77.0.{50 + index}/24"],
                "port": 6443,
                "hosts": f"pair_{index}",
                "leads_to": "kube_control_plane",
                "profile": "kube_apiserver",
            }
        )
    kube = {"hosts": {"kube-1": {"ansible_host": "10.77.0.21"}}}
    (directory / "hosts.json").write_text(json.dumps({"all": {"children": {**groups, "kube_control_plane": kube}}}))
    variables = directory / "group_vars" / "all"
    variables.mkdir(parents=True)
    lab = (CHECKOUT / "inventories/lab/group_vars/all/lab.yml").read_text()
    (variables / "lab.yml").write_text(lab.replace("lab_instance: k8s-edge", f"lab_instance: {INSTANCE}"))
    edge = {"k8s_edge_vips": vips, "k8s_edge_kube_ca_file": "{{ lab_state }}/ca.crt"}
    (variables / "edge.json").write_text(json.dumps(edge))


@contextmanager
def lab_of(number: int) -> Iterator[str]:
    """A converged lab of that many pairs."""
    lab = [sys.executable, "-m", "lab", "--instance", INSTANCE]
    with tempfile.TemporaryDirectory() as name:
        pairs(Path(name), number)
        subprocess.run([*lab, "up", "--inventory", name], cwd=CHECKOUT, check=True)
        try:
            converge = ["ansible-playbook", "-i", name, str(CHECKOUT / "playbooks/site.yml")]
            subprocess.run(converge, check=True, stdout=subprocess.DEVNULL)
            yield name
        finally:
            subprocess.run([*lab, "down"], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)


def show(name: str, measured: Run, more: str = "") -> None:
    """A line of figures."""
    figures = f"{measured.wall:>6.1f} s   {measured.cpu:>6.1f} CPU-s   {measured.memory:>6.1f} MiB"
    print(f"{name:<20} {figures}   {more}".rstrip())


def measure(inventory: str, more: list[str], before: Path | None) -> None:
    """Both builds and the peer, once for warmth and once for the figures."""
    tasks = tasks_of(inventory, more, CHECKOUT / "playbooks/site.yml")
    hosts = [host for host in tasks if host != "localhost" and tasks[host] > 1]
    site, _told = run(inventory, more, CHECKOUT / "playbooks/site.yml")
    pings = [{"ansible.builtin.ping": {}} for _plane in range(PLANES)]
    peer = [{"hosts": ",".join(hosts), "gather_facts": True, "gather_subset": ["min", "network"], "tasks": pings}]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as playbook:
        json.dump(peer, playbook)
        playbook.flush()
        known, _told = [run(inventory, more, Path(playbook.name)) for _each in range(2)][1]
    print(f"{len(hosts)} hosts, at most {max(tasks[host] for host in hosts)} tasks on one   limit {TASKS}")
    ratios = (
        f"{site.wall / known.wall:.2f} x   limit {WALL}, memory {site.memory / known.memory:.2f} x   limit {MEMORY}"
    )
    show("site.yml", site, ratios)
    show(f"facts, {PLANES} pings", known)
    if before:
        with tempfile.TemporaryDirectory() as root:
            place = Path(root) / "ansible_collections" / "k8s_edge" / "ha"
            place.parent.mkdir(parents=True)
            place.symlink_to(before.resolve())
            found = os.pathsep.join([root, os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")])
            old, _told = run(inventory, more, place / "playbooks/site.yml", found)
        show("the build before", old, f"now {site.wall / old.wall:.2f} of it, CPU {site.cpu / old.cpu:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", default="inventories/lab")
    parser.add_argument("-e", action="append", default=[], metavar="NAME=VALUE", help="passed to ansible-playbook")
    parser.add_argument("--pairs", type=int, help="build a lab of so many pairs")
    parser.add_argument("--before", type=Path, help="a checkout of the build before")
    options = parser.parse_args()
    more = [word for value in options.e for word in ("-e", value)]
    if options.pairs:
        with lab_of(options.pairs) as inventory:
            measure(inventory, more, options.before)
    else:
        measure(options.inventory, more, options.before)


if __name__ == "__main__":
    main()
