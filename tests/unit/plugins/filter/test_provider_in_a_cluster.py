# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services meet the cloud provider and kube-vip of the stand-in, as our objects make them, change them and go. Its
provider puts its finalizer before its label and looks at services of one kind only, as the real one does."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.pool_claims import pool_claims
from ansible_collections.k8s_edge.ha.plugins.filter.provider_leaves import provider_leaves
from kube_api import Cluster, Refused

from .kubernetes_sets import kube_vip, provider

CLASS = "kube-vip.io/kube-vip-class"
POOLS = [
    {"ranges": ["172.20.0.200-172.20.0.200"], "interface": "eth1"},
    {"namespace": "shop", "cidrs": ["172.20.1.1/32"]},
]
PLURALS = {"DaemonSet": "daemonsets", "Deployment": "deployments", "ConfigMap": "configmaps"}


class Inhabited:
    """A cluster with our kube-vip and provider, and the Services of people."""

    def __init__(self):
        self.cluster = Cluster(1)
        self.cluster.create(("v1", "namespaces", "", "shop"), {"metadata": {"name": "shop"}}, dry=False)

    def apply(self, *objects):
        for each in objects:
            if each["kind"] in PLURALS:
                metadata = each["metadata"]
                key = (each["apiVersion"], PLURALS[each["kind"]], metadata["namespace"], metadata["name"])
                self.cluster.objects.pop(key, None)
                self.cluster.create(key, each, dry=False)
        self.cluster.settle()

    def add(self, name, namespace="default", **spec):
        body = {"metadata": {"name": name}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], **spec}}
        self.cluster.create(("v1", "services", namespace, name), body, dry=False)
        self.cluster.settle()
        return self.service(name, namespace)

    def service(self, name, namespace="default"):
        return self.cluster.get(("v1", "services", namespace, name))

    def held(self, name, namespace="default"):
        ingress = self.service(name, namespace).get("status", {}).get("loadBalancer", {}).get("ingress", [])
        return [each["ip"] for each in ingress]

    def deployments(self):
        return self.cluster.listed("apps/v1", "deployments", "", "")["items"]

    def services(self):
        return self.cluster.listed("v1", "services", "", "")["items"]

    def leave(self, former, mode):
        for patch in provider_leaves(self.services(), former, mode)["patches"]:
            key = ("v1", "services", patch["metadata"]["namespace"], patch["metadata"]["name"])
            self.cluster.patch(key, patch, dry=False)

    def delete(self, name, namespace="default"):
        """Whether it is gone then."""
        key = ("v1", "services", namespace, name)
        self.cluster.delete(key, dry=False)
        self.cluster.settle()
        return key not in self.cluster.objects


@pytest.fixture
def people():
    made = Inhabited()
    made.apply(*kube_vip_objects(kube_vip()), *kube_vip_cloud_provider_objects(provider(POOLS)))
    made.add("one")
    made.add("two", "shop")
    made.add("none-left")
    made.add("named", loadBalancerIP="172.20.0.99")
    made.add("of-a-class", loadBalancerClass=CLASS)
    return made


def test_services_of_every_namespace_are_held_on_the_interface_of_their_pool(people):
    assert people.held("one") == ["172.20.0.200"]
    assert people.held("two", "shop") == ["172.20.1.1"]
    on = [
        people.service(*which)["metadata"]["annotations"].get("kube-vip.io/serviceInterface")
        for which in (("one",), ("two", "shop"))
    ]
    assert on == ["eth1", None]
    assert people.held("none-left") == [] and "labels" not in people.service("none-left")["metadata"]
    assert people.held("named") == ["172.20.0.99"] and "labels" not in people.service("named")["metadata"]
    assert "finalizers" not in people.service("of-a-class")["metadata"]


def test_one_namespace_is_watched_where_one_is_named():
    made = Inhabited()
    only = kube_vip(services={"watch_namespace": "shop"})
    made.apply(*kube_vip_objects(only), *kube_vip_cloud_provider_objects(provider(POOLS)))
    made.add("one")
    made.add("two", "shop")
    assert (made.held("one"), made.held("two", "shop")) == ([], ["172.20.1.1"])


def test_services_that_wait_for_who_looks_at_them_no_longer_hang(people):
    people.apply(*kube_vip_cloud_provider_objects(provider(POOLS, load_balancer_class=True)))
    assert people.delete("one") is False


@pytest.mark.parametrize("absent", [True, False])
def test_none_hangs_that_is_released(people, absent):
    former = people.deployments()
    if absent:
        for key in [key for key in people.cluster.objects if key[1] == "deployments"]:
            del people.cluster.objects[key]
    else:
        people.apply(*kube_vip_cloud_provider_objects(provider(POOLS, load_balancer_class=True)))
    people.leave(former, "none" if absent else "class")
    assert people.held("one") == ["172.20.0.200"]
    assert all(people.delete(*which) for which in (("one",), ("two", "shop"), ("none-left",), ("named",)))


def test_and_back(people):
    people.apply(*kube_vip_cloud_provider_objects(provider(POOLS, load_balancer_class=True)))
    former = people.deployments()
    assert people.service("of-a-class")["metadata"]["finalizers"]
    people.apply(*kube_vip_cloud_provider_objects(provider(POOLS)))
    people.leave(former, "without")
    assert people.delete("of-a-class")


def test_what_the_provider_gave_is_no_conflict_with_its_pool(people):
    found = [*people.services(), *people.cluster.listed("v1", "nodes", "", "")["items"]]
    assert pool_claims(found, POOLS) == {"conflicts": [], "uncounted": []}
    wider = [{"ranges": ["172.20.0.90-172.20.0.200"]}]
    told = pool_claims(found, wider)
    assert "172.20.0.113, the address of Node edge-1 itself" in told["conflicts"][0]
    assert "default/named has 172.20.0.99" in told["uncounted"][0]


def test_a_patch_of_an_older_version_is_refused(people):
    (patch,) = (
        each
        for each in provider_leaves(people.services(), people.deployments(), "none")["patches"]
        if each["metadata"]["name"] == "one"
    )
    key = ("v1", "services", "default", "one")
    people.cluster.patch(key, {"metadata": {"labels": {"by": "somebody"}}}, dry=False)
    with pytest.raises(Refused, match="cannot be fulfilled"):
        people.cluster.patch(key, patch, dry=False)
