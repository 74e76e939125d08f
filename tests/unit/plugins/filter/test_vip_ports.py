# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several ports on one VIP: proxies, firewall, SELinux, verifying and conflicts know each of them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.filter.vip_endpoints import vip_endpoints
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from derived import haproxy_proxies

MAPPED = {80: 8080, 443: 8443}


@pytest.fixture
def web(lab):
    return {**lab.kubeapi, "name": "web", "profile": "tcp", "port": None}


def proxies(lab, *vips):
    return haproxy_proxies(list(vips), "haproxy-1", lab.groups(), lab.hostvars(list(vips)))


def led(lab, *vips):
    """(frontend, its port, backend, the servers' ports) of each."""
    found = proxies(lab, *vips)
    backends = {each["name"]: {server["port"] for server in each["servers"]} for each in found["backends"]}
    fronts = [(each["name"], each["bind"][0]["port"], each["default_backend"]) for each in found["frontends"][1:]]
    return [(*each, *backends[each[2]]) for each in fronts]


@pytest.mark.parametrize(
    ("said", "leads"),
    [
        ({"port": 80}, [("web_vip", 80, "web", 80)]),
        ({"port": 80, "backend_port": 8080}, [("web_vip", 80, "web", 8080)]),
        ({"ports": [80]}, [("web_vip", 80, "web", 80)]),
        ({"ports": [80, 443]}, [("web_vip", 80, "web", 80), ("web_443_vip", 443, "web_443", 443)]),
        ({"ports": MAPPED}, [("web_vip", 80, "web", 8080), ("web_443_vip", 443, "web_443", 8443)]),
        ({"ports": {"80": "8080"}}, [("web_vip", 80, "web", 8080)]),  # as JSON has it
        ({"ports": {80: 8080, 81: 8080}}, [("web_vip", 80, "web", 8080), ("web_81_vip", 81, "web_81", 8080)]),
    ],
)
def test_each_port_leads_to_its_own(lab, web, said, leads):
    assert led(lab, {**web, **said}) == leads


def test_another_port_renames_nothing(lab, web):
    one, two = proxies(lab, {**web, "port": 80}), proxies(lab, {**web, "ports": [80, 443]})
    assert one["backends"] == two["backends"][:1] and one["frontends"][1:] == two["frontends"][1:2]


@pytest.mark.parametrize("mode", ["tcp", "kube_apiserver"])
def test_every_address_is_bound(lab, web, mode):
    text = plan_config("", proxies(lab, {**web, "ports": MAPPED, "profile": mode})).text
    assert text.count("bind 10.77.0.100:") == 2


def test_its_health_page_asks_for_every_port(lab, web):
    rules = proxies(lab, {**web, "ports": [80, 443]})["frontends"][0]["directives"]
    assert [rule for rule in rules if "503" in rule] == [
        "http-request return status 503 if { path /healthz/web } { nbsrv(web) lt 1 }",
        "http-request return status 503 if { path /healthz/web } { nbsrv(web_443) lt 1 }",
    ]


def test_the_firewall_opens_what_clients_connect_to(lab, web):
    vips = [{**web, "ports": MAPPED, "clients": ["10.0.0.0/8"]}]
    needs = host_part(vips, "haproxy-1", lab.groups(), lab.hostvars(vips), "firewall")
    opened = [(each["port"], each["sources"]) for each in needs["openings"] if each["protocol"] == "tcp"]
    assert opened == [(80, ["10.0.0.0/8"]), (443, ["10.0.0.0/8"])]


def test_the_firewall_opens_the_ports_of_a_vip_that_leads_nowhere(lab, web):
    vips = [{**web, "leads_to": None, "ports": [80, 443]}]
    needs = host_part(vips, "haproxy-1", lab.groups(), lab.hostvars(vips), "firewall")
    assert [each["port"] for each in needs["openings"] if each["protocol"] == "tcp"] == [80, 443]


def test_selinux_lets_haproxy_bind_one_and_connect_to_the_other(lab, web):
    vips = [{**web, "ports": MAPPED}]
    haproxy, _keepalived = host_part(vips, "haproxy-1", lab.groups(), lab.hostvars(vips), "selinux")
    assert (haproxy["binds"], haproxy["connects"]) == ([80, 443, 8404], [8080, 8443])


def test_each_port_is_verified(lab, web):
    vips = [{**web, "ports": MAPPED}]
    assert [(each["name"], each["port"]) for each in vip_endpoints(vips, lab.groups())] == [("web", 80), ("web", 443)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ports": [80], "port": 80}, "port: 80 stands beside ports"),
        ({"ports": [80], "backend_port": 8080}, "backend_port: 8080 stands beside ports. Write ports as a dictionary"),
        ({"ports": [80, 80]}, "has a port twice"),
        ({"ports": {80: 8080, "80": 8081}}, "has a port twice"),
        ({"ports": [0]}, "ports[0]: 0 is not a port"),
        ({"ports": {80: 70000}}, "ports[80]: 70000 is not a port"),
        ({"ports": [80, 443], "frontend": {"bind": []}}, "frontend.bind: would apply to each of the VIP's ports"),
        ({"ports": [80, 443], "backend": {"servers": []}}, "backend.servers: would apply to each"),
        ({"port": 80, "backend": {"name": "x"}}, "backend.name: follows from the VIP"),
        ({"port": 80, "instance": {"name": "x"}}, "instance.name: follows from the VIP"),
        ({"port": None}, "or several in ports: [80, 443], or {80: 8080, 443: 8443}"),
    ],
)
def test_what_cannot_be_is_refused(lab, web, change, said):
    with pytest.raises(AnsibleFilterError) as refusal:
        proxies(lab, {**web, **change})
    assert said in str(refusal.value)


def test_two_vips_cannot_give_one_name(lab, web):
    other = {**web, "name": "web_443", "addresses": ["10.77.0.101/24"], "port": 80}
    with pytest.raises(AnsibleFilterError, match="gives HAProxy a section web_443"):
        proxies(lab, {**web, "ports": [80, 443]}, other)
