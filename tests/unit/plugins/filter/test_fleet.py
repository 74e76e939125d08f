# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One derivation for all hosts: plain data, each variable read once, and the same that a role derives alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import ClassVar

import pytest
from ansible.errors import AnsibleFilterError, AnsibleUndefinedVariable
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import SECTIONS, Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import CHOICES

BEFORE = {
    "active": True,
    "enabled": True,
    "loaded": True,
    "installed": True,
    "configuration": {},
    "process_events": True,
}


class Counted(dict):
    """A host's variables that count how often each is asked for, as Ansible's resolve it every time."""

    asked: ClassVar[Counter[str]] = Counter()

    def __getitem__(self, name):
        self.asked[name] += 1
        return super().__getitem__(name)


def read(lab, edges=3, **variables):
    """Hosts that were read, with further variables on each of HAProxy's."""
    hostvars = lab.hostvars(edges=edges)
    for host in lab.groups(edges)["haproxy"]:
        hostvars[host].update(k8s_edge_before=BEFORE, k8s_edge_read=True, **variables)
    return lab.groups(edges), hostvars


def test_every_host_has_its_part_as_plain_data(lab):
    fleet = edge_fleet(*read(lab), "read")
    assert fleet["problems"] == []
    assert list(fleet["hosts"]) == fleet["present"] == fleet["proxied"] == ["haproxy-1", "haproxy-2", "haproxy-3"]
    derived = {host: part["haproxy"]["options"]["backends"] for host, part in fleet["hosts"].items()}
    named = {host: [backend["name"] for backend in backends] for host, backends in derived.items()}
    assert fleet["backends"] == named and all(named.values())
    assert json.loads(json.dumps(fleet)) == fleet
    part = fleet["hosts"]["haproxy-2"]
    assert part["keepalived"]["partners"] == ["haproxy-1", "haproxy-3"]
    assert set(part["keepalived"]["peer_paths"].values()) == {"/etc/keepalived/keepalived.conf"}
    assert part["keepalived"]["track_processes"][0]["process"] == "haproxy"
    assert [each["name"] for each in part["haproxy"]["options"]["frontends"]] == ["k8s_edge_health", "kubeapi_vip"]
    assert part["haproxy"]["serves"] and part["haproxy"]["options"]["global"]["maxconn"] == 4100
    assert part["kernel"] == {"net.ipv4.ip_nonlocal_bind": 1}


def test_a_variable_of_a_host_is_read_once_however_many_hosts_need_it(lab):
    groups, hostvars = read(lab, edges=9)
    Counted.asked.clear()
    edge_fleet(groups, {host: Counted(variables) for host, variables in hostvars.items()}, "read")
    assert Counted.asked["ansible_facts"] == 9
    assert max(Counted.asked.values()) == len(hostvars)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_role_that_is_used_alone_derives_the_same(lab, section):
    groups, hostvars = read(lab)
    alone = host_part([lab.kubeapi], "haproxy-1", groups, hostvars, section)
    assert alone == edge_fleet(groups, hostvars, "read")["hosts"]["haproxy-1"][section]
    assert alone == host_part([lab.kubeapi], "haproxy-1", groups, hostvars)[section]


def test_a_roles_variables_count_in_the_fleet_as_they_do_for_the_role_alone(lab):
    variables = {
        "k8s_edge_health_port": 9404,
        "keepalived_require_servers": "yes",
        "keepalived_health_check": {"interval": 7},
        "keepalived_instance_defaults": {"advert_int": 3},
        "haproxy_frontends": [{"name": "web", "bind": [{"address": "*", "port": 8080}]}],
    }
    groups, hostvars = read(lab, **variables)
    hostvars["haproxy-1"]["ansible_facts"]["os_family"] = "RedHat"
    part = Fleet(groups, hostvars).host("haproxy-1")
    scripts = part["keepalived"]["scripts"]
    assert [each["script"] for each in scripts] == [
        "/usr/libexec/keepalived/check-haproxy 9404",
        "/usr/libexec/keepalived/check-haproxy 9404 /healthz/kubeapi",
    ]
    assert scripts[0]["interval"] == 7
    assert part["keepalived"]["instances"][0]["advert_int"] == 3
    assert {"protocol": "tcp", "port": 8080} in part["firewall"]["openings"]
    assert part["selinux"][0]["binds"] == [6443, 8080, 9404]


def test_a_peers_own_file_is_the_one_to_be_read_there(lab):
    name, usual = "keepalived_config_path", "/etc/keepalived/keepalived.conf"
    groups, hostvars = read(lab)
    hostvars["haproxy-2"][name] = "/opt/two.conf"
    for host, expected in (
        ("haproxy-1", {"haproxy-2": "/opt/two.conf", "haproxy-3": usual}),
        ("haproxy-2", {"haproxy-1": usual, "haproxy-3": usual}),
    ):
        assert Fleet(groups, hostvars).host(host)["keepalived"]["peer_paths"] == expected
    # A variable of the role, which no inventory says, is one of all its hosts.
    alone = host_part([lab.kubeapi], "haproxy-1", groups, hostvars, "keepalived", {name: "/opt/role.conf"})
    assert alone["peer_paths"] == {"haproxy-2": "/opt/two.conf", "haproxy-3": "/opt/role.conf"}


def test_vips_of_one_role_go_over_the_declaration_there(lab):
    groups, hostvars = read(lab, kernel_vips=[])
    part = Fleet(groups, hostvars).host("haproxy-1")
    assert (part["kernel"], part["haproxy"]["serves"]) == ({}, True)


def test_what_is_wrong_with_one_host_is_told_and_nothing_is_derived(lab):
    script = {"name": "mine", "script": "/bin/true", "weight": -2}
    instance = {"track_script": [{"name": "mine"}]}
    groups, hostvars = read(lab, keepalived_scripts=[script])
    for variables in hostvars.values():
        if "k8s_edge_vips" in variables:
            variables["k8s_edge_vips"] = [{**lab.kubeapi, "instance": instance}]
    fleet = edge_fleet(groups, hostvars, "read")
    (problem,) = fleet["problems"]
    assert "cannot overcome the gap" in problem
    assert (fleet["order"], fleet["hosts"]) == ([], {})


def test_a_variable_that_cannot_be_resolved_is_a_problem_and_no_crash(lab):
    class Unresolved(dict):
        def __getitem__(self, name):
            if name == "keepalived_instance_defaults":
                raise AnsibleUndefinedVariable("'interval' is undefined")
            return super().__getitem__(name)

    groups, hostvars = read(lab, keepalived_instance_defaults={})
    hostvars["haproxy-2"] = Unresolved(hostvars["haproxy-2"])
    assert any("'interval' is undefined" in each for each in edge_fleet(groups, hostvars, "read")["problems"])


def test_what_is_declared_is_known_before_any_host_was_read(lab):
    secret = {**lab.kubeapi, "instance": {"authentication": {"auth_type": "PASS", "auth_pass": "x"}, "version": 2}}
    fleet = edge_fleet(lab.groups(), lab.hostvars([secret]))
    assert fleet["proxied"] == fleet["present"] == ["haproxy-1", "haproxy-2"]
    assert "hosts" not in fleet
    wrong = edge_fleet(lab.groups(), lab.hostvars([{**lab.kubeapi, "addresses": ["10.77.0.100/33"]}]))
    assert len(wrong["problems"]) == 1 and wrong["present"] == []


def test_what_is_not_known_is_refused_with_what_is(lab):
    groups, hostvars = read(lab)
    with pytest.raises(AnsibleFilterError, match="Use: present, in_order"):
        edge_hosts(groups, hostvars, "ordered")
    with pytest.raises(AnsibleFilterError, match="Use: keepalived, haproxy"):
        host_part([lab.kubeapi], "haproxy-1", groups, hostvars, "traefik")


@pytest.mark.parametrize("which", CHOICES)
def test_before_any_play_has_run_nothing_is_removed_from_any_host(lab, which):
    assert edge_hosts(lab.groups(), {}, which) in (lab.groups()["all"], [])
    if which in ("leaving", "removing", "former_members", "former_real_servers"):
        assert edge_hosts(lab.groups(), {}, which) == []


@pytest.mark.parametrize(
    ("bind", "purge", "found"),
    [
        ({"address": "*", "port": 6443}, True, ["by-hand"]),
        ({"port": "6443"}, True, ["by-hand"]),
        ({"address": "::", "port": 6443}, "yes", ["by-hand"]),
        ({"address": "*", "port": 6443}, False, []),
        ({"address": "*", "port": 9000}, True, []),
        ({"address": "10.77.0.11", "port": 6443}, True, []),
    ],
)
def test_a_listener_everywhere_on_the_port_of_a_vip_stays_until_the_vip_is_served(lab, bind, purge, found):
    hostvars = lab.hostvars([lab.kubeapi])
    host = next(iter(lab.groups()["haproxy"]))
    written = {"frontends": [{"name": "by-hand", "bind": [bind]}, {"name": "kubeapi_vip", "bind": [bind]}]}
    hostvars[host].update(haproxy_purge=purge, k8s_edge_haproxy_before={"config": written}, haproxy_kube_verify=False)
    assert Fleet(lab.groups(), hostvars).host(host)["haproxy"]["gives_way"] == found


def test_a_host_is_managed_by_its_role_variables_alone_where_it_says_so():
    """k8s_edge_by_hand: no VIP names the host, and nothing is brought there that its variables do not say."""
    listens = [{"name": "web", "bind": [{"address": "*", "port": "8000-8002"}, {"address": "*", "port": "${PORT}"}]}]
    variables = {"haproxy_listens": listens, "k8s_edge_before": BEFORE, "k8s_edge_read": True}
    hosts = {"proxy-1": {**variables, "k8s_edge_by_hand": True}, "proxy-2": variables}
    groups = {"all": list(hosts), "haproxy": list(hosts)}
    data = edge_fleet(groups, hosts, "read")
    assert (data["problems"], data["present"]) == ([], ["proxy-1"])
    asked = data["asks"]["proxy-1"]
    assert asked["packages"] == ["haproxy"]
    assert asked["modules"]["haproxy_config"]["frontends"] == []
    assert "keepalived_config" not in asked["modules"]
    assert [each["port"] for each in data["hosts"]["proxy-1"]["firewall"]["openings"]] == [8000, 8001, 8002]
    assert asked["modules"]["selinux_access"]["programs"][0]["binds"] == [8000, 8001, 8002]
    # Without a host that says so, there is nothing to do, and that is told.
    without = edge_fleet(groups, dict.fromkeys(hosts, variables))
    assert without["present"] == []
    assert "No VIP is declared" in without["problems"][0]
