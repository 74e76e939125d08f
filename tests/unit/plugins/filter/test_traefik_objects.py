# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traefik's objects follow from the role's variables, pass every schema, and what cannot work is refused."""

from __future__ import annotations

import base64
import json

import kubernetes_validate as schemas
import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects

from .traefik_settings import HASH, INGRESSES, settings

VERSIONS = sorted(
    {schemas.utils.major_minor(each) for each in schemas.utils.all_versions()}, key=lambda each: int(each[2:])
)

#: Every branch of the objects, between them.
VARIANTS = {
    "defaults": {},
    "everything": {
        "ingresses": INGRESSES,
        "dashboard_users": {"admin": HASH},
        "dashboard_host": "traefik.example.org",
        "dashboard_tls_secret": "traefik-example-org",
        "acme": {"email": "admin@example.org", "provider": "rfc2136", "secret": "dns"},
        "tolerations": [{"key": "edge", "operator": "Exists"}],
        "priority_class": "system-cluster-critical",
        "ingress_class_default": True,
        "service_type": "LoadBalancer",
        "service_annotations": {"kube-vip.io/loadbalancerIPs": "10.0.0.9"},
        "access_log": True,
        "custom_resources": True,
        "vip": "10.0.0.9",
    },
    "a volume": {"nodes": 1, "acme": {"email": "admin@example.org", "challenge": "http", "claim": "certificates"}},
    "no metrics": {"metrics": False},
    "the node's network": {"host_network": True, "dashboard_users": {"admin": HASH}, "ping": "traefik"},
}


def only(kind, made, name=None):
    found = [each for each in made if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    assert len(found) == 1, [each["metadata"]["name"] for each in made]
    return found[0]


def pod_of(made):
    return only("DaemonSet", made)["spec"]["template"]["spec"]


def arguments(**given):
    return pod_of(traefik_objects(settings(**given)))["containers"][0]["args"]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("version", VERSIONS[VERSIONS.index("1.28") :])
def test_schemas_know_every_field(variant, version):
    for each in traefik_objects(settings(**VARIANTS[variant])):
        schemas.validate(each, version, strict=True)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_schemas_do_not_see_is_right(variant):
    checked_objects(traefik_objects(settings(**VARIANTS[variant])))


def test_one_node_at_a_time_by_ports_of_the_node_and_without_root():
    made = traefik_objects(settings(http_port=8081))
    spec = only("DaemonSet", made)["spec"]
    assert spec["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    pod = pod_of(made)
    assert pod["nodeSelector"] == {"edgenode": "true"}
    assert "hostNetwork" not in pod
    assert [(each["name"], each.get("hostPort")) for each in pod["containers"][0]["ports"]] == [
        ("web", 8081),
        ("websecure", 443),
        ("traefik", None),
        ("metrics", None),
    ]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    leaves = next(each for each in arguments() if "web.transport.lifecycle.requestaccept" in each)
    assert int(leaves.partition("=")[2]) < pod["terminationGracePeriodSeconds"]


def test_big_requests_that_a_middleware_keeps_back_find_room():
    """Beyond a size buffering writes to a file in /tmp, and the image is read-only."""
    pod = pod_of(traefik_objects(settings()))
    (volume,) = [each["name"] for each in pod["volumes"] if "emptyDir" in each]
    assert {"name": volume, "mountPath": "/tmp"} in pod["containers"][0]["volumeMounts"]


def test_in_the_nodes_network_ports_are_its_own_and_inner_ones_stay_inside():
    made = traefik_objects(settings(host_network=True, ping="traefik", dashboard_users={"admin": HASH}))
    pod = pod_of(made)
    assert (pod["hostNetwork"], pod["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    assert pod["securityContext"]["runAsNonRoot"]
    container = pod["containers"][0]
    assert [(each["name"], each["containerPort"], each.get("hostPort")) for each in container["ports"]] == [
        ("web", 80, 80),
        ("websecure", 443, 443),
        ("traefik", 9181, None),
        ("metrics", 9182, None),
    ]
    assert "--entrypoints.traefik.address=127.0.0.1:9181" in container["args"]
    assert container["livenessProbe"]["httpGet"]["host"] == "127.0.0.1"
    assert [each["metadata"]["name"] for each in made if each["kind"] == "Service"] == ["traefik", "traefik-metrics"]


FREE = {"net.ipv4.ip_unprivileged_port_start": "80"}


def test_a_port_that_the_kernel_keeps_for_root_is_refused_by_name_of_the_host():
    with pytest.raises(AnsibleFilterError) as caught:
        traefik_objects(settings(host_network=True, kernels={"edge-1": FREE, "edge-2": {}, "edge-3": None}))
    said = str(caught.value)
    assert "traefik_http_port: 80 is a port that only root may listen on in the network of edge-2, edge-3" in said
    assert "Write net.ipv4.ip_unprivileged_port_start: 80 there" in said
    assert "edge-1" not in said
    assert traefik_objects(settings(host_network=True, kernels={"edge-1": FREE, "edge-2": FREE}))
    assert traefik_objects(settings(host_network=True, http_port=8080, https_port=8443, kernels={"edge-1": {}}))


def test_ingress_rules_are_grouped_by_host_in_the_order_they_were_written():
    rules = [
        {"host": "b.example.org", "service": "b"},
        {"host": "a.example.org", "path": "/x", "service": "a", "port": "http"},
        {"host": "b.example.org", "path": "/y", "service": "c", "port": "8080"},
    ]
    tls = [{"hosts": ["b.example.org"], "secret": "b-tls"}]
    made = traefik_objects(settings(ingresses=[{"name": "all", "namespace": "web", "rules": rules, "tls": tls}]))
    found = only("Ingress", made)
    assert found["metadata"] == {"name": "all", "namespace": "web"}
    assert found["spec"]["ingressClassName"] == "traefik"
    assert found["spec"]["tls"] == [{"hosts": ["b.example.org"], "secretName": "b-tls"}]

    def path(where, service, **port):
        backend = {"service": {"name": service, "port": port}}
        return {"path": where, "pathType": "Prefix", "backend": backend}

    assert found["spec"]["rules"] == [
        {"host": "b.example.org", "http": {"paths": [path("/", "b", number=80), path("/y", "c", number=8080)]}},
        {"host": "a.example.org", "http": {"paths": [path("/x", "a", name="http")]}},
    ]


def test_the_dashboards_password_is_in_the_secret_and_nowhere_else():
    made = traefik_objects(settings(dashboard_users={"admin": HASH}))
    content = base64.b64decode(only("Secret", made)["data"]["dashboard.yml"])
    assert json.loads(content)["http"]["middlewares"]["dashboard"]["basicAuth"]["users"] == [f"admin:{HASH}"]
    assert HASH not in json.dumps([each for each in made if each["kind"] != "Secret"])


def test_another_password_is_another_pod_template():
    def annotations(word):
        made = traefik_objects(settings(dashboard_users={"admin": word}))
        return only("DaemonSet", made)["spec"]["template"]["metadata"]["annotations"]

    assert annotations(HASH) == annotations(HASH) != annotations(HASH[:-1] + "x")


def test_true_without_quotes_is_the_true_that_nodes_and_annotations_say():
    entry = {"name": "www", "rules": [{"service": "www"}], "annotations": {"tls": True, "priority": 7}}
    made = traefik_objects(
        settings(node_selector={"edgenode": True}, service_annotations={"shared": False}, ingresses=[entry])
    )
    assert pod_of(made)["nodeSelector"] == {"edgenode": "true"}
    assert only("Service", made, "traefik")["metadata"]["annotations"] == {"shared": "false"}
    assert only("Ingress", made)["metadata"]["annotations"] == {"tls": "true", "priority": "7"}


def test_definitions_come_before_what_reads_them():
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "x"},
    }
    made = traefik_objects(settings(crds=[definition]))
    kinds = [each["kind"] for each in made]
    assert kinds.index("CustomResourceDefinition") < kinds.index("ClusterRole")
    assert "traefik.io" in {group for rule in only("ClusterRole", made)["rules"] for group in rule["apiGroups"]}
    assert "--providers.kubernetescrd=true" in pod_of(made)["containers"][0]["args"]


@pytest.mark.parametrize(
    ("vip", "told"),
    [("edge", "10.0.0.9"), ("10.0.0.7", "10.0.0.7"), ("fd00::7", "fd00::7"), ("", None)],
)
def test_the_address_that_ingress_objects_tell(vip, told):
    vips = [
        {"name": "other", "addresses": ["10.0.0.1/24"]},
        {"name": "edge", "addresses": ["10.0.0.9/24", "fd00::9/64"]},
    ]
    args = pod_of(traefik_objects(settings(vip=vip), vips))["containers"][0]["args"]
    found = [each.partition("=")[2] for each in args if "ingressendpoint" in each]
    assert found == ([told] if told else [])


def test_own_arguments_come_last():
    assert arguments(arguments=["--accesslog.format=json"])[-1] == "--accesslog.format=json"


ACME = {"email": "admin@example.org", "provider": "rfc2136"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": "traefik"}, "traefik_image: 'traefik' names no version"),
        ({"image": "example.org:5000/traefik"}, "names no version"),
        ({"image": "traefik:latest"}, "names no version"),
        ({"image": "traefik:v2.11"}, "not Traefik v3"),
        ({"image": "traefik:1.7-alpine"}, "not Traefik v3"),
        ({"node_selector": {}}, "selects every node"),
        ({"http_port": 0}, "traefik_http_port: 0 is not a port"),
        ({"http_port": 443}, "is also traefik_http_port"),
        ({"vip": "edge"}, "neither an address nor a VIP's name"),
        ({"dashboard_host": "t.example.org"}, "would show the dashboard to everybody"),
        ({"host_network": True, "http_port": 9181}, "is an internal port of Traefik"),
        (
            {"host_network": True, "dashboard_users": {"admin": HASH}, "dashboard_host": "t.example.org"},
            "leads to a port that only the node can reach",
        ),
        ({"dashboard_users": {"admin": "secret"}}, "is not a password's hash"),
        ({"dashboard_users": {"a:b": HASH}}, "cannot be a user's name"),
        ({"arguments": ["--api.insecure=true"]}, "shows the dashboard to everybody"),
        ({"arguments": ["web"]}, "is not an argument of Traefik"),
        ({"crds": [{"kind": "ConfigMap"}]}, "is not a CustomResourceDefinition"),
        ({"acme": {"provider": "rfc2136"}}, "traefik_acme.email: is missing"),
        ({"acme": {"email": "a@example.org"}}, "traefik_acme.provider: is missing"),
        ({"acme": {**ACME, "challenge": "http"}}, "reaches one of 3 edge nodes only"),
        ({"acme": {**ACME, "challenge": "mail"}}, "is not known here"),
        ({"acme": {**ACME, "claim": "certificates"}}, "would be written by Traefik on 3 nodes at once"),
        ({"acme": {**ACME, "claim": "x", "host_path": "/y"}}, "is given as well as host_path"),
        ({"acme": {**ACME, "emial": "x"}}, "is not an option here"),
        ({"ingresses": ["test-www"]}, "a dictionary is required here"),
        ({"ingresses": [{"name": "a"}]}, r"traefik_ingresses\[a\].rules: is missing"),
        ({"ingresses": [{"name": "a", "rules": [{"host": "x"}]}]}, r"rules\[0\].service: is missing"),
        ({"ingresses": [{"name": "a", "rules": ["x"]}]}, r"rules\[0\]: 'x' is a string, and a dictionary"),
        ({"ingresses": [{"name": "a", "rules": [{"service": "a", "path": "api"}]}]}, "does not begin with '/'"),
        (
            {"ingresses": [{"name": "a", "rules": [{"service": "a", "path_type": "Regex"}]}]},
            "'Regex' is not known here",
        ),
        (
            {"ingresses": [{"name": "a", "rules": [{"service": "a", "url": "/"}]}]},
            "rules\\[0\\].url: is not an option here",
        ),
        (
            {"ingresses": [{"name": "a", "rules": [{"service": "a"}], "tls": ["x"]}]},
            r"tls\[0\]: 'x' is a string, and a dict",
        ),
        ({"ingresses": 2 * [INGRESSES[0]]}, r"is also that of traefik_ingresses\[0\]"),
        (
            {"ingresses": [{"name": "a", "rules": [{"service": "a"}, {"service": "b", "path_type": "Exact"}]}]},
            "mixes path types",
        ),
    ],
)
def test_what_cannot_work_is_refused(given, said):
    with pytest.raises(AnsibleFilterError, match=said):
        traefik_objects(settings(**given))


def test_all_problems_are_told_together():
    with pytest.raises(AnsibleFilterError) as refusal:
        traefik_objects(settings(image="traefik", vip="nowhere", node_selector={}))
    assert len(str(refusal.value).splitlines()) == 3


@pytest.mark.parametrize("image", ["traefik@sha256:" + 64 * "0", "traefik:v3.7@sha256:" + 64 * "0", "a.b:5000/t:3.7"])
def test_other_ways_to_pin_are_good(image):
    assert pod_of(traefik_objects(settings(image=image)))["containers"][0]["image"] == image
