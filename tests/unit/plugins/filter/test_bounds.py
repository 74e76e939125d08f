# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a value of the right type may be, in variables of the cluster's side, inner keys too, and in objects."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_node_patches import edge_node_patches
from ansible_collections.k8s_edge.ha.plugins.filter.kube_keepalived_vip_objects import kube_keepalived_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects, problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.values import quantity

from .kubernetes_sets import BGP, kube_vip, provider, settings
from .traefik_settings import settings as traefik

ADDRESS = {"addresses": ["10.0.0.1"]}
RULE = {"service": "web"}


def kube_keepalived_vip(**given):
    beside = {"node_selector": {"edgenode": "true"}, "tolerations": [], "config_map": "a/b"}
    return settings("kube_keepalived_vip", **beside, services=[{"address": "10.0.0.9"}], **given)


def ingress(**given):
    return traefik(ingresses=[{"name": "a", "rules": [RULE], **given}])


def bgp(**given):
    return kube_vip(mode="bgp", bgp={**BGP["bgp"], **given})


MAKERS = {
    kube_vip_objects: [
        (kube_vip(control_plane={**ADDRESS, "port": 0}), "kube_vip_control_plane.port: 0 is not a port"),
        (kube_vip(control_plane={**ADDRESS, "port": "65536"}), "port: 65536 is not a port"),
        (kube_vip(control_plane={**ADDRESS, "metrics_port": -1}), "metrics_port: -1 is not a port"),
        (kube_vip(control_plane={**ADDRESS, "subnet": 33}), "subnet: '33' is not a prefix length"),
        (kube_vip(control_plane={**ADDRESS, "subnet": "32,128"}), "subnet: '32,128' is not a prefix length"),
        (kube_vip(control_plane={**ADDRESS, "subnet": "auto"}), "subnet: 'auto' is not a prefix length"),
        (kube_vip(control_plane={**ADDRESS, "subnet": "255.255.255.0"}), "is not a prefix length"),
        (kube_vip(control_plane={"addresses": ["fd00::1"], "subnet": "129"}), "subnet: '129' is not a prefix length"),
        (kube_vip(control_plane={"addresses": ["10.0.0.1", "10.0.0.2"]}), "are 2 of IPv4, and kube-vip holds one"),
        (
            kube_vip(control_plane={**ADDRESS, "interface": "eth 0"}),
            "interface: 'eth 0' is not the name of an interface",
        ),
        (kube_vip(control_plane={**ADDRESS, "lease_name": "a/b"}), "lease_name: 'a/b' cannot name a lease"),
        (kube_vip(control_plane={**ADDRESS, "nodes": {"a b": ""}}), "nodes: 'a b' cannot be a label"),
        (kube_vip(services={"interface": "much-too-long-a-name"}), "kube_vip_services.interface"),
        (kube_vip(services={"subnet": "24,129"}), "kube_vip_services.subnet"),
        (kube_vip(services={"subnet": "24,64,1"}), "kube_vip_services.subnet"),
        (kube_vip(services={"metrics_port": 2112}), "is the control plane's too"),
        (kube_vip(services={"watch_namespace": "a.b"}), "watch_namespace: 'a.b' cannot name a namespace"),
        (kube_vip(services={"load_balancer_class": "a b"}), "load_balancer_class: 'a b' cannot be a label"),
        (kube_vip(services={"nodes": {"a": ["b"]}}), "nodes[a]: ['b'] cannot be a label's value"),
        (kube_vip(namespace="Kube"), "kube_vip_namespace: 'Kube' cannot name a namespace"),
        (kube_vip(environment={"a b": 1}), "cannot name an environment variable"),
        (kube_vip(environment={"a": [1]}), "kube_vip_environment.a: [1] is not a string"),
        (kube_vip(environment={"a": {"from": "b"}}), "kube_vip_environment.a: ['from'] is not a source of a value"),
        (bgp(**{"as": 4294967296}), "kube_vip_bgp.as: 4294967296 is not an AS number"),
        (bgp(router_interface=None, router_id="node-1"), "router_id: 'node-1' is not an IPv4 address"),
        (bgp(router_interface="e/0"), "router_interface: 'e/0' is not the name of an interface"),
        (bgp(peers=[{"address": "10.0.0.1/24", "as": 1}]), "peers[0].address: '10.0.0.1/24' is not an address"),
        (bgp(peers=[{"address": "10.0.0.1", "as": 0}]), "peers[0].as: 0 is not an AS number"),
    ],
    kube_vip_cloud_provider_objects: [
        (provider(replicas=-1), "kube_vip_cloud_provider_replicas: -1 would stop"),
        (provider([{"namespace": "a_b", "ranges": ["10.0.0.1-10.0.0.2"]}]), "'a_b' cannot name a namespace"),
        (provider([{"interface": "a b", "ranges": ["10.0.0.1-10.0.0.2"]}]), "'a b' is not the name of an interface"),
        (provider(namespace="Kube"), "kube_vip_cloud_provider_namespace: 'Kube'"),
    ],
    kube_keepalived_vip_objects: [
        (kube_keepalived_vip(health_port=0), "kube_keepalived_vip_health_port: 0 is not a port"),
        (kube_keepalived_vip(virtual_router_id="256"), "virtual_router_id: 256 is not a virtual router ID"),
        (kube_keepalived_vip(interface="a b"), "kube_keepalived_vip_interface: 'a b'"),
        (kube_keepalived_vip(namespace="Edge"), "kube_keepalived_vip_namespace: 'Edge'"),
    ],
    traefik_objects: [
        (ingress(name="A"), "traefik_ingresses[0].name: 'A' cannot name an Ingress"),
        (ingress(namespace="a.b"), "traefik_ingresses[0].namespace: 'a.b'"),
        (ingress(rules=[]), "traefik_ingresses[0].rules: is missing"),
        (ingress(rules=[{**RULE, "host": "a:80"}]), "rules[0].host: 'a:80' cannot be a host"),
        *(
            (ingress(rules=[{**RULE, "path": path}]), f"rules[0].path: '{path}' is a path that the API refuses")
            for path in ("//", "/a//b", "/a/../b", "/./a", "/a/.", "/a/..", "/a%2Fb", "/a%2f")
        ),
        (ingress(rules=[{**RULE, "host": "10.0.0.1"}]), "rules[0].host: '10.0.0.1' is an IP address"),
        (ingress(rules=[{**RULE, "host": "a.*.b"}]), "rules[0].host: 'a.*.b' cannot be a host"),
        (ingress(rules=[{**RULE, "port": 0}]), "rules[0].port: 0 is not a port"),
        (ingress(rules=[{**RULE, "port": "65536"}]), "rules[0].port: 65536 is not a port"),
        (ingress(rules=[{**RULE, "port": "a-name-that-is-long"}]), "cannot name a port"),
        (ingress(rules=[{"service": "1web"}]), "rules[0].service: '1web' cannot name a Service"),
        (ingress(tls=[{"hosts": ["A"], "secret": "b_c"}]), "tls[0].secret: 'b_c' cannot name a Secret"),
        (traefik(leaving_seconds=-1), "traefik_leaving_seconds: -1 is not a number of seconds"),
        (traefik(min_ready_seconds=9999), "traefik_min_ready_seconds"),
        (traefik(ingress_class="A"), "traefik_ingress_class: 'A'"),
        (traefik(dashboard_host="https://a"), "traefik_dashboard_host: 'https://a' cannot be a host"),
        (traefik(acme={"email": "a", "provider": "b", "host_path": "data"}), "host_path: 'data' does not begin"),
        (traefik(priority_class="A b"), "traefik_priority_class: 'A b'"),
    ],
}


@pytest.mark.parametrize(
    ("maker", "given", "said"), [(maker, *case) for maker, cases in MAKERS.items() for case in cases]
)
def test_a_value_out_of_bounds_is_refused_by_its_name(maker, given, said):
    with pytest.raises(AnsibleFilterError) as told:
        maker(given)
    assert said in str(told.value)


def test_values_at_their_bounds_are_taken():
    kube_vip_objects(kube_vip(services={"subnet": "auto"}, control_plane={**ADDRESS, "port": 65535, "subnet": "0"}))
    kube_vip_objects(kube_vip(control_plane={"addresses": ["fd00::1"], "subnet": 64}))
    kube_vip_objects(kube_vip(environment={"a": None, "b": 1, "c": {"fieldRef": {"fieldPath": "spec.nodeName"}}}))
    traefik_objects(ingress(rules=[{**RULE, "host": "*.example.org", "port": "web"}]))


def test_addresses_stand_as_their_prefix_lengths_do_ipv4_first():
    made = kube_vip_objects(kube_vip(control_plane={"addresses": ["fd00::1", "10.0.0.1"]}))
    (pod,) = [each for each in made if each["metadata"]["name"] == "kube-vip-control-plane" and "spec" in each]
    found = {each["name"]: each.get("value") for each in pod["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert (found["address"], found["vip_subnet"]) == ("10.0.0.1,fd00::1", "32,128")


def test_a_label_of_nodes_is_a_text():
    made = checked_objects(kube_vip_objects(kube_vip(services={"nodes": {"edge": True}})))
    assert "'values': ['true']" in str(made)


def test_labels_and_taints_of_nodes():
    with pytest.raises(AnsibleFilterError, match="edge_nodes_labels"):
        edge_node_patches([], [], {}, {"a b": "c"})
    assert edge_node_patches([], [], {}, {"a": "c"}, [{"key": "a", "effect": "NoSchedule"}]) == []


def a_pod(**given):
    container = {"name": "a", "image": "a:v1", **given.pop("container", {})}
    spec = {"containers": [container], **given}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "a"}, "spec": spec}


def an_object(kind, name="a", namespace="a", version="v1", **rest):
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **place}, **rest}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (an_object("Namespace", "a.b", ""), "cannot name a namespace"),
        (an_object("Service", "1a", spec={}), "cannot name a Service"),
        (an_object("ConfigMap", "a", "A"), "cannot name a namespace"),
        (an_object("ConfigMap", "a" * 64), "cannot name an object"),
        (an_object("Service", spec={"ports": [{"port": 0}]}), "ports[0].port: 0 is not a port"),
        (an_object("Service", spec={"ports": [{"port": 80, "targetPort": "A"}]}), "targetPort: 'A' cannot name a port"),
        (a_pod(container={"ports": [{"containerPort": 65536}]}), "containerPort: 65536 is not a port"),
        (a_pod(container={"ports": [{"containerPort": 1, "hostPort": -1}]}), "hostPort: -1 is not a port"),
        (a_pod(container={"readinessProbe": {"tcpSocket": {"port": 0}}}), "readinessProbe.tcpSocket.port: 0"),
        (a_pod(container={"resources": {"requests": {"cpu": "50q"}}}), "requests.cpu: '50q' is not a quantity"),
        (a_pod(container={"resources": {"limit": {}}}), "resources: 'limit' is not a key there"),
        (a_pod(container={"resources": {"limits": "64Mi"}}), "resources.limits: '64Mi' is not a dictionary"),
        (
            a_pod(container={"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}}),
            "requests.memory: '1Gi' is more than the limit",
        ),
        (a_pod(tolerations=["edge"]), "tolerations[0]: 'edge' is not a dictionary"),
        (a_pod(tolerations=[{"operator": "exists"}]), "operator: 'exists' is unknown"),
        (a_pod(tolerations=[{"key": "a", "effect": "NoRun"}]), "effect: 'NoRun' is unknown"),
        (a_pod(tolerations=[{"key": "a", "operator": "Exists", "value": "b"}]), "has no meaning with Exists"),
        (a_pod(tolerations=[{"value": "b"}]), "key: is missing with Equal"),
        (a_pod(tolerations=[{"key": "a", "value": True}]), "value: True is not a string"),
        (a_pod(tolerations=[{"key": "a", "tolerationSeconds": 1}]), "a meaning with NoExecute only"),
        (a_pod(tolerations=[{"key": "a", "efect": "b"}]), "'efect' is not a key there"),
        (a_pod(priorityClassName="A"), "priorityClassName: 'A' cannot name one"),
    ],
)
def test_what_the_api_would_refuse_in_an_object(given, said):
    assert said in "\n".join(map(str, problems([given])))


def test_the_same_objects_as_the_api_takes_them():
    for given in (
        an_object("Service", spec={"ports": [{"port": 80, "targetPort": "web"}]}),
        a_pod(
            tolerations=[{"operator": "Exists"}, {"key": "a", "effect": "NoExecute", "tolerationSeconds": 1}],
            container={"resources": {"requests": {"cpu": 0.5, "memory": "64Mi"}, "limits": {"cpu": "500m"}}},
        ),
    ):
        assert not list(problems([given]))


def test_quantities_as_numbers():
    assert [quantity(each) for each in ("1Ki", "2k", "500m", "1e3", "1.5", 2, ".5G")] == [
        *(1024, 2000, 0.5, 1000, 1.5, 2, 500_000_000)
    ]
    assert [quantity(each) for each in ("", "1 Gi", "-1", "1KB", True, None, "a")] == [None] * 7
