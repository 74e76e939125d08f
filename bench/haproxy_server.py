#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to drain 100 servers, beside community.general.haproxy in a loop, on a HAProxy of its own on loopback.

    python3 bench/haproxy_server.py [--servers 100] [--rounds 5]

Needs HAProxy, ansible-playbook on PATH, and both collections where Ansible finds them. Measured in the same run: the
empty play, a module that does nothing (ping), our task and the peer's loop, each as a play of its own. Limits: over the
empty play 50 times less than the loop; over an empty module 60 ms; at most 2 connections to the socket, counted by a
relay in front of it. The loop is run once, the others in turn, and medians are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TIMES, OVER_MODULE, CONNECTIONS = 50, 0.060, 2


class Relay:
    """Passes connections on from one Unix socket to another, and counts them."""

    def __init__(self, front: str, behind: str) -> None:
        self.behind = behind
        self.count = 0
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(front)
        self.listening.listen(20)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near = self.listening.accept()[0]
            self.count += 1
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.behind)
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(here, there), daemon=True).start()

    @staticmethod
    def _pass(here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := here.recv(1 << 16):
                there.sendall(chunk)
        with contextlib.suppress(OSError):
            there.shutdown(socket.SHUT_WR)


def plays(relay: str, count: int) -> dict[str, list[dict[str, object]]]:
    """Name -> tasks. ``back`` makes the servers ready again, unmeasured."""
    ours = {"backend": "b", "name": "s*", "socket": relay, "allow_last": True}
    peer = {"host": "s{{ item }}", "backend": "b", "socket": relay}
    return {
        "empty play": [],
        "empty module": [{"ansible.builtin.ping": {}}],
        "haproxy_server": [{"k8s_edge.ha.haproxy_server": {**ours, "state": "drain"}}],
        "back": [{"k8s_edge.ha.haproxy_server": {**ours, "state": "ready"}}],
        "loop": [
            {
                "community.general.haproxy": {**peer, "state": "drain"},
                "loop": list(range(count)),
                "no_log": True,
            }
        ],
    }


def run(directory: Path, name: str, tasks: list[dict[str, object]]) -> float:
    """Wall time of a play, in seconds. Ends the program where the play fails."""
    book = directory / f"{name.replace(' ', '-')}.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    start = time.perf_counter()
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", "-c", "local", str(book)],
        env={**environment, "ANSIBLE_CONFIG": str(directory / "ansible.cfg")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stdout)
    return taken


def measure(directory: Path, count: int, rounds: int) -> tuple[dict[str, float], int]:
    """Median seconds of each play, and our task's connections to the socket."""
    relay = Relay(str(directory / "relay.sock"), str(directory / "admin.sock"))
    todo = plays(str(directory / "relay.sock"), count)
    taken: dict[str, list[float]] = {}
    connections = 0
    for _round in range(rounds + 1):
        for name in ("empty play", "empty module", "haproxy_server"):
            before = relay.count
            taken.setdefault(name, []).append(run(directory, name, todo[name]))
            connections = max(connections, relay.count - before)
        run(directory, "back", todo["back"])
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    return {**medians, "loop": run(directory, "loop", todo["loop"])}, connections


def start_haproxy(directory: Path, count: int) -> subprocess.Popen[bytes]:
    servers = "".join(f"    server s{number} 127.0.0.1:9 weight 10\n" for number in range(count))
    (directory / "haproxy.cfg").write_text(
        f"global\n    stats socket {directory}/admin.sock mode 600 level admin\n    stats timeout 1h\n"
        "defaults\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
        f"backend b\n    balance leastconn\n{servers}"
    )
    program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        sys.exit("needs HAProxy")
    process = subprocess.Popen([program, "-db", "-f", str(directory / "haproxy.cfg")], stderr=subprocess.DEVNULL)
    while not (directory / "admin.sock").exists():
        if process.poll() is not None:
            sys.exit("HAProxy does not start")
        time.sleep(0.02)
    return process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="k8s_edge-bench-") as name:
        directory = Path(name)
        (directory / "ansible.cfg").write_text("[defaults]\ninterpreter_python = /usr/bin/python3\n")
        process = start_haproxy(directory, options.servers)
        try:
            medians, connections = measure(directory, options.servers, options.rounds)
        finally:
            process.terminate()
            process.wait()
    for play, seconds in medians.items():
        print(f"{play:<16} {seconds * 1000:>10.1f} ms")
    empty = medians["empty play"]
    times = (medians["loop"] - empty) / (medians["haproxy_server"] - empty)
    over = medians["haproxy_server"] - medians["empty module"]
    print(f"\nover the empty play, times less than the loop  {times:>8.1f}   at least {TIMES}")
    print(f"over an empty module, ms                       {over * 1000:>8.1f}   at most {OVER_MODULE * 1000:.0f}")
    print(f"connections to the socket                      {connections:>8}   at most {CONNECTIONS}")
    if times < TIMES or over > OVER_MODULE or connections > CONNECTIONS:
        sys.exit(1)


if __name__ == "__main__":
    main()
