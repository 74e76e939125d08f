# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the controller of DaemonSets and for the kubelets of the lab's edge nodes, of which there are none.

It runs what a DaemonSet with hostNetwork says on each node that its selector names: the container's first program with
exactly its arguments, as its user, without any capability. A pod is stopped by SIGTERM, killed after the grace period,
ready by its readiness probe, and available after minReadySeconds; as many are unavailable at a time as the strategy
allows. Not as in a pod are the file system, which is the node's, and the way to the API, which is a kubeconfig with the
ServiceAccount's name as its token.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lab import kinds
from lab.command import LabError, run
from lab.declaration import Host, Lab
from lab.proof_edge import Turn

UNIT = "daemon-set-pod"
KUBECONFIG = "/run/daemon-set-pod.kubeconfig"
LOOK_SECONDS = 0.2
READY_SECONDS = 120.0  # at most, for a pod
Object = dict[str, Any]


class Api:
    """The stand-in for the API at an address."""

    def __init__(self, server: str) -> None:
        self.server = server

    def __call__(self, path: str, body: Object | None = None, method: str = "GET") -> Object:
        data = json.dumps(body).encode() if body else None
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(self.server + path, data, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request) as answer:
            found: Object = json.load(answer)
            return found


class Pod(NamedTuple):
    """Which template runs on a node, and since when it is ready."""

    template: str
    ready: float


class Kubelets:
    """`turns` are the pods that were replaced, in order."""

    def __init__(self, lab: Lab, nodes: tuple[Host, ...], api: Api, path: str) -> None:
        self.lab, self.nodes, self.api, self.path = lab, nodes, api, path
        self.pods: dict[str, Pod] = {}
        self.turns: list[Turn] = []

    def work(self, ended: Callable[[], bool]) -> None:
        """What they do all the time, until the end."""
        while not ended():
            found = [
                each for each in self.api(self.path.rpartition("/")[0])["items"] if self.path.endswith(_name(each))
            ]
            for daemon_set in found:
                self._step(daemon_set)
                self._report(daemon_set)
            time.sleep(LOOK_SECONDS)

    def _step(self, daemon_set: Object) -> None:
        """Start or replace as many pods as the strategy allows, which waits for those that are not available."""
        spec = daemon_set["spec"]
        unavailable = [node for node in self.nodes if not self._available(node, spec)]
        missing = [node for node in self.nodes if node.name not in self.pods and self._selected(node, spec)]
        for node in missing:
            self._start(node, daemon_set)
        outdated = [node for node in self.nodes if node.name in self.pods and not self._is(node, spec)]
        if outdated and len(unavailable) < spec["updateStrategy"]["rollingUpdate"]["maxUnavailable"]:
            self._replace(outdated[0], daemon_set)

    def _selected(self, node: Host, spec: Object) -> bool:
        labels = self.api(f"/api/v1/nodes/{node.name}")["metadata"].get("labels") or {}
        return bool(spec["template"]["spec"]["nodeSelector"].items() <= labels.items())

    def _is(self, node: Host, spec: Object) -> bool:
        return node.name in self.pods and self.pods[node.name].template == _template(spec)

    def _available(self, node: Host, spec: Object) -> bool:
        return node.name in self.pods and time.time() - self.pods[node.name].ready >= spec["minReadySeconds"]

    def _replace(self, node: Host, daemon_set: Object) -> None:
        stopping = time.time()
        kinds.say(self.lab, node, "systemctl", "stop", UNIT)
        stopped = time.time()
        self._start(node, daemon_set)
        self.turns.append(Turn(node.name, stopping, stopped, self.pods[node.name].ready))

    def _start(self, node: Host, daemon_set: Object) -> None:
        pod = daemon_set["spec"]["template"]["spec"]
        container, user = pod["containers"][0], pod["securityContext"]
        run(*kinds.of(node).entry(self.lab, node), "tee", KUBECONFIG, stdin=self._kubeconfig(pod).encode())
        kinds.say(
            *(self.lab, node, "systemd-run", "--quiet", "--collect", f"--unit={UNIT}"),
            *(f"--setenv=KUBECONFIG={KUBECONFIG}", f"--property=TimeoutStopSec={pod['terminationGracePeriodSeconds']}"),
            *("setpriv", f"--reuid={user['runAsUser']}", f"--regid={user['runAsGroup']}", "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "/usr/local/bin/traefik", *container["args"]),
        )
        probe = container["readinessProbe"]["httpGet"]
        port = next(each["containerPort"] for each in container["ports"] if each["name"] == probe["port"])
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(node.addresses[0].partition("/")[0], port, probe["path"]):
            if time.monotonic() > deadline:
                raise LabError(f"the pod on {node.name} is not ready: {kinds.say(self.lab, node, *_JOURNAL)}")
            time.sleep(LOOK_SECONDS)
        self.pods[node.name] = Pod(_template(daemon_set["spec"]), time.time())

    def _kubeconfig(self, pod: Object) -> str:
        user = {"name": "pod", "user": {"token": pod["serviceAccountName"]}}
        cluster = {"name": "lab", "cluster": {"server": self.api.server}}
        context = {"name": "lab", "context": {"cluster": "lab", "user": "pod"}}
        return json.dumps({"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "lab"})

    def _report(self, daemon_set: Object) -> None:
        """What the API is told of the pods."""
        spec = daemon_set["spec"]
        status = {
            "observedGeneration": daemon_set["metadata"]["generation"],
            "desiredNumberScheduled": sum(self._selected(node, spec) for node in self.nodes),
            "currentNumberScheduled": len(self.pods),
            "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(self._is(node, spec) for node in self.nodes),
            "numberReady": len(self.pods),
            "numberAvailable": sum(self._available(node, spec) for node in self.nodes),
        }
        if daemon_set.get("status") != status:
            self.api(f"{self.path}/status", {"status": status}, "PATCH")


_JOURNAL = ("journalctl", "--no-pager", "--lines=20", f"--unit={UNIT}")


def _name(each: Object) -> str:
    return f"/{each['metadata']['name']}"


def _template(spec: Object) -> str:
    return hashlib.sha256(json.dumps(spec["template"], sort_keys=True).encode()).hexdigest()


def _answers(address: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def whoami() -> Iterator[tuple[str, Object]]:
    """The Service of what stands behind Traefik, and its endpoint, which is on each node the node's own: no cluster has
    such a one, but so an answer says which node gave it."""
    named = {"name": "http", "port": 80, "protocol": "TCP"}
    metadata = {"name": "whoami", "namespace": "default"}
    yield (
        "/api/v1/namespaces/default/services",
        {"metadata": metadata, "spec": {"clusterIP": "10.96.1.1", "ports": [{**named, "targetPort": 8000}]}},
    )
    yield (
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
        {
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": "whoami"}},
            "addressType": "IPv4",
            "ports": [{**named, "port": 8000}],
            "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}],
        },
    )
