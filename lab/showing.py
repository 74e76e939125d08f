# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of all demos: stages with one line each, playbooks, a client that sends requests, and a final table.

bin/demo prepares the tools and starts a demo. COLLECTION is the directory of the checkout in Ansible's collection
path."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import kinds, lifecycle, proof, requirements
from lab.command import LabError
from lab.declaration import CLIENT_GROUP, DEFAULT_INSTANCE, Lab, read_inventory, state_of

SETTLE_SECONDS = 15  # until a VIP is on one host


class Showing:
    """One run of a demo. `rows`: the table of findings; each row has a subject, an observation and a duration."""

    inventory: str  # its name below inventories/
    url: str  # the URL of the client's requests; {} stands for the address
    asking: tuple[str, ...]  # further arguments of vip-probe

    def __init__(self, lab: Lab, collection: Path, log: Path) -> None:
        self.lab, self.collection, self.log = lab, collection, log
        self.rows: list[tuple[str, str, str]] = []

    def make(self) -> None:
        """Build the edge from nothing, and show that a second run changes nothing."""
        self.stage("the lab", self.build)
        self.stage("playbooks/site.yml", lambda: proof.converged(self.play("site.yml")))
        self.stage("playbooks/site.yml again", lambda: proof.idempotent(self.play("site.yml")))

    def prove(self) -> None:
        """The stages of the proof."""
        raise NotImplementedError

    def stage(self, name: str, action: Callable[[], str]) -> None:
        """Run an action, showing on one line its progress and duration."""
        print(f"{name:<26}", end="", flush=True)
        self.note(f"\n=== {name}\n")
        begin = time.monotonic()
        try:
            seen = action()
        except LabError as error:
            print(f"{_took(begin):>9}  FAILED", flush=True)
            self.note(f"{error}\n")
            raise
        self.rows.append((name, seen, _took(begin)))
        self.note(f"{seen}\n")
        print(f"{_took(begin):>9}", flush=True)

    def build(self) -> str:
        said: list[str] = []
        lifecycle.up(self.lab, said.append)
        return said[-1].partition(": ")[2]

    def play(self, playbook: str) -> proof.Recap:
        """Run one of the collection's playbooks on the lab. Raises LabError if it fails."""
        argv = ["ansible-playbook", "-i", f"inventories/{self.inventory}", "-e", f"lab_instance={self.lab.instance}"]
        before = self.log.stat().st_size
        with open(self.log, "ab") as log:
            done = subprocess.run(
                [*argv, f"playbooks/{playbook}"], cwd=self.collection, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if done.returncode != 0:
            raise LabError(f"playbooks/{playbook} exited with {done.returncode}.")
        return proof.recap(self.log.read_bytes()[before:].decode(errors="replace"))

    def running(self) -> list[str]:
        """The names of the running hosts."""
        return sorted(name for name, state in kinds.states(self.lab).items() if state == "running")

    def holder(self, address: str) -> str:
        """The host that has the address. Waits briefly until exactly one has it."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            has = [name for name in self.running() if address in kinds.addresses(self.lab, self.lab.host(name))]
            try:
                return proof.one_holder(address, has)
            except LabError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def holders(self) -> str:
        return "\n".join(f"{address} is on {self.holder(address)}" for address in self.lab.served)

    def on_client(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start a program on the client. `answer` waits for its result."""
        config = state_of(self.lab.instance) / "ssh_config"
        ssh = ["ssh", "-F", str(config), self.lab.members(CLIENT_GROUP)[0].name, *argv]
        return subprocess.Popen(ssh, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def answer(self, name: str, program: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The JSON that the program prints at its end. Raises LabError if it fails."""
        text = program.communicate()[0].decode(errors="replace")
        self.note(f"{name}: {text}")
        if program.returncode != 0:
            raise LabError(f"{name} on the client exited with {program.returncode}.")
        said: dict[str, Any] = json.loads(text)
        return said

    def probe(
        self, seconds: float, *more: str, meanwhile: Callable[[], None] = lambda: None
    ) -> dict[str, dict[str, Any]]:
        """Let the client send requests to every served address for ``seconds`` while ``meanwhile`` runs. Returns the
        observations by address. `more` overrides `asking`."""
        asked = {}
        for address in self.lab.served:
            url = self.url.format(f"[{address}]" if ":" in address else address)
            asked[address] = self.on_client("vip-probe", *self.asking, *more, "--seconds", str(seconds), f"'{url}'")
        try:
            meanwhile()
        except BaseException:
            for program in asked.values():
                program.communicate()
            raise
        return {address: self.answer(f"probe of {address}", program) for address, program in asked.items()}

    def note(self, text: str) -> None:
        with open(self.log, "a") as log:
            log.write(text)


def _took(begin: float) -> str:
    return f"{time.monotonic() - begin:.1f} s"


def main(story: type[Showing]) -> int:
    """Run a demo from the command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bin/demo")
    parser.add_argument("--instance", default=DEFAULT_INSTANCE)
    parser.add_argument("--only-prove", action="store_true", help="on a lab where playbooks/site.yml has run")
    chosen = parser.parse_args()
    collection, log = Path(os.environ["COLLECTION"]), Path(os.environ["DEMO_LOG"])
    log.write_text("")
    begin = time.monotonic()
    try:
        lab = read_inventory(str(collection / "inventories" / story.inventory), chosen.instance)
        requirements.check(sorted({host.kind for host in lab.hosts}))
        demo = story(lab, collection, log)
    except LabError as error:
        print(f"bin/demo: {error}", file=sys.stderr)
        return 1
    try:
        if not chosen.only_prove:
            demo.make()
        demo.prove()
    except LabError as error:
        tail = "\n".join(log.read_text().splitlines()[-40:])
        print(f"\nThe end of {log}:\n{tail}\n\nbin/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nbin/demo: interrupted. Start it again to go on, or remove what there is: bin/demo --down",
            file=sys.stderr,
        )
        return 130
    print(f"\n{proof.table(demo.rows)}")
    print(f"\nAll of it was seen to work, in {_took(begin)}. The log: {log}")
    return 0
