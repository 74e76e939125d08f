# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kube-vip as two instances that never meet, in the words of the version that runs."""

from __future__ import annotations

import base64

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_static_pod import kube_vip_static_pod

from .kubernetes_sets import BGP, kube_vip

CONTROL_PLANE, SERVICES = "kube-vip-control-plane", "kube-vip-services"


def daemon_sets(**given):
    return {
        each["metadata"]["name"]: each for each in kube_vip_objects(kube_vip(**given)) if each["kind"] == "DaemonSet"
    }


def environment(daemon_set):
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_each_instance_has_its_own_lease_address_port_and_account():
    found = daemon_sets()
    first, second = environment(found[CONTROL_PLANE]), environment(found[SERVICES])
    assert (first["vip_leasename"], second["svc_leasename"]) == ("plndr-cp-lock", "plndr-svcs-lock")
    assert (first["prometheus_server"], second["prometheus_server"]) == (":2112", ":2113")
    assert first["address"] == "172.20.0.99" and "address" not in second
    assert "svc_enable" not in first and "cp_enable" not in second
    accounts = [each["spec"]["template"]["spec"]["serviceAccountName"] for each in found.values()]
    assert accounts == [CONTROL_PLANE, SERVICES]
    named = [each["metadata"]["name"] for each in kube_vip_objects(kube_vip()) if each["kind"] == "ClusterRoleBinding"]
    assert named == [f"system:{CONTROL_PLANE}", f"system:{SERVICES}"]


def test_a_leader_is_elected_at_the_pace_of_kubernetes_itself():
    found = environment(daemon_sets()[CONTROL_PLANE])
    assert [found[f"vip_{key}"] for key in ("leaderelection", "leaseduration", "renewdeadline", "retryperiod")] == [
        *("true", "15", "10", "2")
    ]
    assert found["vip_nodename"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}


def test_it_may_do_what_it_must_and_nothing_more():
    for daemon_set in daemon_sets().values():
        (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
        capabilities = container["securityContext"]["capabilities"]
        assert capabilities == {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]}


def test_the_control_planes_rights_do_not_touch_services():
    (role,) = [each for each in kube_vip_objects(kube_vip(services={})) if each["kind"] == "ClusterRole"]
    writing = {what for rule in role["rules"] if "update" in rule["verbs"] for what in rule["resources"]}
    assert writing == {"nodes", "leases"}


@pytest.mark.parametrize(
    ("image", "key"),
    [
        ("ghcr.io/kube-vip/kube-vip:v0.8.9", "vip_cidr"),
        ("ghcr.io/kube-vip/kube-vip:v0.9.0", "vip_subnet"),
        ("registry:5000/kube-vip:v1.2.3-iptables", "vip_subnet"),
        ("ghcr.io/kube-vip/kube-vip@sha256:" + "0" * 64, "vip_subnet"),
    ],
)
def test_the_prefix_is_named_as_the_version_names_it(image, key):
    found = environment(daemon_sets(image=image)[CONTROL_PLANE])
    assert {name for name in found if name in ("vip_cidr", "vip_subnet")} == {key}
    assert found[key] == "32"


def test_both_families_have_their_prefixes():
    found = environment(daemon_sets(control_plane={"addresses": ["172.20.0.99", "fd00::99"]})[CONTROL_PLANE])
    assert (found["address"], found["vip_subnet"]) == ("172.20.0.99,fd00::99", "32,128")


def test_where_the_pods_run():
    found = daemon_sets(services={"nodes": {"edge": "true", "zone": None}})
    terms = {
        name: each["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]["nodeSelectorTerms"][0]["matchExpressions"]
        for name, each in found.items()
    }
    assert terms[CONTROL_PLANE] == [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
    assert terms[SERVICES] == [
        {"key": "edge", "operator": "In", "values": ["true"]},
        {"key": "zone", "operator": "Exists"},
    ]
    assert "affinity" not in daemon_sets()[SERVICES]["spec"]["template"]["spec"]


def test_bgp_speaks_to_its_peers_without_an_election_and_keeps_passwords_in_a_secret():
    objects = kube_vip_objects(kube_vip(**BGP))
    assert "sesame" not in str(objects)
    (secret,) = [each for each in objects if each["kind"] == "Secret"]
    assert base64.b64decode(secret["data"]["bgp_peers"]) == b"192.0.2.1:65000:sesame:false,[fd00::1]:65001::false"
    found = environment(daemon_sets(**BGP)[CONTROL_PLANE])
    assert found["bgp_peers"] == {"secretKeyRef": {"name": "kube-vip-bgp", "key": "bgp_peers"}}
    assert (found["vip_arp"], found["vip_leaderelection"], found["bgp_as"]) == ("false", "false", "65100")
    assert found["vip_interface"] == "lo"  # every node has the address


def test_another_password_is_another_pod_template_and_cannot_be_read_from_it():
    def annotations(password):
        peers = [{"address": "192.0.2.1", "as": 65000, "password": password}]
        found = daemon_sets(mode="bgp", bgp={**BGP["bgp"], "peers": peers})[CONTROL_PLANE]
        return found["spec"]["template"]["metadata"]["annotations"]

    assert annotations("sesame") == annotations("sesame") != annotations("other")
    assert len(annotations("sesame")["k8s-edge.ha/bgp"]) == 4


def test_peers_without_a_password_need_no_secret():
    peers = [{"address": "192.0.2.1", "as": 65000, "multihop": True}]
    objects = kube_vip_objects(kube_vip(mode="bgp", bgp={**BGP["bgp"], "peers": peers}))
    assert not [each for each in objects if each["kind"] == "Secret"]
    assert environment(objects[-1])["bgp_peers"] == "192.0.2.1:65000::true"


def test_a_class_of_services_and_what_is_set_by_hand():
    found = environment(
        daemon_sets(services={"load_balancer_class": "edge"}, environment={"vip_loglevel": 5})[SERVICES]
    )
    assert (found["lb_class_only"], found["lb_class_name"], found["vip_loglevel"]) == ("true", "edge", "5")


def test_a_static_pod_asks_by_the_file_that_has_rights():
    given = kube_vip(control_plane={"addresses": ["172.20.0.99"], "static_pod": True})
    pod = kube_vip_static_pod(given, "/etc/kubernetes/super-admin.conf")
    assert pod["spec"]["volumes"] == [
        {"name": "kubeconfig", "hostPath": {"path": "/etc/kubernetes/super-admin.conf", "type": "File"}}
    ]
    (container,) = pod["spec"]["containers"]
    assert container["volumeMounts"][0]["mountPath"] == "/etc/kubernetes/admin.conf"
    assert pod["spec"]["hostAliases"] == [{"ip": "127.0.0.1", "hostnames": ["kubernetes"]}]
    assert "serviceAccountName" not in pod["spec"]
    assert [each["metadata"]["name"] for each in kube_vip_objects(given) if each["kind"] == "DaemonSet"] == [SERVICES]


def test_a_static_pod_has_no_secret_and_does_not_stand_beside_the_daemon_set():
    with pytest.raises(AnsibleFilterError, match="would serve the same address"):
        kube_vip_static_pod(kube_vip(), "/etc/kubernetes/admin.conf")
    given = kube_vip(control_plane={"addresses": ["172.20.0.99"], "static_pod": True}, **BGP)
    with pytest.raises(AnsibleFilterError, match="cannot be kept secret"):
        kube_vip_static_pod(given, "/etc/kubernetes/admin.conf")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"control_plane": {}, "services": {}}, "has neither a control plane nor services"),
        ({"control_plane": {"port": 6443}}, "kube_vip_control_plane.addresses: is missing"),
        ({"control_plane": {"addresses": ["10.0.0.1/24"]}}, "addresses[0]: '10.0.0.1/24' is not an address"),
        ({"control_plane": {"addresses": ["127.0.0.1"]}}, "not an address that clients can reach"),
        ({"control_plane": {"adresses": ["10.0.0.1"]}}, "kube_vip_control_plane.adresses: is not an option here"),
        ({"services": {"lease_name": "plndr-cp-lock"}}, "kube-vip issue 665"),
        (
            {"services": {"metrics_port": 2112}, "control_plane": {"addresses": ["10.0.0.1"], "metrics_port": 2112}},
            "ports",
        ),
        ({"lease_duration": 5, "renew_deadline": 5}, "do not decrease"),
        ({"image": "plndr/kube-vip:v0.7.2"}, "is older than what this role knows"),
        ({"environment": {"vip_cidr": "32"}}, "is silently ignored"),
        ({"mode": "bgp"}, "lacks the local AS number"),
        (
            {"mode": "bgp", "bgp": {"as": 1, "peers": [{"address": "10.0.0.1", "as": "x"}]}},
            "peers[0].as: 'x' is a string, and a whole number is required here",
        ),
        ({"mode": "bgp", "bgp": {**BGP["bgp"], "router_id": "10.0.0.1"}}, "is given as well as router_interface"),
        (
            {"mode": "bgp", "bgp": {**BGP["bgp"], "peers": [{"address": "10.0.0.1", "as": 1, "password": "a:b"}]}},
            "which would terminate it",
        ),
    ],
)
def test_what_kube_vip_ignores_or_splits_on_is_refused(given, said):
    with pytest.raises(AnsibleFilterError) as told:
        kube_vip_objects(kube_vip(**given))
    assert said in str(told.value)
    assert "a:b" not in str(told.value)
