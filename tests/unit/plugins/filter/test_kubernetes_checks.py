# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no schema sees, and an API server refuses, ignores, or waits on for ever, is refused before it is sent.

Each problem is paired with the valid object that it was made from, so that a check that refuses everything shows too.
"""

from __future__ import annotations

import copy

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_objects import kubernetes_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import problems

DAEMON_SET = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "edge", "namespace": "edge", "labels": {"app": "edge"}},
    "spec": {
        "selector": {"matchLabels": {"app": "edge"}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "template": {
            "metadata": {"labels": {"app": "edge", "tier": "1"}, "annotations": {"note": "any text: at all!"}},
            "spec": {
                "nodeSelector": {"edge": "true"},
                "volumes": [{"name": "data", "emptyDir": {}}],
                "containers": [
                    {
                        "name": "edge",
                        "image": "registry.example:5000/edge:v1",
                        "args": ["--port=8000"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {}}],
                        "ports": [{"name": "web", "containerPort": 8000, "hostPort": 80}],
                        "livenessProbe": {"httpGet": {"path": "/", "port": "web"}},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                    }
                ],
            },
        },
    },
}
CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "pools", "namespace": "edge"},
    "data": {"range-global": "10.0.0.1-10.0.0.9"},
}
SECRET = {**CONFIG_MAP, "kind": "Secret", "data": {"users": "c2VzYW1l"}}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "www", "namespace": "edge"},
    "spec": {
        "rules": [
            {
                "host": "www.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "www", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
}
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:edge"}}
SOUND = [DAEMON_SET, CONFIG_MAP, SECRET, INGRESS, ROLE]

POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
PORT = (*CONTAINER, "ports", 0)
ROLLING = ("spec", "updateStrategy", "rollingUpdate")
WAY = ("spec", "rules", 0, "http", "paths", 0)
DROP = object()


def changed(each, path, value):
    """A copy with one thing in it set, or dropped."""
    made = copy.deepcopy(each)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    if value is DROP:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return made


def test_sound_objects_are_not_refused():
    assert list(problems(SOUND)) == []


@pytest.mark.parametrize(
    ("each", "path", "value", "said"),
    [
        (DAEMON_SET, ("metadata",), {}, "is not a Kubernetes object"),
        (DAEMON_SET, ("apiVersion",), "", "is not a Kubernetes object"),
        (DAEMON_SET, ("metadata", "name"), "Edge", "cannot name an object"),
        (DAEMON_SET, ("metadata", "namespace"), DROP, "would be created in default"),
        (ROLE, ("metadata", "namespace"), "edge", "the kind has no namespace"),
        (DAEMON_SET, ("metadata", "labels", "app"), True, "metadata.labels.app: True is not a string"),
        (DAEMON_SET, ("metadata", "labels", "app"), "a b", "cannot be a label's value"),
        (DAEMON_SET, ("metadata", "labels", "app"), "a" * 64, "cannot be a label's value"),
        (DAEMON_SET, ("metadata", "labels", "a b"), "x", "cannot be a key here"),
        (DAEMON_SET, ("spec", "template", "metadata", "annotations", "note"), 7, "is not a string"),
        (DAEMON_SET, (*POD, "nodeSelector", "edge"), True, "nodeSelector.edge: True is not a string"),
        (DAEMON_SET, ("spec", "selector", "matchLabels", "app"), "other", "does not match the pods' labels"),
        (DAEMON_SET, ("spec", "selector"), DROP, "spec.selector: is missing"),
        (DAEMON_SET, (*ROLLING, "maxUnavailable"), DROP, None),
        (DAEMON_SET, (*ROLLING, "maxSurge"), 1, "as well as maxUnavailable"),
        (DAEMON_SET, ROLLING, {"maxSurge": 1}, "as well as maxUnavailable"),
        (DAEMON_SET, ROLLING, {"maxSurge": "0%", "maxUnavailable": 0}, "allows no pod to be removed"),
        (DAEMON_SET, ROLLING, {"maxSurge": "10%", "maxUnavailable": 0}, "would wait for ever"),
        (DAEMON_SET, (*POD, "hostNetwork"), True, "with hostNetwork they are one port"),
        (DAEMON_SET, (*CONTAINER, "ports"), [{"name": "web", "containerPort": 1, "hostPort": 80}] * 2, "taken twice"),
        (DAEMON_SET, (*CONTAINER, "image"), "edge", "is not pinned"),
        (DAEMON_SET, (*CONTAINER, "image"), "registry.example:5000/edge", "is not pinned"),
        (DAEMON_SET, (*CONTAINER, "image"), "edge:latest", "is not pinned"),
        (DAEMON_SET, (*CONTAINER, "image"), "edge@sha256:" + "0" * 64, None),
        (DAEMON_SET, (*CONTAINER, "env", 0, "value"), True, "env.A: True is not a string"),
        (DAEMON_SET, (*CONTAINER, "env", 1, "name"), "A", "is given twice"),
        (DAEMON_SET, (*CONTAINER, "args", 0), 1, "args[0]: 1 is not a string"),
        (DAEMON_SET, (*CONTAINER, "livenessProbe", "httpGet", "port"), "ping", "is not a port of the container"),
        (DAEMON_SET, (*CONTAINER, "volumeMounts", 0, "name"), "logs", "is not a volume of the pod"),
        (DAEMON_SET, (*POD, "containers"), [], "Give the pod a container"),
        (CONFIG_MAP, ("data",), {"fd00::1": "x"}, "an IPv6 address cannot be a key"),
        (CONFIG_MAP, ("data",), {"on": True}, "data.on: True is not a string"),
        (INGRESS, (*WAY, "pathType"), DROP, "is missing or not known"),
        (INGRESS, (*WAY, "path"), "api", "does not begin with '/'"),
        (INGRESS, (*WAY, "path"), "/a/../b", "is a path that the API refuses"),
        (INGRESS, (*WAY, "path"), "/a/..b/.c", None),
        (INGRESS, (*WAY, "backend", "service", "port"), {}, "does not name one port"),
    ],
)
def test_a_problem_is_named_with_its_place(each, path, value, said):
    found = [str(problem) for problem in problems([changed(each, path, value)])]
    assert len(found) == (said is not None)
    assert not said or said in found[0]


def test_a_secret_is_not_told():
    (problem,) = problems([changed(SECRET, ("data", "users"), 4711)])
    assert "4711" not in str(problem)


def test_all_problems_are_told_together_by_the_filter():
    wrong = [changed(CONFIG_MAP, ("data",), {"on": True}), changed(INGRESS, (*WAY, "pathType"), DROP), CONFIG_MAP]
    with pytest.raises(AnsibleFilterError) as told:
        kubernetes_objects(wrong, "edge")
    assert len(str(told.value).splitlines()) == 3
    assert "ConfigMap edge/pools: is declared twice" in str(told.value)


def test_with_host_network_a_container_port_is_the_nodes():
    surging = changed(DAEMON_SET, ROLLING, {"maxSurge": 1, "maxUnavailable": 0})
    bare = changed(surging, PORT, {"name": "web", "containerPort": 8000})
    assert list(problems([bare])) == []
    (problem,) = problems([changed(bare, (*POD, "hostNetwork"), True)])
    assert "would wait for ever" in str(problem)
