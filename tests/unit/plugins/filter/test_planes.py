# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address has one owner, whatever plane it is declared for, and nothing in the cluster claims it beside us."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.filter.cluster_conflicts import cluster_conflicts
from ansible_collections.k8s_edge.ha.plugins.filter.cluster_side import cluster_side
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_static_pod import kube_vip_static_pod
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_objects import kubernetes_objects
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import planes as _planes

from .conftest import host, interface
from .kubernetes_sets import kube_vip

# The seeds' drawing: keepalived holds .119 on the edge, kube-vip .99 and a pool.
EDGE = {"name": "edge", "addresses": ["172.20.0.119/17"], "hosts": "edge"}
GROUPS = {"all": ["edge-1", "edge-2"], "edge": ["edge-1", "edge-2"]}
HOSTS = {f"edge-{n}": {"ansible_host": f"172.20.0.11{n}"} for n in (3, 4)}
PLANES = {
    "control_plane": {"addresses": ["172.20.0.99"]},
    "services": {"interface": "eth0"},
    "pools": [{"ranges": ["172.20.0.200-172.20.0.210", "fd00::200-fd00::210"]}],
    "kube_keepalived_vip": ["172.20.0.50"],
}


def plane_conflicts(vips, groups, hosts, roles):
    found = _planes.conflicts(declared(vips, groups), hosts, _planes.planes_of(roles))
    return [str(problem) for problem in found]


def conflicts(vips=(EDGE,), hosts=None, **planes):
    given = {**PLANES, **planes}
    roles = {
        "kube_vip": {name: given[name] for name in ("control_plane", "services")},
        "kube_vip_cloud_provider": {"pools": given["pools"], "load_balancer_class": given.get("serves_class", False)},
        "kube_keepalived_vip": {
            "services": [{"address": each} for each in given["kube_keepalived_vip"]],
            "virtual_router_id": given.get("kube_keepalived_vip_router", 50),
        },
        "traefik": given.get("traefik", {}),
        "edge": given.get("edge", []),
    }
    return plane_conflicts(list(vips), GROUPS, hosts or HOSTS, roles)


def test_planes_that_keep_apart_have_no_conflict():
    assert conflicts() == []
    assert plane_conflicts([], GROUPS, HOSTS, {}) == []


@pytest.mark.parametrize(
    ("planes", "said"),
    [
        ({"control_plane": {"addresses": ["172.20.0.119"]}}, "keepalived and kube-vip would both hold it"),
        ({"kube_keepalived_vip": ["172.20.0.119"]}, "keepalived and kube-keepalived-vip would both hold it"),
        ({"kube_keepalived_vip": ["172.20.0.99"]}, "kube-vip and kube-keepalived-vip would both hold it"),
        ({"pools": [{"ranges": ["172.20.0.99-172.20.0.99"]}]}, "kube-vip issue 665"),
        ({"pools": [{"cidrs": ["172.20.0.119/32"]}]}, "a service may be given it while keepalived holds it"),
        ({"pools": [{"ranges": ["172.20.0.40-172.20.0.60"]}]}, "while kube-keepalived-vip holds it"),
        ({"control_plane": {"addresses": ["172.20.0.113"]}}, "the own address of host edge-3"),
        ({"pools": [{"ranges": ["172.20.0.114-172.20.0.115"]}]}, "the own address of host edge-4"),
        ({"kube_keepalived_vip_router": 119}, "is the virtual router ID of kube-keepalived-vip"),
        ({"services": {"election": True}, "pools": [{"ranges": ["10.0.0.1-10.0.0.1"], "share": True}]}, "issue 879"),
        ({"services": {"load_balancer_class": "edge"}}, "its services get no address"),
        ({"serves_class": True}, "those without one, which kube-vip serves, get no address"),
        ({"services": {"watch_namespace": "shop"}}, "services that kube-vip does not watch: it watches shop only"),
    ],
)
def test_each_conflict_is_named_with_its_reason(planes, said):
    found = conflicts(**planes)
    assert said in "\n".join(found)
    assert len(found) == 1


HOST_PORTS = {"http_port": 80, "https_port": "8443", "host_network": False}
DIRECTED = {**EDGE, "leads_to": "edge", "profile": "ipvs", "ports": [80, 443]}


def test_a_port_that_is_translated_before_the_kernel_sees_it_cannot_be_led_anywhere():
    found = conflicts([DIRECTED], edge=["edge-1", "edge-2"], traefik=HOST_PORTS, kube_keepalived_vip=[])
    assert len(found) == 1
    assert "cannot lead port 80 to Traefik's hostPort" in found[0]
    assert "Set traefik_host_network to true" in found[0]
    elsewhere = {"http_port": 8080, "https_port": 8443, "host_network": False}
    for planes in (
        {},
        {"traefik": {**HOST_PORTS, "host_network": "true"}},
        {"traefik": elsewhere},
        {"edge": ["edge-9"], "traefik": HOST_PORTS},
    ):
        assert conflicts([DIRECTED], **{"edge": ["edge-1"], "kube_keepalived_vip": [], **planes}) == []
    assert conflicts([EDGE], edge=["edge-1"], traefik=HOST_PORTS) == []


LISTENING = {"host_network": True, "leaving_seconds": 10, "min_ready_seconds": 5, "ping": "web"}


@pytest.mark.parametrize(
    ("vip", "traefik", "said"),
    [
        ({}, {}, []),
        ({}, {"leaving_seconds": "4"}, ["traefik_leaving_seconds: 4 is less than the 5 seconds"]),
        ({}, {"min_ready_seconds": 3}, ["traefik_min_ready_seconds: 3 is less than the 4 seconds"]),
        (
            {"virtual_server": {"delay_loop": 10}},
            {},
            ["10 is less than the 13 seconds", "5 is less than the 20 seconds"],
        ),
        ({}, {"ping": "traefik"}, ["traefik_ping: 'traefik' is where the directors of VIP edge cannot ask"]),
        ({"check": {"type": "http", "path": "/healthz"}}, {"ping": "traefik"}, []),
        ({}, {"host_network": False, "leaving_seconds": 1, "http_port": 8080, "https_port": 8443}, []),
        ({"leads_to": "all", "hosts": "all"}, {"leaving_seconds": 1, "state": "absent"}, []),
    ],
)
def test_directors_notice_a_traefik_that_is_updated_before_it_has_gone(vip, traefik, said):
    planes = {"edge": ["edge-1"], "traefik": {**LISTENING, **traefik}, "kube_keepalived_vip": []}
    found = conflicts([{**DIRECTED, **vip}], **planes)
    assert len(found) == len(said)
    assert [each for each, words in zip(found, said) if words not in each] == []


def test_a_table_that_others_empty_holds_no_virtual_servers():
    found = conflicts([DIRECTED], edge=["edge-1"])
    assert len(found) == 1
    assert "in the kernel of edge-1, whose whole table kube-keepalived-vip empties" in found[0]
    assert conflicts([DIRECTED], edge=["edge-1"], kube_keepalived_vip=[]) == []


def test_ranges_of_one_pool_may_overlap():
    ranges = ["172.20.0.200-172.20.0.210", "172.20.0.205-172.20.0.215"]
    assert conflicts(pools=[{"ranges": ranges}]) == []


def test_a_virtual_router_id_in_another_network_is_nobodys_matter():
    assert conflicts(kube_keepalived_vip=["10.0.0.1"], kube_keepalived_vip_router=119) == []


def test_a_class_that_the_provider_serves():
    assert conflicts(services={"load_balancer_class": "kube-vip.io/kube-vip-class"}, serves_class=True) == []


KUBE_VIPS_CLASS = {"interface": "eth0", "load_balancer_class": "kube-vip.io/kube-vip-class"}


@pytest.mark.parametrize(
    ("planes", "said"),
    [
        ({"services": KUBE_VIPS_CLASS, "serves_class": True}, "makes a Service without a class"),
        ({"services": {}, "serves_class": True}, "makes a Service without a class"),
        ({"services": {"load_balancer_class": "edge"}, "pools": []}, "those of the class edge alone are served"),
        ({"services": {"watch_namespace": "shop"}, "pools": []}, "makes a Service in edge, and kube-vip watches shop"),
        ({"services": {"watch_namespace": "edge"}, "pools": []}, None),
        ({}, None),
    ],
)
def test_traefiks_own_service_is_one_that_is_served(planes, said):
    found = conflicts(traefik={"service_type": "LoadBalancer", "namespace": "edge"}, **planes)
    assert len(found) == (1 if said else 0), found
    assert not said or said in found[0]
    assert not conflicts(traefik={"service_type": "ClusterIP"}, **planes)


@pytest.mark.parametrize("word", ["false", "no", "off", False, 0])
def test_a_text_is_not_true_because_it_is_not_empty(word):
    services = {"interface": "eth0", "election": word}
    pools = [{"ranges": ["10.0.0.1-10.0.0.1"], "share": "true"}]
    assert conflicts(serves_class=word, services=services, pools=pools) == []


def test_what_is_absent_claims_nothing():
    away = {"state": "absent", "control_plane": {"addresses": ["172.20.0.119"]}}
    assert plane_conflicts([EDGE], GROUPS, HOSTS, {"kube_vip": away}) == []
    with pytest.raises(InputError, match="kube_vip_state: 'abent' is not known here"):
        plane_conflicts([EDGE], GROUPS, HOSTS, {"kube_vip": {**away, "state": "abent"}})


def test_a_pool_of_the_one_namespace_that_is_watched():
    pools = [{"namespace": "shop", "ranges": ["172.20.0.200-172.20.0.210"]}]
    assert conflicts(services={"watch_namespace": "shop"}, pools=pools) == []


def test_an_address_that_a_host_holds_for_others_is_not_its_own():
    held = host(
        interface("eth0", "172.20.0.113/17", secondaries=("172.20.0.99/17", "172.20.0.200/32", "172.20.0.202/17")),
        interface("vrrp.51", "172.20.0.119/17"),
        interface("kube-ipvs0", "172.20.0.201/32"),
    )
    assert conflicts(hosts={"edge-3": held}) == []
    own = host(interface("eth0", "172.20.0.200/17"))
    assert "the own address of host edge-3" in conflicts(hosts={"edge-3": own})[0]


def test_what_cannot_be_read_is_refused():
    with pytest.raises(InputError, match="has no addresses"):
        conflicts(pools=[{}])
    with pytest.raises(InputError, match=r"'172\.20\.0' is not an address"):
        conflicts(kube_keepalived_vip=["172.20.0"])


def proxy(**settings):
    text = yaml.safe_dump({"kind": "KubeProxyConfiguration", **settings})
    metadata = {"name": "kube-proxy", "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"config.conf": text}}


BALANCING = {"control_plane": {"addresses": ["172.20.0.99"], "load_balancer": True}, "services": {}}


@pytest.mark.parametrize(
    ("found", "planes", "said"),
    [
        (proxy(mode="iptables"), BALANCING, None),
        (proxy(mode=""), BALANCING, None),
        (proxy(mode="ipvs", ipvs={"strictARP": False}), {"services": {"interface": "eth0"}}, "strictARP"),
        (proxy(mode="ipvs", ipvs={"strictARP": True}), {"services": {"interface": "eth0"}}, None),
        (proxy(mode="ipvs", ipvs={}), {"services": {"interface": "eth0"}, "mode": "bgp"}, None),
        (proxy(mode="ipvs", ipvs={"strictARP": True, "excludeCIDRs": None}), BALANCING, "deletes kube-vip's virtual"),
        (proxy(mode="ipvs", ipvs={"strictARP": True, "excludeCIDRs": ["172.20.0.99/32"]}), BALANCING, None),
        (
            proxy(mode="ipvs", ipvs={"strictARP": True}),
            {"kube_keepalived_vip": True},
            "which kube-keepalived-vip empties",
        ),
        (proxy(mode="nftables"), {"kube_keepalived_vip": True}, None),
    ],
)
def test_kube_proxy_leaves_kube_vip_alone_or_is_named(found, planes, said):
    told = cluster_conflicts([found], planes)
    assert bool(told) == bool(said)
    assert not said or said in told[0]


def test_a_kube_vip_of_others_with_our_address_or_our_services_is_named():
    theirs = [each for each in kube_vip_objects(kube_vip()) if each["kind"] == "DaemonSet"]
    found = cluster_conflicts(theirs, PLANES)
    assert [text.split(" was not")[0] for text in found] == [
        "DaemonSet kube-system/kube-vip-control-plane: holds 172.20.0.99 already, and",
        "DaemonSet kube-system/kube-vip-services: holds the addresses of services already, and",
    ]
    assert cluster_conflicts(theirs, {"control_plane": {"addresses": ["172.20.0.98"]}, "services": {}}) == []
    assert cluster_conflicts(kubernetes_objects(theirs, "kube-vip"), PLANES) == []


def test_a_static_pod_of_others_is_seen_through_its_mirror():
    given = kube_vip(control_plane={"addresses": ["172.20.0.99"], "static_pod": True})
    pod = kube_vip_static_pod(given, "/etc/kubernetes/admin.conf")
    mirrored = {**pod, "metadata": {**pod["metadata"], "ownerReferences": [{"kind": "Node", "name": "kube-1"}]}}
    assert "holds 172.20.0.99 already" in cluster_conflicts([mirrored], PLANES)[0]
    assert cluster_conflicts([pod], PLANES) == []
    assert cluster_conflicts([mirrored], given) == []


def test_the_cloud_provider_is_no_kube_vip():
    metadata = {"name": "kube-vip-cloud-provider", "namespace": "kube-system"}
    container = {
        "image": "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12",
        "env": [{"name": "svc_enable", "value": "1"}],
    }
    spec = {"template": {"spec": {"containers": [container]}}}
    assert cluster_conflicts([{"kind": "DaemonSet", "metadata": metadata, "spec": spec}], PLANES) == []


CLUSTER = {
    "kube_vip_control_plane": {"addresses": ["172.20.0.99"], "interface": "eth0"},
    "kube_vip_services": {"interface": "eth0"},
    "kube_vip_cloud_provider_pools": [{"ranges": ["172.20.0.200-172.20.0.210"]}],
    "kube_keepalived_vip_services": [{"address": "172.20.0.50", "service": "a/b"}],
}
EVERY = ["edge_nodes", "kube_vip", "kube_vip_cloud_provider", "kube_keepalived_vip", "traefik"]


def side(groups=GROUPS, vips=(EDGE,), reached=True, **variables):
    hosts = {host: {"k8s_edge_vips": list(vips)} for host in GROUPS["all"]}
    return cluster_side(groups, {**hosts, **HOSTS, "localhost": variables}, reached)


@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        ({}, ["edge_nodes", "traefik"]),
        (CLUSTER, EVERY),
        ({"k8s_edge_traefik": "no"}, ["edge_nodes"]),
        ({"edge_nodes_group": "elsewhere"}, []),
        ({"traefik_state": "absent", "edge_nodes_state": "absent"}, []),
        ({"kube_vip_control_plane": CLUSTER["kube_vip_control_plane"]}, ["edge_nodes", "kube_vip", "traefik"]),
        ({"kube_vip_control_plane": {"static_pod": "yes"}}, ["edge_nodes", "traefik"]),
        (
            {"kube_vip_control_plane": {"static_pod": True}, "kube_vip_services": {"interface": "eth0"}},
            ["edge_nodes", "kube_vip", "traefik"],
        ),
    ],
)
def test_a_role_is_part_of_the_cluster_where_something_is_declared_for_it(variables, parts):
    found = side(**variables)
    assert (found["parts"], found["conflicts"]) == (parts, [])
    assert set(found["roles"]) - set(parts) == {role for role in EVERY if variables.get(f"{role}_state") == "absent"}


def test_the_controllers_variables_are_held_against_the_vips():
    (said,) = side(**{**CLUSTER, "kube_vip_control_plane": {"addresses": ["172.20.0.119"]}})["conflicts"]
    assert "keepalived and kube-vip would both hold it" in said
    (wrong,) = side(kube_vip_state="abent")["conflicts"]
    assert "kube_vip_state: 'abent' is not known here" in wrong


def test_traefiks_ports_count_where_this_run_goes_to_the_cluster():
    directed = {**EDGE, "profile": "ipvs", "leads_to": "edge", "ports": [80]}
    assert "Traefik's hostPort" in "".join(side(vips=[directed])["conflicts"])
    for away in ({"reached": False}, {"traefik_host_network": True}, {"k8s_edge_traefik": False}):
        assert side(vips=[directed], **away)["conflicts"] == []
    (said,) = side(vips=[directed], traefik_host_network=True, traefik_leaving_seconds=1)["conflicts"]
    assert "traefik_leaving_seconds: 1 is less than the 5 seconds" in said
