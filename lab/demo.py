# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: build the lab, let playbooks/site.yml make the edge, take away the VIP's holder, and show what was seen.

bin/demo prepares the tools and starts this; COLLECTION is the checkout where Ansible finds it.
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

from lab import kinds, lifecycle, proof, requirements
from lab.command import LabError
from lab.declaration import CLIENT_GROUP, CONTAINER, DEFAULT_INSTANCE, KUBE_GROUP, Lab, read_inventory, state_of
from lab.proof import Probe

SETTLE_SECONDS = 15  # for a VIP to be on one host
STEADY_SECONDS = 2  # of probing when nothing is wrong
LOSS_SECONDS = 10  # of probing around a power cut, which comes after …
CUT_AFTER_SECONDS = 2
PORT = 6443


class Demo:
    """One run. `rows` is the table: what, what was seen, how long it took."""

    def __init__(self, lab: Lab, collection: Path, log: Path) -> None:
        self.lab, self.collection, self.log = lab, collection, log
        self.rows: list[tuple[str, str, str]] = []

    def run(self) -> None:
        self.stage("the lab", self.build)
        self.stage("playbooks/site.yml", lambda: proof.converged(self.play("site.yml")))
        self.stage("playbooks/site.yml again", lambda: proof.idempotent(self.play("site.yml")))
        self.stage("who holds the VIP", self.holders)
        self.stage("requests through the VIP", self.requests)
        lost = self.holder(self.lab.served[0])
        self.stage(f"power cut of {lost}", lambda: self.lose(lost))
        self.stage(f"{lost} comes back", lambda: self.bring_back(lost))

    def stage(self, name: str, deed: Callable[[], str]) -> None:
        """Do it, and show on one line that it is being done and how long it took."""
        print(f"{name:<26}", end="", flush=True)
        self.note(f"\n=== {name}\n")
        begin = time.monotonic()
        try:
            seen = deed()
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
        argv = ["ansible-playbook", "-i", "inventories/lab", "-e", f"lab_instance={self.lab.instance}"]
        before = self.log.stat().st_size
        with open(self.log, "ab") as log:
            done = subprocess.run(
                [*argv, f"playbooks/{playbook}"], cwd=self.collection, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if done.returncode != 0:
            raise LabError(f"playbooks/{playbook} exited with {done.returncode}.")
        return proof.recap(self.log.read_bytes()[before:].decode(errors="replace"))

    def holder(self, address: str) -> str:
        """The host that has the address, when it is on exactly one; waits a little for that."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            running = [name for name, state in kinds.states(self.lab).items() if state == "running"]
            has = [name for name in sorted(running) if address in kinds.addresses(self.lab, self.lab.host(name))]
            try:
                return proof.one_holder(address, has)
            except LabError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def holders(self) -> str:
        return "\n".join(f"{address} is on {self.holder(address)}" for address in self.lab.served)

    def requests(self) -> str:
        probes = self.probe(STEADY_SECONDS)
        return proof.all_answer(probes, [host.name for host in self.lab.members(KUBE_GROUP)])

    def lose(self, name: str) -> str:
        """Cut the host's power while the client asks; its addresses must answer again from another host."""
        held = [address for address in self.lab.served if self.holder(address) == name]

        def cut() -> None:
            time.sleep(CUT_AFTER_SECONDS)
            kinds.power_cut(self.lab, self.lab.host(name))

        probes = {probe.address: probe for probe in self.probe(LOSS_SECONDS, cut)}
        return "\n".join(f"{proof.outage(probes[a])}; now on {self.holder(a)}" for a in held)

    def bring_back(self, name: str) -> str:
        """Switch the host on again while the client asks, and see where the addresses settle."""
        host = self.lab.host(name)

        def switch_on() -> None:
            kinds.power_on(self.lab, host)
            kinds.wait(self.lab, host)

        probes = self.probe(LOSS_SECONDS, switch_on)
        lost, asked = sum(probe.failed for probe in probes), sum(probe.requests for probe in probes)
        return f"{lost} of {asked} requests failed meanwhile\n{self.holders()}"

    def probe(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> list[Probe]:
        """Let the client ask every served address every 10 ms for that long, and do something meanwhile."""
        client = self.lab.members(CLIENT_GROUP)[0].name
        config = state_of(self.lab.instance) / "ssh_config"
        asking = []
        for address in self.lab.served:
            url = f"https://{f'[{address}]' if ':' in address else address}:{PORT}/"
            argv = ["vip-probe", "--ca", "/etc/kubernetes/pki/ca.crt", "--seconds", str(seconds), f"'{url}'"]
            ssh = ["ssh", "-F", str(config), client, *argv]
            asking.append((address, subprocess.Popen(ssh, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)))
        try:
            meanwhile()
        finally:
            said = [(address, process.communicate()[0], process.returncode) for address, process in asking]
        probes = []
        for address, text, code in said:
            self.note(f"probe of {address}: {text.decode(errors='replace')}")
            if code != 0:
                raise LabError(f"the probe of {address} on {client} exited with {code}.")
            probes.append(Probe.of(address, json.loads(text)))
        return probes

    def note(self, text: str) -> None:
        with open(self.log, "a") as log:
            log.write(text)

    def show(self) -> None:
        print(f"\n{proof.table(self.rows)}")


def _took(begin: float) -> str:
    return f"{time.monotonic() - begin:.1f} s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/demo")
    parser.add_argument("--instance", default=DEFAULT_INSTANCE)
    instance = parser.parse_args().instance
    collection, log = Path(os.environ["COLLECTION"]), Path(os.environ["DEMO_LOG"])
    log.write_text("")
    begin = time.monotonic()
    try:
        requirements.check([CONTAINER])
        demo = Demo(read_inventory(str(collection / "inventories" / "lab"), instance), collection, log)
    except LabError as error:
        print(f"bin/demo: {error}", file=sys.stderr)
        return 1
    try:
        demo.run()
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
    demo.show()
    print(f"\nAll of it was seen to work, in {_took(begin)}. The log: {log}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
