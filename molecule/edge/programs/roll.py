# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge's layer 4 and Traefik together: playbooks/kubernetes.yml brings Traefik to the lab's edge nodes, and updates
it on all of them while clients ask through the VIP. See kubelets.py for what stands in for a cluster there; Traefik,
keepalived and the kernel's table are real."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kubelets import Api, Kubelets, whoami

from lab import kinds, network, proof_edge
from lab.command import LabError
from lab.declaration import CLIENT_GROUP, state_of
from lab.demo_edge import EdgeDemo
from lab.showing import SETTLE_SECONDS, main

REQUESTS, EVERY_MS = 10_000, 10
SLOW_EVERY_MS = 500
PATIENCE = ("--timeout-ms", "10000")
DAEMON_SET = "/apis/apps/v1/namespaces/traefik/daemonsets/traefik"
DECLARED = {
    "traefik_host_network": True,
    "traefik_vip": "ingress",
    "traefik_ingresses": [{"name": "whoami", "rules": [{"service": "whoami"}]}],
    "traefik_validate": False,
}


class Roll(EdgeDemo):
    """On a lab where playbooks/site.yml has run."""

    def prove(self) -> None:
        with self.cluster() as kubelets:
            self.stage("Traefik by its role", self.bring)
            self.stage("an update of Traefik", lambda: self.update(kubelets))

    @contextmanager
    def cluster(self) -> Iterator[Kubelets]:
        """A cluster with the lab's edge nodes, for as long as its kubeconfig is there."""
        self.kubeconfig = state_of(self.lab.instance) / "cluster"
        listen = self.lab.gateways[0].partition("/")[0]
        nodes = ",".join(f"{node.name}={node.addresses[0].partition('/')[0]}" for node in self.nodes)
        argv = [
            sys.executable,
            "tests/kube_api.py",
            str(self.kubeconfig),
            nodes,
            "--listen",
            listen,
            "--pods-elsewhere",
        ]
        self.kubeconfig.unlink(missing_ok=True)
        with subprocess.Popen(network.inside(self.lab, *argv), cwd=self.collection) as serving:
            try:
                while not self.kubeconfig.exists():
                    if serving.poll() is not None:
                        raise LabError("the stand-in for the API does not start.")
                    time.sleep(0.1)
                api = Api(json.loads(self.kubeconfig.read_text())["clusters"][0]["cluster"]["server"])
                for path, body in whoami():
                    api(path, body, "POST")
                for node in self.nodes:
                    kinds.say(self.lab, node, "systemctl", "disable", "--now", "traefik")
                with self.kubelets(api) as kubelets:
                    yield kubelets
            finally:
                self.kubeconfig.unlink(missing_ok=True)

    @contextmanager
    def kubelets(self, api: Api) -> Iterator[Kubelets]:
        ended, wrong = threading.Event(), []
        kubelets = Kubelets(self.lab, self.nodes, api, DAEMON_SET)

        def work() -> None:
            try:
                kubelets.work(ended.is_set)
            except Exception as error:
                wrong.append(error)
                self.note(f"kubelets: {error!r}\n")

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield kubelets
        finally:
            ended.set()
            thread.join()
        if wrong:
            raise LabError(f"the stand-in for kubelets ended: {wrong[0]}")

    def declare(self, **more: Any) -> None:
        """Run playbooks/kubernetes.yml with what is declared."""
        variables = {**DECLARED, **more, "lab_instance": self.lab.instance, "k8s_edge_kubeconfig": str(self.kubeconfig)}
        argv = ["ansible-playbook", "-i", f"inventories/{self.inventory}", "-e", json.dumps(variables)]
        with open(self.log, "ab") as log:
            done = subprocess.run(
                [*argv, "playbooks/kubernetes.yml"],
                cwd=self.collection,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if done.returncode != 0:
            raise LabError(f"playbooks/kubernetes.yml exited with {done.returncode}.")

    def bring(self) -> str:
        self.declare()
        return self.settled(self.holder(self.vip), self.nodes)

    def update(self, kubelets: Kubelets) -> str:
        """Clients ask, some for what takes its time, while the template of the DaemonSet changes."""
        address = self.url.format(self.vip)
        asked = [
            self.on_client(
                *("vip-probe", *PATIENCE, "--every-ms", str(every), "--seconds", "600", "--at-least", str(least)),
                f"'{address}{path}'",
            )
            for every, least, path in ((EVERY_MS, REQUESTS, ""), (SLOW_EVERY_MS, 1, "slow"))
        ]
        tables: list[proof_edge.Table] = []
        over = threading.Event()
        watching = threading.Thread(target=self.watch_table, args=(self.holder(self.vip), tables, over.is_set))
        watching.start()
        try:
            time.sleep(2)
            self.declare(traefik_log_level="WARN")
            time.sleep(SETTLE_SECONDS)
        finally:
            over.set()
            watching.join()
            with suppress(LabError):
                kinds.say(self.lab, self.lab.members(CLIENT_GROUP)[0], "pkill", "--signal", "TERM", "vip-probe")
            said = [self.answer(f"probe {number}", program) for number, program in enumerate(asked)]
        addresses = {node.name: node.addresses[0].partition("/")[0] for node in self.nodes}
        self.note(f"{kubelets.turns}\n{tables}\n")
        return proof_edge.updated(said[0], said[1], REQUESTS, kubelets.turns, tables, addresses)

    def watch_table(self, director: str, tables: list[proof_edge.Table], over: Any) -> None:
        while not over():
            begin = time.time()
            with suppress(LabError):  # a look that does not come through shows nothing
                rules = kinds.say(self.lab, self.lab.host(director), "ipvsadm", "-Sn")
                tables.append(proof_edge.Table(begin, time.time(), frozenset(proof_edge.table(rules))))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main(Roll))
