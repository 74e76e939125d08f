# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo of edge nodes: playbooks/site.yml makes each of three nodes a director and a real server. It shows what
happens to a client's requests and connections when servers stop and nodes lose their power."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from lab import kinds, network, proof_edge
from lab.command import LabError
from lab.declaration import CLIENT_GROUP, EDGE_GROUP, MACHINE, Host
from lab.showing import Showing, main

TABLE_SECONDS = 60.0  # at most, until the table has every server
STEADY_SECONDS = 5.0
LEAVE_SECONDS = 12.0  # of requests around the stop of one server
LOSS_SECONDS = 20.0  # around a power cut, long enough for connections to wait for answers
RETURN_SECONDS = 30.0
ACT_AFTER_SECONDS = 2.0
LONG_MS = 1000  # a longer answer time counts as an outage around a power cut
CONNECTIONS = 30
HOLD = ("--connections", str(CONNECTIONS), "--every-ms", "200", "--timeout-ms", "12000")


class EdgeDemo(Showing):
    """The demo has one VIP, IPv4, on port 80."""

    inventory = "lab-edge"
    url = "http://{}/"
    asking = ("--every-ms", "50", "--timeout-ms", "5000")

    @property
    def nodes(self) -> tuple[Host, ...]:
        return self.lab.members(EDGE_GROUP)

    @property
    def vip(self) -> str:
        return self.lab.served[0]

    def prove(self) -> None:
        self.stage("who directs", self.director)
        self.stage("requests through the VIP", self.spread)
        director = self.holder(self.vip)
        server = next(node for node in self.nodes if node.name != director)
        self.stage(f"Traefik of {server.name} stops", lambda: self.stop(server))
        self.stage("it starts again", lambda: self.start(server))
        self.stage(f"power cut of {director}", lambda: self.lose(self.lab.host(director)))
        self.stage(f"{director} comes back", lambda: self.bring_back(self.lab.host(director)))

    def build(self) -> str:
        said = super().build()
        if any(node.kind == MACHINE for node in self.nodes):
            return f"{said}\nthe nodes are machines (User-Mode Linux): this machine's kernel has no IPVS"
        return f"{said}\nthe nodes are containers: this machine's kernel has IPVS"

    def director(self) -> str:
        """The holder of the VIP, once its table has every node."""
        name = self.holder(self.vip)
        return f"{self.vip} is on {name}\n{self.settled(name, self.nodes)}"

    def settled(self, director: str, servers: tuple[Host, ...]) -> str:
        """Wait until the director's table has exactly these servers."""
        expected = [_address(node) for node in servers]
        deadline = time.monotonic() + TABLE_SECONDS
        while True:
            try:
                rules = kinds.say(self.lab, self.lab.host(director), "ipvsadm", "-Sn")
                return proof_edge.all_serve(proof_edge.table(rules), expected)
            except LabError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def spread(self) -> str:
        said, loop = self.watched(STEADY_SECONDS)
        client = _address(self.lab.members(CLIENT_GROUP)[0])
        return f"{proof_edge.spread(said, [node.name for node in self.nodes], client)}\n{loop}"

    def stop(self, node: Host) -> str:
        said, _ = self.watched(LEAVE_SECONDS, meanwhile=lambda: self.systemctl(node, "stop"))
        return proof_edge.left(said, node.name)

    def start(self, node: Host) -> str:
        self.systemctl(node, "start")
        return self.settled(self.holder(self.vip), self.nodes)

    def systemctl(self, node: Host, verb: str) -> None:
        time.sleep(ACT_AFTER_SECONDS)
        kinds.say(self.lab, node, "systemctl", verb, "traefik")

    def lose(self, node: Host) -> str:
        """Cut the director's power while the client sends requests and holds connections."""
        holding = self.on_client("vip-hold", *HOLD, "--seconds", str(LOSS_SECONDS), f"'{self.url.format(self.vip)}'")

        def cut() -> None:
            time.sleep(ACT_AFTER_SECONDS * 2)
            kinds.power_cut(self.lab, node)

        try:
            said, loop = self.watched(LOSS_SECONDS, "--timeout-ms", str(LONG_MS), meanwhile=cut)
        finally:
            held = self.answer("held connections", holding)
        silence = f"{proof_edge.silence(self.vip, said, LONG_MS)}; now on {self.holder(self.vip)}"
        return f"{silence}\n{proof_edge.connections(held, node.name)}\n{loop}"

    def bring_back(self, node: Host) -> str:
        """Switch the node on again while the client sends requests: it serves again, and is no longer the director."""
        before, masters = {self.vip: self.holder(self.vip)}, self.became_master()

        def switch_on() -> None:
            kinds.power_on(self.lab, node)
            kinds.wait(self.lab, node)

        said, loop = self.watched(RETURN_SECONDS, meanwhile=switch_on)
        again = self.settled(before[self.vip], self.nodes)
        after, changes = {self.vip: self.holder(self.vip)}, self.became_master() - masters
        stays = proof_edge.same_holder(before, after, changes, said["longest_stall_ms"])
        return f"{said['failed']} of {said['requests']} requests failed meanwhile\n{again}\n{stays}\n{loop}"

    def became_master(self) -> int:
        """How often the running hosts became MASTER since they were switched on."""
        on = [self.lab.host(name) for name in self.running() if name in {node.name for node in self.nodes}]
        journals = (kinds.say(self.lab, node, "journalctl", "--boot", "--unit=keepalived", "--no-pager") for node in on)
        return sum(journal.count("Entering MASTER STATE") for journal in journals)

    def watched(
        self, seconds: float, *more: str, meanwhile: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, Any], str]:
        """What the client observed in that many seconds, and a check that no packet to the VIP looped."""
        argv = network.inside(self.lab, sys.executable, "-m", "lab.wire", network.BRIDGE, self.vip, "80")
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as wire:
            assert wire.stdout
            wire.stdout.readline()
            try:
                said = self.probe(seconds, *more, meanwhile=meanwhile)[self.vip]
            finally:
                wire.send_signal(signal.SIGTERM)
                counted = wire.communicate()[0]
        self.note(f"on the wire, by TTL: {counted}")
        return said, proof_edge.no_loop(json.loads(counted))


def _address(host: Host) -> str:
    return host.addresses[0].partition("/")[0]


if __name__ == "__main__":
    sys.exit(main(EdgeDemo))
