# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of a Kubernetes API server as a controller needs that reads: list, watch, an Ingress's status, and rights.

It keeps the objects that it was given: nothing is validated, filled in, or ever changes. Who asks for what a
ClusterRole does not grant gets 403, as with RBAC. (The stand-in that roles write to is tests/kube_api.py.)
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: The resource of each kind, with its group and version.
RESOURCES = {
    "Service": ("v1", "services"),
    "Secret": ("v1", "secrets"),
    "ConfigMap": ("v1", "configmaps"),
    "Node": ("v1", "nodes"),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices"),
    "Ingress": ("networking.k8s.io/v1", "ingresses"),
    "IngressClass": ("networking.k8s.io/v1", "ingressclasses"),
}


class Api:
    """``url`` is where it answers; ``asked`` the resources that were; ``denied`` what was asked without a right.

    ``statuses`` is what was written of each object, as it came: in protobuf, where texts stand as they are.
    """

    def __init__(self, listener, objects, rules):
        self.objects = list(objects)
        self.rules = rules
        self.asked, self.denied = set(), set()
        self.statuses = {}
        self._ends = threading.Event()
        host, port = listener.getsockname()
        self.url = f"http://{host}:{port}"
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                api._get(self)

            def do_PUT(self):
                api._put(self)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listener
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self._ends.set()
        self.server.shutdown()
        self.server.server_close()

    def _granted(self, group, resource, verb):
        self.asked.add(resource)
        granted = any(
            group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
            for rule in self.rules
        )
        if not granted:
            self.denied.add((group, resource, verb))
        return granted

    def _named(self, group, resource, namespace, name):
        """Those of one resource, in one namespace and by one name where these are given."""
        return [
            each
            for each in self.objects
            if RESOURCES.get(each["kind"]) == (group, resource)
            and namespace in (None, each["metadata"].get("namespace"))
            and name in (None, each["metadata"]["name"])
        ]

    def _get(self, handler):
        parts = urlsplit(handler.path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        group, resource, namespace, name, _part = _coordinates(parts.path)
        if resource is None:
            return _answer(handler, 200, {"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
        verb = "watch" if "watch" in asked else "get" if name else "list"
        if not self._granted(group.partition("/")[0] if "/" in group else "", resource, verb):
            return _refuse(handler, 403, "Forbidden")
        found = [each for each in self._named(group, resource, namespace, name) if _selected(each, asked)]
        if verb == "watch":
            return self._watch(handler, asked)
        if name:
            return _answer(handler, 200, found[0]) if found else _refuse(handler, 404, "NotFound")
        kind = next((kind for kind, place in RESOURCES.items() if place == (group, resource)), "Unknown")
        metadata = {"resourceVersion": "1"}
        return _answer(handler, 200, {"apiVersion": group, "kind": f"{kind}List", "metadata": metadata, "items": found})

    def _watch(self, handler, asked):
        """Nothing ever happens. A client that wants to begin with everything is told to list, as by older servers."""
        if "sendInitialEvents" in asked:
            return _refuse(handler, 422, "Invalid")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.flush()
        self._ends.wait()
        handler.close_connection = True
        return None

    def _put(self, handler):
        group, resource, namespace, name, part = _coordinates(urlsplit(handler.path).path)
        written = handler.rfile.read(int(handler.headers["Content-Length"]))
        if not self._granted(group.partition("/")[0], f"{resource}/{part}", "update"):
            return _refuse(handler, 403, "Forbidden")
        self.statuses[namespace, name] = written
        return _answer(handler, 200, self._named(group, resource, namespace, name)[0])


def _coordinates(path):
    """Group with version, resource, namespace, name and subresource; the resource is None for anything else."""
    words = path.strip("/").split("/")
    if words[0] == "api":
        group, rest = words[1], words[2:]
    elif words[0] == "apis" and len(words) > 3:
        group, rest = "/".join(words[1:3]), words[3:]
    else:
        return "", None, None, None, None
    namespace = None
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    return (group, *[*rest, None, None][:1], namespace, *[*rest[1:], None, None][:2])


def _selected(each, asked):
    """Field selectors by name, and label selectors of equality; Helm's, which client-go excludes, are none of ours."""
    for key, _equal, value in (term.partition("=") for term in asked.get("fieldSelector", "").split(",") if term):
        if key == "metadata.name" and each["metadata"]["name"] != value:
            return False
    labels = each["metadata"].get("labels") or {}
    for term in filter(None, asked.get("labelSelector", "").split(",")):
        key, unequal, value = term.partition("!=")
        if not unequal:
            key, _equal, value = term.partition("=")
        if (labels.get(key) == value) == bool(unequal):
            return False
    return True


def _answer(handler, code, value):
    body = json.dumps(value).encode()
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _refuse(handler, code, reason):
    status = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": reason, "code": code}
    _answer(handler, code, status)
