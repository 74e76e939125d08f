# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Kubernetes API, in memory, on loopback, for tests where there is no cluster.

It keeps objects, honours dryRun and label selectors, knows that an object needs its namespace, that a namespace takes
what is in it along, that an object with finalizers stays until somebody takes them away, and that a patch is for the
version that it names. It lets pods of a workload get ready one with each look at it, and Services meet the cloud
provider and kube-vip where these are in the cluster (kube_controllers.py). A namespace may refuse the pods of a
workload, which events tell then, and warn of them (kube_admission.py). A workload that is deleted stays until its pods
have gone. Who comes with a token may do what RBAC allows (kube_rbac.py), and fields that last are kept. Who watches is
told what happens from then on. Objects get their defaults (kube_defaults.py), and what a real API is known to refuse of
the roles' kinds is refused (kube_validation.py). It checks no schema and has no field ownership: what it accepts, a
cluster may still refuse.

    python tests/kube_api.py KUBECONFIG [NODES] [--listen ADDRESS] [--pods-elsewhere]

writes there how to reach it, and serves until the file is gone. NODES is their number, or NAME=ADDRESS,… . Where pods
are elsewhere, somebody else says in the status of a workload which are there.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kube_admission import refusal, warning
from kube_controllers import work
from kube_defaults import defaulted
from kube_rbac import VERBS, given_away, missing
from kube_validation import Cause, causes, invalid, wrong_types

#: Group and version, and of each kind: name in paths, kind, whether it lives in a namespace.
KINDS = {
    "v1": {
        "namespaces": ("Namespace", False),
        "nodes": ("Node", False),
        "pods": ("Pod", True),
        "services": ("Service", True),
        "serviceaccounts": ("ServiceAccount", True),
        "configmaps": ("ConfigMap", True),
        "secrets": ("Secret", True),
        "persistentvolumeclaims": ("PersistentVolumeClaim", True),
        "events": ("Event", True),
    },
    "apps/v1": {
        "daemonsets": ("DaemonSet", True),
        "deployments": ("Deployment", True),
        "statefulsets": ("StatefulSet", True),
        "replicasets": ("ReplicaSet", True),
    },
    "batch/v1": {"cronjobs": ("CronJob", True)},
    "coordination.k8s.io/v1": {"leases": ("Lease", True)},
    "discovery.k8s.io/v1": {"endpointslices": ("EndpointSlice", True)},
    "networking.k8s.io/v1": {"ingresses": ("Ingress", True), "ingressclasses": ("IngressClass", False)},
    "rbac.authorization.k8s.io/v1": {
        "clusterroles": ("ClusterRole", False),
        "clusterrolebindings": ("ClusterRoleBinding", False),
        "roles": ("Role", True),
        "rolebindings": ("RoleBinding", True),
    },
}

ROLLED_OUT = ("daemonsets", "deployments", "statefulsets")

#: What the API keeps as it was made.
LASTING = {
    "daemonsets": ("spec.selector",),
    "deployments": ("spec.selector",),
    "statefulsets": ("spec.selector",),
    "clusterrolebindings": ("roleRef",),
    "services": ("spec.clusterIP", "spec.loadBalancerClass"),
    "ingressclasses": ("spec.controller",),
    "secrets": ("type",),
}
#: What a test may ask, and no API has: the requests until now, each method, path, whether it was a dry run, and token.
LOG = "/stand-in/log"

PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+/[^/]+))"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]))?/(?P<plural>[^/]+)"
    r"(?:/(?P<name>[^/]+)(?P<part>/status)?)?"
)


class Refused(Exception):
    """An answer other than success, as the API words it."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
        self.status.update(reason=reason, message=message, details=details)

    @classmethod
    def invalid(cls, found: dict[str, Any], wrong: list[Cause]) -> Refused:
        """As the API words what is wrong with fields of an object."""
        name, kind = found["metadata"]["name"], found["kind"]
        causes = [{"reason": reason, "message": said, "field": field} for field, reason, said in wrong]
        each = [f"{field}: {said}" for field, _reason, said in wrong]
        whole = each[0] if len(each) == 1 else f"[{', '.join(each)}]"
        return cls(422, "Invalid", f'{kind} "{name}" is invalid: {whole}', name=name, kind=kind, causes=causes)


class Cluster:
    """What is in the cluster: objects by version, name of their kind in paths, namespace and name."""

    def __init__(self, nodes: int | Mapping[str, str] = 3, pods_elsewhere: bool = False) -> None:
        if isinstance(nodes, int):
            nodes = {f"edge-{number}": f"172.20.0.{112 + number}" for number in range(1, nodes + 1)}
        self.nodes, self.pods_elsewhere = len(nodes), pods_elsewhere
        self.events: list[tuple[str, Any, dict[str, Any]]] = []
        self._uids: set[str] = set()
        self.objects: dict[Any, dict[str, Any]] = {}
        self.revision = 0
        self.log: list[tuple[str, str, bool, str]] = []
        for name in ("default", "kube-system"):
            self.create(("v1", "namespaces", "", name), {"metadata": {"name": name}}, dry=False)
        for name, address in nodes.items():
            known = {"addresses": [{"type": "InternalIP", "address": address}]}
            self.create(("v1", "nodes", "", name), {"metadata": {"name": name}, "status": known}, dry=False)

    def create(self, key: Any, body: dict[str, Any], *, dry: bool) -> dict[str, Any]:
        version, plural, namespace, name = key
        if namespace and ("v1", "namespaces", "", namespace) not in self.objects:
            raise Refused(404, "NotFound", f'namespaces "{namespace}" not found')
        if key in self.objects:
            raise Refused(409, "AlreadyExists", f'{plural} "{name}" already exists')
        made = {"apiVersion": version, "kind": KINDS[version][plural][0], **copy.deepcopy(body)}
        made["metadata"].update(uid=f"uid-{self.revision + 1}", creationTimestamp="2026-01-01T00:00:00Z")
        if namespace:
            made["metadata"]["namespace"] = namespace
        if version == "apps/v1":
            made["metadata"]["generation"] = 1
        made = _judged(made)
        if dry:
            return made
        self._store(key, made)
        if plural == "namespaces":
            self.create(("v1", "serviceaccounts", name, "default"), {"metadata": {"name": "default"}}, dry=False)
            root = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": ""}}
            self.create(("v1", "configmaps", name, "kube-root-ca.crt"), root, dry=False)
        return made

    def patch(self, key: Any, body: dict[str, Any], *, dry: bool) -> dict[str, Any]:
        before = self.get(key)
        after = _merged(before, body)
        stated = (body.get("metadata") or {}).get("resourceVersion")
        if stated is not None and stated != before["metadata"]["resourceVersion"]:
            raise Refused(409, "Conflict", f'Operation cannot be fulfilled on {key[1]} "{key[3]}"')
        after = _judged(after)
        if after == before:
            return before
        lasting = [path for path in LASTING.get(key[1], ()) if _at(before, path) not in (None, _at(after, path))]
        if lasting:
            raise Refused.invalid(before, [invalid(path, _at(after, path), "field is immutable") for path in lasting])
        if "generation" in before["metadata"] and after.get("spec") != before.get("spec"):
            after["metadata"]["generation"] += 1
            after.pop("status", None)
            after = defaulted(after)
        if not dry:
            self._store(key, after)
        return after

    def status(self, key: Any, body: dict[str, Any]) -> dict[str, Any]:
        """What somebody says of the state of an object."""
        after = {**self.get(key), **{name: value for name, value in body.items() if name == "status"}}
        if body:
            self._store(key, after)
        return after

    def get(self, key: Any) -> dict[str, Any]:
        if key not in self.objects:
            raise Refused(404, "NotFound", f'{key[1]} "{key[3]}" not found')
        found = self.objects[key]
        if key[1] in ROLLED_OUT and not self.pods_elsewhere:
            self._advance(found)
            if "foregroundDeletion" in found["metadata"].get("finalizers", ()):
                self._pods_gone(key)
        return copy.deepcopy(found)

    def _pods_gone(self, key: Any) -> None:
        """The second look at a workload that is deleted with its pods before it does not find it any more."""
        metadata = self.objects[key]["metadata"]
        metadata["finalizers"] = [each for each in metadata["finalizers"] if each != "foregroundDeletion"]
        if not metadata["finalizers"]:
            self._gone(key)

    def delete(self, key: Any, *, dry: bool, foreground: bool = False) -> dict[str, Any]:
        found = self.get(key)
        if foreground and key[1] in ROLLED_OUT:
            found["metadata"]["finalizers"] = [*found["metadata"].get("finalizers", ()), "foregroundDeletion"]
        if found["metadata"].get("finalizers"):
            found["metadata"].setdefault("deletionTimestamp", "2026-01-01T00:00:00Z")
            if not dry:
                self._store(key, found)
        elif not dry:
            for each in [each for each in self.objects if key[1] == "namespaces" and each[2] == key[3]]:
                self._gone(each)
            self._gone(key)
        return found

    def listed(self, version: str, plural: str, namespace: str, selector: str) -> dict[str, Any]:
        wanted = [each.replace("==", "=").partition("=") for each in selector.split(",") if each]
        items = [
            value
            for (of, kind, where, _), value in self.objects.items()
            if (of, kind) == (version, plural) and (not namespace or where == namespace)
            if all(_fits(value["metadata"].get("labels") or {}, *each) for each in wanted)
        ]
        about = {"apiVersion": version, "kind": KINDS[version][plural][0] + "List"}
        return {**about, "metadata": {"resourceVersion": str(self.revision)}, "items": copy.deepcopy(items)}

    def settle(self) -> None:
        """Whoever else writes in the cluster has done so."""
        for key, value in work(self.objects):
            self._store(key, value)

    def _store(self, key: Any, value: dict[str, Any]) -> None:
        self.revision += 1
        value["metadata"]["resourceVersion"] = str(self.revision)
        self.events.append(("MODIFIED" if value["metadata"]["uid"] in self._uids else "ADDED", key, value))
        self._uids.add(value["metadata"]["uid"])
        self.objects[key] = value
        if "deletionTimestamp" in value["metadata"] and not value["metadata"].get("finalizers"):
            self._gone(key)

    def _gone(self, key: Any) -> None:
        self.events.append(("DELETED", key, self.objects.pop(key)))

    def _advance(self, workload: dict[str, Any]) -> None:
        """One more pod gets ready with each look, unless its image is one that never comes."""
        status = workload.setdefault("status", {})
        total = self.nodes if workload["kind"] == "DaemonSet" else workload["spec"].get("replicas", 1)
        images = [each["image"] for each in workload["spec"]["template"]["spec"]["containers"]]
        refused = refusal(workload, self.objects)
        if refused:
            self._event(workload, refused)
        ready = (
            0
            if refused or "never:v1" in images
            else min(total, status.get("updatedReplicas", status.get("updatedNumberScheduled", -1)) + 1)
        )
        status["observedGeneration"] = workload["metadata"]["generation"]
        if workload["kind"] == "DaemonSet":
            status.update(desiredNumberScheduled=total, updatedNumberScheduled=ready, numberAvailable=ready)
            status.update(numberReady=ready, currentNumberScheduled=total, numberMisscheduled=0)
        else:
            status.update(replicas=total, updatedReplicas=ready, availableReplicas=ready, readyReplicas=ready)

    def _event(self, workload: dict[str, Any], message: str) -> None:
        """Its controller says, again and again, why there is no pod."""
        maker = workload
        namespace, name = workload["metadata"]["namespace"], workload["metadata"]["name"]
        if workload["kind"] == "Deployment":
            owner = {"kind": "Deployment", "name": name, "uid": workload["metadata"]["uid"]}
            labels = workload["spec"]["selector"]["matchLabels"]
            made = {"metadata": {"name": f"{name}-1", "labels": labels, "ownerReferences": [owner]}, "spec": {}}
            key = ("apps/v1", "replicasets", namespace, f"{name}-1")
            if key not in self.objects:
                self.create(key, made, dry=False)
            maker = self.objects[key]
        about = {"kind": maker["kind"], "name": maker["metadata"]["name"], "uid": maker["metadata"]["uid"]}
        event = {
            "metadata": {"name": f"{name}.1"},
            "type": "Warning",
            "reason": "FailedCreate",
            "involvedObject": about,
        }
        key = ("v1", "events", namespace, f"{name}.1")
        count = self.objects.pop(key, {}).get("count", 0)
        self.create(key, {**event, "message": f"Error creating: {message}", "count": count + 1}, dry=False)


def _judged(each: dict[str, Any]) -> dict[str, Any]:
    """With its defaults; Refused where a real API is known to refuse it."""
    said = wrong_types(each)
    if said:
        raise Refused(400, "BadRequest", said)
    made = defaulted(each)
    wrong = causes(made)
    if wrong:
        raise Refused.invalid(made, wrong)
    return made


def _at(each: Any, path: str) -> Any:
    for key in path.split("."):
        each = (each or {}).get(key)
    return each


def _fits(labels: dict[str, str], key: str, equals: str, value: str) -> bool:
    return key in labels and (not equals or labels[key] == value)


def _merged(before: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    after = dict(copy.deepcopy(before)) if isinstance(before, dict) else {}
    for name, value in change.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = _merged(after.get(name), value)
    return after


class Api(BaseHTTPRequestHandler):
    """HTTP around a Cluster."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two segments, and the second would wait 40 ms
    cluster: Cluster
    lock = threading.Condition()

    def answer(self) -> None:
        """Any request."""
        size = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(size)
        # Of protobuf, in which controllers write a status, it reads nothing: what they say is not kept.
        body = json.loads(sent) if size and "protobuf" not in self.headers["Content-Type"] else {}
        url = urlsplit(self.path)
        options = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == LOG:
            return self._send(200, {"log": self.cluster.log})
        if "watch" in options:
            return self._watch(url.path, options)
        with self.lock:
            self.cluster.log.append((self.command, url.path, "dryRun" in options, self._token()))
            try:
                user = self._user()
                code, found = 200, _discovery(url.path) or self._objects(url.path, options, body, user)
            except Refused as refused:
                code, found = refused.status["code"], refused.status
            self.cluster.settle()
            self.lock.notify_all()
            warned = warning(found, self.cluster.objects) if self.command in ("POST", "PATCH") and code == 200 else None
        return self._send(code, found, warned)

    def _send(self, code: int, found: Any, warned: str | None = None) -> None:
        text = json.dumps(found).encode()
        self.send_response(code)
        if warned:
            said = warned.replace('"', '\\"')
            self.send_header("Warning", f'299 - "{said}"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _watch(self, path: str, options: dict[str, str]) -> None:
        """Tell what happens to the objects of a kind, until the time is over that was asked for."""
        found = PATH.fullmatch(path)
        if not found or "sendInitialEvents" in options:
            return self._send(422, Refused(422, "Invalid", "this stand-in begins a watch with nothing").status)
        kind = (found["core"] or found["group"], found["plural"])
        try:
            user = self._user()
            if user:
                self._may(user, (*kind, found["namespace"] or "", None), {}, "watch")
        except Refused as refused:
            return self._send(refused.status["code"], refused.status)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        since = int(options.get("resourceVersion") or 0)
        for what, key, value in self._happening(time.monotonic() + float(options.get("timeoutSeconds") or 300)):
            if key[:2] == kind and int(value["metadata"]["resourceVersion"]) > since:
                line = json.dumps({"type": what, "object": value}).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _happening(self, end: float) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        seen = 0
        while time.monotonic() < end:
            with self.lock:
                if seen == len(self.cluster.events):
                    self.lock.wait(1)
                new = copy.deepcopy(self.cluster.events[seen:])
            seen += len(new)
            yield from new

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _user(self) -> str:
        """Whose token came along."""
        user = self._token()
        if user.startswith("expired"):
            raise Refused(401, "Unauthorized", "Unauthorized")
        return user

    def _may(self, user: str, key: Any, body: dict[str, Any], verb: str = "") -> None:
        verb = verb or (VERBS[self.command] if key[3] or self.command != "GET" else "list")
        objects = self.cluster.objects
        said = missing(objects, user, verb, key)
        if not said and self.command in ("POST", "PATCH"):
            said = given_away(objects, user, key, _merged(objects.get(key, {}), body))
        if said:
            raise Refused(403, "Forbidden", said, name=key[3] or "", kind=key[1])

    def _objects(self, path: str, options: dict[str, str], body: dict[str, Any], user: str) -> dict[str, Any]:
        found = PATH.fullmatch(path)
        version = found and (found["core"] or found["group"])
        if not found or not version or found["plural"] not in KINDS.get(version, {}):
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        plural, namespace, dry = found["plural"], found["namespace"] or "", "dryRun" in options
        if user:
            name = body["metadata"]["name"] if self.command == "POST" else found["name"]
            self._may(user, (version, plural + (found["part"] or ""), namespace, name), body)
        if self.command == "POST":
            return self.cluster.create((version, plural, namespace, body["metadata"]["name"]), body, dry=dry)
        if not found["name"]:
            listed = self.cluster.listed(version, plural, namespace, options.get("labelSelector", ""))
            fields = [each.partition("=") for each in options.get("fieldSelector", "").split(",") if each]
            listed["items"] = [
                each for each in listed["items"] if all(str(_at(each, path)) == value for path, _, value in fields)
            ]
            return listed
        key = (version, plural, namespace, found["name"])
        if found["part"]:
            return self.cluster.status(key, body)
        if self.command == "PATCH":
            kind = self.headers["Content-Type"]
            if "merge-patch" not in kind or "strategic" in kind:
                raise Refused(415, "UnsupportedMediaType", f"this stand-in does not take {kind}")
            return self.cluster.patch(key, body, dry=dry)
        if self.command == "DELETE":
            return self.cluster.delete(key, dry=dry, foreground=body.get("propagationPolicy") == "Foreground")
        return self.cluster.get(key)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Says nothing."""


def _discovery(path: str) -> dict[str, Any] | None:
    if path == "/version":
        return {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = []
        for version in KINDS:
            if "/" in version:
                stated = {"groupVersion": version, "version": version.split("/")[1]}
                groups.append({"name": version.split("/")[0], "versions": [stated], "preferredVersion": stated})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    version = re.sub(r"^/apis?/", "", path)
    if version not in KINDS:
        return None
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    kinds = [
        {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": namespaced, "verbs": verbs}
        for plural, (kind, namespaced) in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": kinds}


def server(
    nodes: int | Mapping[str, str] = 3, listen: str = "127.0.0.1", pods_elsewhere: bool = False
) -> ThreadingHTTPServer:
    """A server on a free port of loopback; ``RequestHandlerClass.cluster`` is what it holds."""
    own = {"cluster": Cluster(nodes, pods_elsewhere), "lock": threading.Condition()}
    return ThreadingHTTPServer((listen, 0), type("ApiOfOne", (Api,), own))


def kubeconfig(port: int, token: str = "", host: str = "127.0.0.1") -> dict[str, Any]:
    """How to reach it, as a kubeconfig; with the name of a user as the token, as that user."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "stand-in", "cluster": {"server": f"http://{host}:{port}"}}],
        "users": [{"name": "anybody", "user": {"token": token} if token else {}}],
        "contexts": [{"name": "stand-in", "context": {"cluster": "stand-in", "user": "anybody"}}],
        "current-context": "stand-in",
    }


def serve(path: Path, serving: ThreadingHTTPServer) -> None:
    """Serve for as long as the kubeconfig is there."""
    with serving:
        made = path.with_name(f".{path.name}")
        host, port = serving.server_address[:2]
        made.write_text(json.dumps(kubeconfig(int(port), host=str(host))))
        made.rename(path)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        while path.exists():
            time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("nodes", nargs="?", default="3")
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--pods-elsewhere", action="store_true")
    chosen = parser.parse_args()
    named = chosen.nodes.partition("=")[1]
    nodes = dict(each.split("=") for each in chosen.nodes.split(",")) if named else int(chosen.nodes)
    serve(chosen.kubeconfig, server(nodes, chosen.listen, chosen.pods_elsewhere))


if __name__ == "__main__":
    main()
