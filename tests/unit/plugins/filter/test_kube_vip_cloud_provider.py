# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools that give each address once, in the keys that the provider looks for."""

from __future__ import annotations

import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory import address_pools

from .kubernetes_sets import POOLS, provider


def made(kind, *given, **more):
    (found,) = [each for each in kube_vip_cloud_provider_objects(provider(*given, **more)) if each["kind"] == kind]
    return found


def test_every_value_is_a_text_in_a_key_of_its_namespace():
    assert made("ConfigMap")["data"] == {
        "range-global": "172.20.0.200-172.20.0.210,fd00::200-fd00::210",
        "interface-global": "eth1",
        "cidr-shop": "172.20.1.0/29",
        "interface-shop": "",
        "allow-share-shop": "true",
    }
    found = made("ConfigMap", search_order="descending", skip_end_ips=True)["data"]
    assert (found["search-order"], found["skip-end-ips-in-cidr"]) == ("desc", "true")


def test_a_namespace_does_not_share_because_everybody_does():
    pools = [{"ranges": ["10.0.0.1-10.0.0.1"], "share": True}, {"namespace": "shop", "ranges": ["10.0.0.2-10.0.0.3"]}]
    found = made("ConfigMap", pools)["data"]
    assert (found["allow-share-global"], found["allow-share-shop"]) == ("true", "false")


def test_a_namespace_is_not_on_an_interface_because_everybody_is():
    pools = [
        {"ranges": ["10.0.0.1-10.0.0.1"], "interface": "eth1"},
        {"namespace": "shop", "ranges": ["10.0.0.2-10.0.0.3"]},
    ]
    found = made("ConfigMap", pools)["data"]
    assert (found["interface-global"], found["interface-shop"]) == ("eth1", "")
    assert "interface-shop" not in made("ConfigMap", [{**each, "interface": ""} for each in pools])["data"]


def test_the_provider_is_told_where_its_pools_are_and_what_to_serve():
    def environment(**given):
        (container,) = made("Deployment", **given)["spec"]["template"]["spec"]["containers"]
        return {each["name"]: each["value"] for each in container["env"]}

    where = {"KUBEVIP_NAMESPACE": "edge", "KUBEVIP_CONFIG_MAP": "kubevip"}
    assert environment(namespace="edge") == where
    assert environment(namespace="edge", load_balancer_class=True) == {
        **where,
        "KUBEVIP_ENABLE_LOADBALANCERCLASS": "true",
    }


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        ([], "is empty"),
        ({"ranges": []}, "a list is required here"),
        ([{"range": ["10.0.0.1-10.0.0.2"]}], "pools[0].range: is not an option here"),
        ([{"namespace": "shop"}], "has no addresses"),
        ([{"ranges": ["10.0.0.1-10.0.0.2"], "cidrs": ["10.0.1.0/24"]}], "would use the cidrs only"),
        ([{"ranges": ["10.0.0.2-10.0.0.1"]}], "lower bound IP greater than upper bound"),
        ([{"ranges": ["10.0.0.2-fd00::1"]}], "ranges[0]"),
        ([{"ranges": ["10.0.0.2"]}], "a first and a last address"),
        ([{"cidrs": ["10.0.0.1/24"]}], "10.0.0.1 is an address within the network 10.0.0.0/24"),
        ([{"cidrs": ["10.0.0.1"]}], "a network has a prefix length"),
        ([{"ranges": ["fd00::1-fd00::2"], "share": True}], "is for IPv4 only"),
        ([{"cidrs": ["10.0.0.0/29"]}, {"namespace": "a", "ranges": ["10.1.0.1-10.1.0.2"]}], "are never used"),
        (
            [POOLS[0], {"namespace": "a", "ranges": ["172.20.0.210-172.20.0.220"]}],
            "two services would get the same address",
        ),
        ([POOLS[1], {"namespace": "shop", "cidrs": ["10.0.0.0/29"]}], "has a pool already"),
    ],
)
def test_pools_that_cannot_work_are_refused(pools, said):
    with pytest.raises(AnsibleFilterError) as told:
        made("ConfigMap", pools)
    assert said in str(told.value)


def test_dhcp_may_be_asked_for_in_many_namespaces():
    pools = [{"cidrs": ["0.0.0.0/32"]}, {"namespace": "shop", "cidrs": ["0.0.0.0/32"]}]
    assert made("ConfigMap", pools)["data"]["cidr-shop"] == "0.0.0.0/32"


def test_a_controller_without_netaddr_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "netaddr", None)
    address_pools._addresses.cache_clear()
    with pytest.raises(EdgeError, match="pip install netaddr"):
        address_pools.pools_of([{"cidrs": ["10.0.0.0/28"]}], "pools", [])


def test_single_addresses_are_compared_without_netaddr(monkeypatch):
    monkeypatch.setitem(sys.modules, "netaddr", None)
    one = address_pools.Span("fd00::1", single=True)
    assert one.holds("fd00:0::1")
    assert not one.meets(address_pools.Span("10.0.0.1", single=True))
