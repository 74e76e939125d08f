# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Services the cloud provider leaves behind, however far it had got, and whose addresses a pool must not have."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.pool_claims import pool_claims
from ansible_collections.k8s_edge.ha.plugins.filter.provider_leaves import provider_leaves

from .kubernetes_sets import provider

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
ADDRESS = "kube-vip.io/loadbalancerIPs"
LABEL = {"implementation": "kube-vip"}
CLASS = "kube-vip.io/kube-vip-class"


def service(name="a", namespace="default", labels=None, annotations=None, finalizers=(FINALIZER,), status=(), **spec):
    metadata = {"name": name, "namespace": namespace, "resourceVersion": "7", "finalizers": list(finalizers)}
    metadata |= {"labels": labels or {}, "annotations": annotations or {}}
    ingress = {"loadBalancer": {"ingress": [{"ip": each} for each in status]}}
    return {"kind": "Service", "metadata": metadata, "spec": {"type": "LoadBalancer", **spec}, "status": ingress}


def deployment(**given):
    return [each for each in kube_vip_cloud_provider_objects(provider(**given)) if each["kind"] == "Deployment"]


BOTH, BY_CLASS, NOBODY = deployment(), deployment(load_balancer_class=True), []
SERVED = service("served", labels=LABEL, annotations={ADDRESS: "10.0.0.1"})
NONE_LEFT = service("none-left")
NAMED = service("named", annotations={ADDRESS: "10.0.0.9"}, loadBalancerIP="10.0.0.9")
OF_CLASS = service("of-class", loadBalancerClass=CLASS)
PLAIN = service("plain", finalizers=["example.org/other"])
OF_ANOTHER = service("of-another", status=["203.0.113.7"])
ANOTHER_CLASS = service("another-class", loadBalancerClass="example.org/lb")
ALL = [SERVED, NONE_LEFT, NAMED, OF_CLASS, PLAIN, OF_ANOTHER, ANOTHER_CLASS]


@pytest.mark.parametrize(
    ("before", "mode", "left"),
    [
        (BOTH, "none", ["served", "none-left", "named"]),
        (BY_CLASS, "none", ["served", "named", "of-class"]),
        (NOBODY, "none", ["served", "none-left", "named", "of-class"]),
        (BOTH, "class", ["served", "none-left", "named"]),
        (BY_CLASS, "without", ["of-class"]),
        (BY_CLASS, "class", ["served", "named"]),
        (BOTH, "without", []),
    ],
)
def test_who_would_wait_for_ever(before, mode, left):
    found = provider_leaves(ALL, before, mode)
    assert [each["metadata"]["name"] for each in found["patches"]] == left
    assert all(name in found["message"] for name in left)
    assert found["turns"] == ((before, mode) not in ((BY_CLASS, "class"), (BOTH, "without")))


def test_a_new_provider_turns_nothing():
    assert provider_leaves(ALL, NOBODY, "without")["turns"] is False


def test_the_finalizer_goes_and_nothing_else_and_only_of_the_version_that_was_read():
    (patch,) = provider_leaves([service(finalizers=["a/b", FINALIZER], labels=LABEL)], NOBODY, "none")["patches"]
    expected = {"namespace": "default", "name": "a", "resourceVersion": "7", "finalizers": ["a/b"]}
    assert patch == {"apiVersion": "v1", "kind": "Service", "metadata": expected}


def test_one_that_is_no_load_balancer_any_more_waits_for_a_provider_of_the_class():
    former = service(labels=LABEL, loadBalancerClass=None, type="ClusterIP")
    assert provider_leaves([former], BY_CLASS, "class")["patches"]
    assert not provider_leaves([former], BOTH, "without")["patches"]


NODE = {
    "kind": "Node",
    "metadata": {"name": "edge-1"},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.113"}, {"type": "Hostname", "address": "edge-1"}]
    },
}


def claims(*found, namespace="global", cidr="10.0.0.0/24"):
    return pool_claims(list(found), [{"namespace": namespace, "cidrs": [cidr]}])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (NODE, "contains 10.0.0.113, the address of Node edge-1 itself"),
        (service(status=["10.0.0.7"]), "holds 10.0.0.7, which Service default/a has (status.loadBalancer)"),
        (service(loadBalancerIP="10.0.0.7"), "(spec.loadBalancerIP)"),
        (service(externalIPs=["10.0.0.7"]), "(spec.externalIPs)"),
        (service(clusterIP="10.0.0.7", clusterIPs=["10.0.0.7"]), "(spec.clusterIPs)"),
    ],
)
def test_addresses_of_nodes_and_of_others_are_no_part_of_a_pool(found, said):
    told = claims(found)
    assert len(told["conflicts"]) == 1 and said in told["conflicts"][0] and told["uncounted"] == []
    assert claims(found, cidr="10.1.0.0/24") == {"conflicts": [], "uncounted": []}


def test_what_the_provider_counts_is_its_own():
    own = service(labels=LABEL, annotations={ADDRESS: "10.0.0.1"}, loadBalancerIP="10.0.0.1", status=["10.0.0.1"])
    shared = service("b", loadBalancerIP="10.0.0.1", annotations={ADDRESS: "10.0.0.1"})
    by_hand = service("c", annotations={ADDRESS: "10.0.0.2"}, clusterIP="None")
    assert claims(own, shared, by_hand) == {"conflicts": [], "uncounted": []}


def test_for_a_namespaces_pool_it_counts_those_of_the_namespace():
    elsewhere = service(labels=LABEL, annotations={ADDRESS: "10.0.0.1"})
    assert "default/a has 10.0.0.1" in claims(elsewhere, namespace="shop")["uncounted"][0]
    assert claims(elsewhere, namespace="default")["uncounted"] == []


def test_one_that_names_its_address_is_held_and_not_counted():
    told = claims(service(annotations={ADDRESS: "10.0.0.9"}, loadBalancerIP="10.0.0.9", status=["10.0.0.9"]))
    assert told["conflicts"] == []
    assert len(told["uncounted"]) == 1 and "Give it the label implementation=kube-vip" in told["uncounted"][0]


def test_a_dhcp_server_gives_what_it_likes():
    assert pool_claims([NODE], [{"cidrs": ["0.0.0.0/32"]}]) == {"conflicts": [], "uncounted": []}
