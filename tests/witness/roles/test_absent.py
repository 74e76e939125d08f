# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster's side has made goes by ``state: absent``, also when nothing of it is declared any more."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

PLAYBOOK = Path(__file__).resolve().parents[3] / "playbooks" / "kubernetes.yml"
ROLES = ("edge_nodes", "kube_vip", "kube_vip_cloud_provider", "kube_keepalived_vip", "traefik")
OWNERS = ("kube-vip", "kube-vip-cloud-provider", "keepalived-vip", "traefik")
CLEANUP = "service.kubernetes.io/load-balancer-cleanup"


def asked(kubeconfig, path, body=None, kind="application/json", method=None):
    server = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    data = json.dumps(body).encode() if body else None
    method = "PATCH" if "merge" in kind else method
    request = urllib.request.Request(server + path, data, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def account(owner):
    return {"metadata": {"name": owner, "namespace": "kube-system", "labels": {"k8s-edge.ha/owner": owner}}}


def test_nothing_stays_behind_and_no_service_waits_for_who_is_gone(kubeconfig, ansible_playbook):
    for owner in OWNERS:
        asked(kubeconfig, "/api/v1/namespaces/kube-system/serviceaccounts", account(owner))
    labelled = {"metadata": {"labels": {"edgenode": "true"}}}
    asked(kubeconfig, "/api/v1/nodes/edge-1", labelled, "application/merge-patch+json")
    given = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    for name, label, status in (
        ("ours", {"implementation": "kube-vip"}, given),
        ("pending", {}, {}),
        ("theirs", {}, given),
    ):
        metadata = {"name": name, "namespace": "default", "labels": label, "finalizers": ["example.org/x", CLEANUP]}
        service = {"metadata": metadata, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}, "status": status}
        asked(kubeconfig, "/api/v1/namespaces/default/services", service)

    for name in ("kubevip-ours", "of-somebody-else"):
        lease = {"metadata": {"name": name, "namespace": "default"}, "spec": {}}
        asked(kubeconfig, "/apis/coordination.k8s.io/v1/namespaces/default/leases", lease)

    variables = {f"{role}_state": "absent" for role in ROLES}
    variables["kube_vip_services"] = {"election": True}
    variables |= {"k8s_edge_kubeconfig": str(kubeconfig), "ansible_python_interpreter": sys.executable}
    ansible_playbook("-i", "localhost,", str(PLAYBOOK), "-e", json.dumps(variables))

    accounts = asked(kubeconfig, "/api/v1/serviceaccounts")["items"]
    assert {each["metadata"]["name"] for each in accounts} & set(OWNERS) == set()
    assert "edgenode" not in asked(kubeconfig, "/api/v1/nodes/edge-1")["metadata"].get("labels", {})
    services = {each["metadata"]["name"]: each for each in asked(kubeconfig, "/api/v1/services")["items"]}
    assert services["ours"]["metadata"]["finalizers"] == ["example.org/x"]
    assert services["pending"]["metadata"]["finalizers"] == ["example.org/x"], "the finalizer comes before the label"
    leases = asked(kubeconfig, "/apis/coordination.k8s.io/v1/leases")["items"]
    assert [each["metadata"]["name"] for each in leases] == ["of-somebody-else"]
    assert services["theirs"]["metadata"]["finalizers"] == ["example.org/x", CLEANUP]
