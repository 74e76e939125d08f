# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kube-keepalived-vip's objects follow from the role's variables, and what it would ignore is refused."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate as schemas
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible_collections.k8s_edge.ha.plugins.filter.kube_keepalived_vip_objects import kube_keepalived_vip_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects

DEFAULTS = Path(__file__).resolve().parents[4] / "roles/kube_keepalived_vip/defaults/main.yml"
SERVICES = [
    {"address": "10.4.0.50", "service": "default/nginx"},
    {"address": "10.4.0.51", "service": "web/front", "method": "DR"},
    {"address": "10.4.0.52"},
]
PROXIED = {
    "services": [{"address": "10.4.0.50", "service": "default/nginx", "method": "PROXY"}],
    "haproxy_image": "h:1",
}


def settings(**given):
    known = {
        key.removeprefix("kube_keepalived_vip_"): value for key, value in yaml.safe_load(DEFAULTS.read_text()).items()
    }
    return {**known, "node_selector": {"edgenode": "true"}, "tolerations": [], "services": SERVICES, **given}


def only(kind, made):
    (found,) = [each for each in made if each["kind"] == kind]
    return found


def pod_of(**given):
    return only("DaemonSet", kube_keepalived_vip_objects(settings(**given)))["spec"]["template"]["spec"]


@pytest.mark.parametrize("given", [{}, PROXIED, {"services": []}], ids=["ipvs", "proxy", "nothing"])
def test_schemas_know_every_field(given):
    made = checked_objects(kube_keepalived_vip_objects(settings(**given)))
    for version in sorted({schemas.utils.major_minor(each) for each in schemas.utils.all_versions()}):
        if int(version.partition(".")[2]) >= 28:
            for each in made:
                schemas.validate(each, version, strict=True)


def test_true_without_quotes_is_the_label_that_nodes_bear():
    assert pod_of(node_selector={"edgenode": True})["nodeSelector"] == {"edgenode": "true"}


def test_the_config_map_says_it_in_the_programs_own_words():
    made = kube_keepalived_vip_objects(settings())
    config_map = only("ConfigMap", made)
    assert config_map["data"] == {"10.4.0.50": "default/nginx:NAT", "10.4.0.51": "web/front:DR", "10.4.0.52": ""}
    args = pod_of()["containers"][0]["args"]
    metadata = config_map["metadata"]
    assert args[:2] == [f"--services-configmap={metadata['namespace']}/{metadata['name']}", "--vrid=50"]
    assert "--proxy-protocol-mode=true" not in args


def test_it_lives_in_the_nodes_network_and_one_node_is_updated_at_a_time():
    spec = only("DaemonSet", kube_keepalived_vip_objects(settings()))["spec"]
    assert spec["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    assert spec["template"]["spec"]["hostNetwork"]
    assert spec["template"]["spec"]["containers"][0]["securityContext"] == {"privileged": True}


def test_with_the_proxy_protocol_haproxy_stands_beside_and_shares_its_file():
    keepalived, haproxy = pod_of(**PROXIED)["containers"]
    assert "--proxy-protocol-mode=true" in keepalived["args"]
    assert haproxy["volumeMounts"][0] in keepalived["volumeMounts"]


def test_options_become_arguments():
    args = pod_of(unicast=True, interface="eth1", virtual_router_id=7, health_port=9999)["containers"][0]["args"]
    assert {"--use-unicast=true", "--iface=eth1", "--vrid=7", "--http-port=9999"} <= set(args)


def test_its_end_of_life_is_a_warning(monkeypatch):
    said = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, *_rest, **_more: said.append(text))
    kube_keepalived_vip_objects(settings())
    assert ["no release since 2019" in text for text in said] == [True]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"services": [{"address": "10.4.0.50/24"}]}, r"services\[0\].address: '10.4.0.50/24' is not an address"),
        ({"services": [{"address": "fd00::50"}]}, "since it has colons"),
        (
            {"services": [{"address": "10.4.0.50"}, {"address": "10.4.0.50"}]},
            r"that of kube_keepalived_vip_services\[0\]",
        ),
        ({"services": [{"address": "10.4.0.50", "service": "nginx"}]}, "is not namespace/name"),
        ({"services": [{"address": "10.4.0.50", "service": "a/b", "method": "TUN"}]}, "'TUN' is not known here"),
        ({"services": [{"address": "10.4.0.50", "method": "NAT"}]}, "leads to no service"),
        ({"services": [{"address": "10.4.0.50", "port": 80}]}, r"services\[0\].port: is not an option here"),
        ({"services": ["10.4.0.50"]}, "a dictionary is required here"),
        ({"services": [*SERVICES, {**PROXIED["services"][0], "address": "10.4.0.9"}]}, "no meaning with PROXY"),
        ({**PROXIED, "haproxy_image": ""}, "needs HAProxy in the pod"),
        ({"virtual_router_id": 0}, "is not a virtual router ID"),
        ({"node_selector": {}}, "selects every node"),
    ],
)
def test_what_it_would_ignore_is_refused(given, said):
    with pytest.raises(AnsibleFilterError, match=said):
        kube_keepalived_vip_objects(settings(**given))
