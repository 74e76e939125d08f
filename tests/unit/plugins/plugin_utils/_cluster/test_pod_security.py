# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that a namespace refuses by the Pod Security Standards (https://kubernetes.io/docs/concepts/security/)."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.pod_security import ENFORCE, problems

#: What the level restricted asks for, and no more.
CONTEXT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def said(level, context=None, ports=(), kind="DaemonSet", **pod):
    container = {"name": "edge", "securityContext": {**CONTEXT, **(context or {})}, "ports": list(ports)}
    spec = {"template": {"spec": {"containers": [container], **pod}}}
    each = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "edge", "namespace": "web"}, "spec": spec}
    labels = {ENFORCE: level} if level else None
    return [str(problem) for problem in problems(each, {"metadata": {"name": "web", "labels": labels}})]


BASELINE = [
    ({"hostNetwork": True}, "host namespaces (hostNetwork=true)"),
    ({"hostPID": True}, "hostPID=true"),
    ({"volumes": [{"name": "run", "hostPath": {"path": "/run"}}]}, "hostPath volumes (volume run)"),
    ({"ports": [{"hostPort": 80}, {"containerPort": 1}]}, "hostPort (container edge uses 80)"),
    ({"context": {"privileged": True}}, "privileged (container edge)"),
    (
        {"context": {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "CHOWN"]}}},
        "(container edge adds NET_ADMIN)",
    ),
    ({"context": {"procMount": "Unmasked"}}, "procMount"),
    ({"context": {"seccompProfile": {"type": "Unconfined"}}}, "container edge has Unconfined"),
    ({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "pod has Unconfined"),
    ({"securityContext": {"sysctls": [{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_rmem"}]}}, "kernel.msgmax)"),
    ({"initContainers": [{"name": "first", "securityContext": {"privileged": True}}]}, "privileged (container first)"),
]
RESTRICTED = [
    ({"volumes": [{"name": "own", "nfs": {}}, {"name": "tmp", "emptyDir": {}}]}, "(volume own is nfs)"),
    ({"context": {"allowPrivilegeEscalation": None}}, "allowPrivilegeEscalation"),
    ({"context": {"capabilities": {}}}, "capabilities that are not dropped"),
    ({"context": {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}}, "unrestricted capabilities"),
    ({"context": {"runAsNonRoot": False}}, "runAsNonRoot"),
    ({"context": {"runAsUser": 0}}, "runAsUser is 0"),
    ({"context": {"seccompProfile": None}}, "seccompProfile is not"),
]


@pytest.mark.parametrize(("asked", "named"), BASELINE)
def test_what_baseline_forbids(asked, named):
    (found,) = said("baseline", **asked)
    assert named in found and found.startswith("Namespace web: 'baseline' forbids every pod of DaemonSet edge")
    assert said("privileged", **asked) == said(None, **asked) == []


@pytest.mark.parametrize(("asked", "named"), RESTRICTED)
def test_what_restricted_forbids_too(asked, named):
    (found,) = said("restricted", **asked)
    assert named in found and said("baseline", **asked) == []


def test_what_either_allows():
    allowed = {"context": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}}
    assert said("restricted", **allowed) == said("restricted", kind="ConfigMap", hostNetwork=True) == []
    of_the_pod = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}
    assert said("restricted", dict.fromkeys(of_the_pod), securityContext=of_the_pod) == []
    assert len(said("restricted", dict.fromkeys(of_the_pod))) == 1
