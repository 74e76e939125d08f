# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A right of the documented ClusterRole that is missing, and a token of nobody, are said in a sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from .test_absent import asked

CHECKOUT = Path(__file__).resolve().parents[3]
PLAYBOOK = CHECKOUT / "playbooks" / "kubernetes.yml"
ROLE = yaml.safe_load((CHECKOUT / "roles/kubernetes_objects/files/cluster_role.yml").read_text())
RBAC = "/apis/rbac.authorization.k8s.io/v1"
FIVE = {
    "k8s_edge_vips": [{"name": "edge", "addresses": ["172.20.0.119/17"], "hosts": "edge"}],
    "traefik_vip": "edge",
    "kube_vip_control_plane": {"addresses": ["172.20.0.99"]},
    "kube_vip_services": {"interface": "eth0"},
    "kube_vip_cloud_provider_pools": [{"ranges": ["172.20.0.200-172.20.0.210"]}],
    "kube_keepalived_vip_services": [{"address": "172.20.0.50", "service": "default/web"}],
}


@pytest.fixture
def as_user(kubeconfig, tmp_path, ansible_playbook):
    """Run the playbook with a user's token."""

    def run(user, *arguments, playbook=PLAYBOOK, **options):
        mine = json.loads(kubeconfig.read_text())
        mine["users"][0]["user"] = {"token": user}
        (tmp_path / "mine").write_text(json.dumps(mine))
        variables = {"k8s_edge_kubeconfig": str(tmp_path / "mine"), "ansible_python_interpreter": sys.executable}
        hosts = {"edge-1": {"ansible_host": "172.20.0.113"}}
        whole = {"vars": {**variables, **FIVE}, "children": {"edge": {"hosts": hosts}}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": whole}))
        return ansible_playbook("-i", "hosts.yml", str(playbook), *arguments, **options)

    return run


def grant(kubeconfig, user, rules):
    role = {**ROLE, "metadata": {"name": f"k8s-edge-{user}"}, "rules": rules}
    asked(kubeconfig, f"{RBAC}/clusterroles", role)
    binding = {
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"k8s-edge-{user}"},
        "subjects": [{"kind": "User", "name": user}],
    }
    asked(kubeconfig, f"{RBAC}/clusterrolebindings", binding)


def without(kind, *verbs):
    """All rules, but none of some verbs for a kind."""
    rules = []
    for rule in ROLE["rules"]:
        rest = [each for each in rule["resources"] if each != kind]
        rules += [{**rule, "resources": rest}] if rest else []
        if kind in rule["resources"]:
            rules.append({**rule, "resources": [kind], "verbs": [each for each in rule["verbs"] if each not in verbs]})
    return rules


@pytest.mark.parametrize(
    ("user", "rules", "said"),
    [
        ("expired", None, ["does not accept the credentials (401 Unauthorized)", "k8s_edge_kubeconfig"]),
        ("visitor", [], ["User visitor may not list", "in the whole cluster (403 Forbidden)"]),
        ("reader", without("pods", "list"), ["User reader may not list pods in namespace kube-system"]),
    ],
    ids=["no user", "no right", "one right"],
)
def test_what_is_missing_is_named(kubeconfig, as_user, user, rules, said):
    if rules is not None:
        grant(kubeconfig, user, rules)
    told = as_user(user, fails=True)
    assert [each for each in said if each not in told] == []
    assert "HTTPHeaderDict" not in told and "Traceback" not in told and "b'{" not in told
    assert ("cluster_role.yml" in told) == (user != "expired")


def test_a_namespace_that_is_missing_is_named_before_anything_is_changed(kubeconfig, as_user):
    grant(kubeconfig, "guest", ROLE["rules"])
    told = as_user("guest", "-e", "kube_vip_namespace=network", fails=True)
    assert "kube_vip_namespace: network is not a namespace" in told and "kubectl create namespace network" in told
    assert "Label the edge nodes" not in told


SHOP = [{"name": "web", "namespace": "nobodys", "rules": [{"service": "web"}]}]
#: For a plan that asks no host but this machine, and there no daemon.
HERE = {
    "k8s_edge_vips": [],
    "traefik_vip": "172.20.0.119",
    "ansible_connection": "local",
    "ansible_become": False,
    "keepalived_config_path": "/nonexistent/keepalived.conf",
    "haproxy_config_path": "/nonexistent/haproxy.cfg",
}


@pytest.mark.parametrize(
    ("playbook", "declared"),
    [("kubernetes", {"traefik_ingresses": SHOP}), ("plan", {"traefik_ingresses": SHOP, **HERE})],
    ids=["kubernetes", "plan, before a host is changed"],
)
def test_a_namespace_that_an_ingress_lacks_is_named_before_anything_is_changed(kubeconfig, as_user, playbook, declared):
    grant(kubeconfig, f"owner-{playbook}", ROLE["rules"])
    more = ("-e", json.dumps(declared))
    told = as_user(f"owner-{playbook}", *more, playbook=PLAYBOOK.parent / f"{playbook}.yml", fails=True)
    assert "nobodys: no such namespace in the cluster" in told and "for Ingress web (traefik_ingresses" in told
    assert "kubectl create namespace NAME" in told and "Label the edge nodes" not in told


def test_a_kube_proxy_beside_kube_keepalived_vip_is_told_before_anything_is_changed(kubeconfig, as_user):
    grant(kubeconfig, "caller", ROLE["rules"])
    path, name = "/api/v1/namespaces/kube-system/configmaps", "kube-proxy"
    asked(
        kubeconfig, path, {"metadata": {"name": name}, "data": {"config.conf": "{mode: ipvs, ipvs: {strictARP: true}}"}}
    )
    told = as_user("caller", fails=True)
    asked(kubeconfig, f"{path}/{name}", method="DELETE")
    assert "kube-keepalived-vip empties" in told and "Label the edge nodes" not in told


CLASS = "kube-vip.io/kube-vip-class"
ELSEWHERE = {
    "traefik_namespace": "ingress",
    "traefik_ingress_class": "public",
    "kube_vip_namespace": "network",
    "kube_vip_services": {"interface": "eth0", "load_balancer_class": CLASS},
    "kube_vip_cloud_provider_namespace": "network",
    "kube_vip_cloud_provider_load_balancer_class": True,
    "kube_vip_cloud_provider_pools": [{"namespace": "shop", "cidrs": ["172.20.1.1/32"]}],
    "kube_keepalived_vip_services": [],
}


def test_the_documented_rights_serve_other_namespaces_classes_and_pools(kubeconfig, as_user):
    grant(kubeconfig, "operator", ROLE["rules"])
    for name in ("network", "shop"):
        asked(kubeconfig, "/api/v1/namespaces", {"metadata": {"name": name}})
    as_user("operator", "-e", json.dumps(ELSEWHERE))
    for name, more in (("of-the-class", {"loadBalancerClass": CLASS}), ("without", {})):
        spec = {"type": "LoadBalancer", "ports": [{"port": 80}], **more}
        asked(kubeconfig, "/api/v1/namespaces/shop/services", {"metadata": {"name": name}, "spec": spec})
    found = {each["metadata"]["name"]: each for each in asked(kubeconfig, "/api/v1/namespaces/shop/services")["items"]}
    assert found["of-the-class"]["status"]["loadBalancer"] == {"ingress": [{"ip": "172.20.1.1"}]}
    assert found["without"]["status"]["loadBalancer"] == {}
