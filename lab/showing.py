# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every demo does: stages on one line each, playbooks, a client that asks, and at the end a table of findings.

bin/demo prepares the tools and starts a demo; COLLECTION is the checkout where Ansible finds it.
"""

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

SETTLE_SECONDS = 15  # for a VIP to be on one host


class Showing:
    """One run. `rows` is the table: what, what was seen, how long it took."""

    inventory: str  # its name below inventories/
    url: str  # what the client asks, with the address for {}
    asking: tuple[str, ...]  # vip-probe's further arguments

    def __init__(self, lab: Lab, collection: Path, log: Path) -> None:
        self.lab, self.collection, self.log = lab, collection, log
        self.rows: list[tuple[str, str, str]] = []

    def make(self) -> None:
        """From nothing to an edge, and that a second run finds nothing to do."""
        self.stage("the lab", self.build)
        self.stage("playbooks/site.yml", lambda: proof.converged(self.play("site.yml")))
        self.stage("playbooks/site.yml again", lambda: proof.idempotent(self.play("site.yml")))

    def prove(self) -> None:
        """The stages that show that it works."""
        raise NotImplementedError

    def stage(self, name: str, action: Callable[[], str]) -> None:
        """Do it, and show on one line that it is being done and how long it took."""
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
        """Run one of the collection's playbooks on the lab. LabError where it fails."""
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
        """The names of the hosts that are on."""
        return sorted(name for name, state in kinds.states(self.lab).items() if state == "running")

    def holder(self, address: str) -> str:
        """The host that has the address, when it is on exactly one; waits a little for that."""
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
        """Start a program on the client, whose answer `answer` waits for."""
        config = state_of(self.lab.instance) / "ssh_config"
        ssh = ["ssh", "-F", str(config), self.lab.members(CLIENT_GROUP)[0].name, *argv]
        return subprocess.Popen(ssh, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def answer(self, name: str, program: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The JSON that it ends with. LabError where it fails."""
        text = program.communicate()[0].decode(errors="replace")
        self.note(f"{name}: {text}")
        if program.returncode != 0:
            raise LabError(f"{name} on the client exited with {program.returncode}.")
        said: dict[str, Any] = json.loads(text)
        return said

    def probe(
        self, seconds: float, *more: str, meanwhile: Callable[[], None] = lambda: None
    ) -> dict[str, dict[str, Any]]:
        """Let the client ask every served address for that long, and do something meanwhile. Address → what it saw.
        `more` goes over `asking`."""
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
    """Run a demo from the command line; the exit code."""
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
