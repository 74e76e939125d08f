# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: build the lab, run playbooks/site.yml, cut the power of the VIP's holder, and show the result."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from lab import kinds, proof
from lab.declaration import KUBE_GROUP
from lab.proof import Probe
from lab.showing import Showing, main

STEADY_SECONDS = 2  # of probing without failures; with a long time limit, since this machine may be busy
PATIENCE = ("--timeout-ms", "5000")
LOSS_SECONDS = 10  # of probing around a power cut, which happens after …
CUT_AFTER_SECONDS = 2


class Demo(Showing):
    """The demo of HAProxy in front of the apiservers."""

    inventory = "lab"
    url = "https://{}:6443/"
    asking = ("--ca", "/etc/kubernetes/pki/ca.crt")

    def prove(self) -> None:
        self.stage("who holds the VIP", self.holders)
        self.stage("requests through the VIP", self.requests)
        lost = self.holder(self.lab.served[0])
        self.stage(f"power cut of {lost}", lambda: self.lose(lost))
        self.stage(f"{lost} comes back", lambda: self.bring_back(lost))

    def requests(self) -> str:
        probes = self.seen(STEADY_SECONDS, *PATIENCE)
        return proof.all_answer(probes, [host.name for host in self.lab.members(KUBE_GROUP)])

    def lose(self, name: str) -> str:
        """Cut the host's power while the client sends requests. Its addresses must answer again from another host."""
        held = [address for address in self.lab.served if self.holder(address) == name]

        def cut() -> None:
            time.sleep(CUT_AFTER_SECONDS)
            kinds.power_cut(self.lab, self.lab.host(name))

        probes = {probe.address: probe for probe in self.seen(LOSS_SECONDS, meanwhile=cut)}
        return "\n".join(f"{proof.outage(probes[a])}; now on {self.holder(a)}" for a in held)

    def bring_back(self, name: str) -> str:
        """Switch the host on again while the client sends requests, and report the final holders of the addresses."""
        host = self.lab.host(name)

        def switch_on() -> None:
            kinds.power_on(self.lab, host)
            kinds.wait(self.lab, host)

        probes = self.seen(LOSS_SECONDS, meanwhile=switch_on)
        lost, asked = sum(probe.failed for probe in probes), sum(probe.requests for probe in probes)
        return f"{lost} of {asked} requests failed meanwhile\n{self.holders()}"

    def seen(self, seconds: float, *more: str, meanwhile: Callable[[], None] = lambda: None) -> list[Probe]:
        return [Probe.of(address, said) for address, said in self.probe(seconds, *more, meanwhile=meanwhile).items()]


if __name__ == "__main__":
    sys.exit(main(Demo))
