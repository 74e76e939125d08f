# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster's side cannot be is refused before anything of it is asked or changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

PLAYBOOK = Path(__file__).resolve().parents[3] / "playbooks" / "kubernetes.yml"
POOLS = [{"ranges": ["172.20.0.200-172.20.0.210"]}]
DIRECTED = {
    "name": "edge",
    "addresses": ["172.20.0.119/17"],
    "hosts": "edge",
    "leads_to": "edge",
    "profile": "ipvs",
    "ports": [80, 443],
}


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, "cannot lead port 80, 443 to Traefik's hostPort"),
        ({"traefik_host_network": True}, "only root may listen on in the network of edge-1"),
    ],
)
def test_an_edge_that_traefik_cannot_serve(tmp_path, ansible_playbook, declared, said):
    assert said in refused(tmp_path, ansible_playbook, {"k8s_edge_vips": [DIRECTED], **declared})


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"traefik_acme": {"email": "me@example.com"}, "traefik_http_port": 70000}, "http_port"),
        ({"kube_vip_services": {"interface": "eth0"}, "kube_vip_lease_duration": 1}, "lease_duration"),
        ({"kube_vip_cloud_provider_pools": [{"ranges": ["10.0.0.9-10.0.0.1"]}]}, "10.0.0.9-10.0.0.1"),
        (
            {"kube_keepalived_vip_services": [{"address": "10.0.0.9", "service": "nowhere"}]},
            "kube_keepalived_vip_services",
        ),
    ],
    ids=["traefik", "kube_vip", "kube_vip_cloud_provider", "kube_keepalived_vip"],
)
def test_what_a_part_cannot_be_is_said_before_another_is_made(tmp_path, ansible_playbook, declared, said):
    told = refused(tmp_path, ansible_playbook, declared)
    assert said in told and "Label the edge" not in told and "/nowhere" not in told


RULE = {"service": "web"}
INGRESS = {"name": "Shop", "rules": [{**RULE, "host": "https://a", "port": 0}]}
KUBE_VIP = {
    "kube_vip_control_plane": {"addresses": ["10.0.0.1"], "port": "abc"},
    "kube_vip_services": 0,
    "kube_vip_state": "abent",
}


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            {"traefik_ingresses": [INGRESS]},
            ["[0].name: 'Shop' cannot", "rules[0].host: 'https://a' cannot", "rules[0].port: 0 is not a port"],
        ),
        ({"traefik_resources": {"limits": {"memory": "much"}}}, ["resources.limits.memory: 'much' is not a quantity"]),
        ({"traefik_crds": ["/nowhere/crds.yml"]}, ["/nowhere/crds.yml"]),
        (
            {"kube_vip_cloud_provider_pools": POOLS, "kube_vip_cloud_provider_replicas": "-1"},
            ["replicas: -1 would stop"],
        ),
        (KUBE_VIP, [".port: 'abc' is a string, and", "services: 0 is a number, and", "state: 'abent' is not known"]),
        ({"edge_nodes_labels": {"edgenode": True}}, ["edge_nodes_labels[edgenode]: True is not a string"]),
        ({"kubernetes_objects_wait": "perhaps"}, ["kubernetes_objects_wait: 'perhaps' is a string, and true or false"]),
        ({"k8s_edge_traefik": "perhaps"}, ["k8s_edge_traefik: 'perhaps' is a string, and true or false"]),
    ],
    ids=["ingress", "quantity", "definitions", "replicas", "types", "label", "wait", "traefik"],
)
def test_what_the_api_would_refuse_later_is_said_before(tmp_path, ansible_playbook, declared, said):
    told = refused(tmp_path, ansible_playbook, declared)
    assert [each for each in said if each not in told] == []
    assert "Label the edge" not in told


def test_texts_that_mean_no_are_not_true(tmp_path, ansible_playbook):
    """By extra variables every value is a text: the ingress is not wanted, and services with and without class are."""
    services = {"kube_vip_services": {"interface": "eth0"}, "kube_vip_cloud_provider_pools": POOLS}
    no = ("-e", "k8s_edge_traefik=false", "-e", "kube_vip_cloud_provider_load_balancer_class=false")
    told = refused(tmp_path, ansible_playbook, services, *no)
    assert "Read DaemonSets, static pods" in told and "/nowhere" in told
    assert "get no address" not in told and "Derive the objects of Traefik" not in told


def refused(tmp_path, ansible_playbook, variables, *more):
    variables = {"k8s_edge_kubeconfig": "/nowhere", **variables}
    group = {"hosts": {"edge-1": {"ansible_host": "172.20.0.113"}}}
    whole = {"vars": {**variables, "ansible_python_interpreter": sys.executable}, "children": {"edge": group}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": whole}))
    return ansible_playbook("-i", "hosts.yml", str(PLAYBOOK), *more, fails=True)
