# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the API in this process, and who applies objects there."""

from __future__ import annotations

import threading

import kube_api
import pytest
from ansible_collections.k8s_edge.ha.plugins.action.kubernetes_objects import ActionModule
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import apply as _apply
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.api import Api

SECURITY = "pod-security.kubernetes.io"


class Run:
    """A cluster, and what was said in it."""

    def __init__(self, cluster, port):
        self.cluster, self.port, self.user = cluster, port, ""
        self.said, self.warned = [], []

    def __call__(self, *objects, check=False, fields=False, **given):
        """The changes; the requests are in the cluster's log."""
        defaults = {name: spec.get("default") for name, spec in ActionModule.specified.items()}
        options = {**defaults, "validate": False, "owner": "edge", "wait_timeout": 3, **given, "objects": list(objects)}
        self.said, self.warned, self.cluster.log = [], [], []
        mode = _apply.Mode(check, fields, self.said.append, self.warned.append)
        run = _apply.Objects(Api({"kubeconfig": kube_api.kubeconfig(self.port, self.user)}), options, mode)
        run.run()
        return run.changes

    def namespace(self, name="web", annotations=None, **labels):
        known = {f"{SECURITY}/{mode}": level for mode, level in labels.items()}
        key = ("v1", "namespaces", "", name)
        if key not in self.cluster.objects:
            self.cluster.create(key, {"metadata": {"name": name}}, dry=False)
        self.cluster.objects[key]["metadata"].update(labels=known, annotations=annotations or {})

    def there(self, plural="configmaps", name="edge", version="v1"):
        return self.cluster.objects.get((version, plural, "web", name))


@pytest.fixture
def run(monkeypatch):
    pytest.importorskip("kubernetes", reason="needs the Python package kubernetes, which kubernetes.core talks with")
    monkeypatch.setattr(_apply, "LOOK", 0.01)
    with kube_api.server(2) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        found = Run(server.RequestHandlerClass.cluster, server.server_address[1])
        found.namespace()
        yield found
        server.shutdown()
