"""VIPs that the kernel directs to real servers: what they say, and what is derived for directors and real servers."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import (
    LOOPBACK_PARAMETERS,
    loopback_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from derived import haproxy_proxies, keepalived_instances

EDGE = {
    "name": "edge",
    "addresses": ["172.20.0.119/17"],
    "hosts": "edge",
    "leads_to": "edge",
    "profile": "ipvs",
    "ports": [80],
}
GROUPS = {
    "all": ["edge-1", "edge-2", "edge-3", "web-1", "web-2"],
    "edge": ["edge-1", "edge-2", "edge-3"],
    "web": ["web-1", "web-2"],
    "pair": ["edge-1", "edge-2"],
}


@pytest.fixture
def hostvars(lab):
    """Three edge nodes with both families, and two further servers of which only the address is known."""
    found = {
        f"edge-{n}": lab.host(lab.interface("eth0", f"172.20.0.11{2 + n}/17", f"fd00:20::11{2 + n}/64"))
        for n in (1, 2, 3)
    }
    found.update({f"web-{n}": {"ansible_host": f"172.20.1.{n}"} for n in (1, 2)})
    return found


def directed(hostvars, *vips, host="edge-1"):
    return host_part(list(vips), host, GROUPS, hostvars, "ipvs")


def refused(*vips):
    with pytest.raises(InputError) as error:
        declared(list(vips), GROUPS)
    return str(error.value)


def test_seed_000_in_six_lines(hostvars):
    derived = directed(hostvars, EDGE)
    (service,) = derived["virtual_servers"]
    assert {key: service[key] for key in ("address", "port", "protocol", "lb_algo", "lb_kind", "delay_loop")} == {
        "address": "172.20.0.119",
        "port": 80,
        "protocol": "TCP",
        "lb_algo": "wlc",
        "lb_kind": "DR",
        "delay_loop": 2,
    }
    assert [server["address"] for server in service["real_servers"]] == ["172.20.0.113", "172.20.0.114", "172.20.0.115"]
    (check,) = service["real_servers"][0]["http_get"]
    assert check["url"] == [{"path": "/ping", "status_code": "200"}]
    assert "connect_port" not in check
    assert derived["sync_groups"] == []
    assert derived["global_defs"] == {"lvs_sync_daemon": {"interface": "eth0", "inst": "edge", "id": 119}}


def test_every_director_has_the_same_table_and_follows_its_own_instance(hostvars):
    first, *others = (directed(hostvars, EDGE, host=host) for host in GROUPS["edge"])
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("by_hand", "kept"),
    [({}, True), ({"scheduler": "rr"}, True), ({"scheduler": "mh"}, None), ({"inhibit_on_failure": False}, False)],
)
def test_a_server_that_fails_keeps_its_connections_unless_the_scheduler_would_refuse_clients(hostvars, by_hand, kept):
    (service,) = directed(hostvars, {**EDGE, "virtual_server": by_hand})["virtual_servers"]
    assert service.get("inhibit_on_failure") == kept


def test_no_haproxy_is_made_for_it(hostvars):
    assert haproxy_proxies([EDGE], "edge-1", GROUPS, hostvars)["backends"] == []
    (instance,) = keepalived_instances([EDGE], "edge-1", GROUPS, hostvars, watch={})
    assert "track_script" not in instance


def test_a_host_that_directs_nothing_gets_nothing(hostvars):
    nothing = {"virtual_servers": [], "sync_groups": [], "global_defs": {}, "loopback": [], "modules": []}
    nothing |= {"parameters": {}, "former": False, "loopback_parameters": LOOPBACK_PARAMETERS}
    assert directed(hostvars, EDGE, host="web-1") == nothing


def test_who_is_a_real_server(hostvars):
    web = {**EDGE, "leads_to": "web"}
    assert loopback_addresses("edge-2", declared([EDGE], GROUPS)) == ["172.20.0.119/32"]
    assert loopback_addresses("edge-2", declared([web], GROUPS)) == []
    assert loopback_addresses("web-2", declared([web], GROUPS)) == ["172.20.0.119/32"]
    hostvars["edge-1"]["k8s_edge_vips"] = [web]
    assert edge_hosts(GROUPS, hostvars, "real_servers") == ["web-1", "web-2"]
    assert edge_hosts(GROUPS, {}, "real_servers") == GROUPS["all"]


def test_who_may_have_been_one(hostvars):
    hostvars["edge-1"]["k8s_edge_vips"] = [{**EDGE, "hosts": "edge", "leads_to": "pair"}]
    for host, address in (("edge-2", "172.20.0.119"), ("edge-3", "172.20.0.119")):
        hostvars[host]["ansible_facts"]["lo"]["ipv4_secondaries"] = [{"address": address, "prefix": "32"}]
    assert edge_hosts(GROUPS, hostvars, "former_real_servers") == ["edge-3"]
    hostvars["edge-3"]["ansible_facts"]["lo"] = {"ipv6": [{"address": "::1", "prefix": "128"}]}
    assert edge_hosts(GROUPS, hostvars, "former_real_servers") == []
    hostvars["edge-3"]["ansible_facts"]["lo"]["ipv6"].append({"address": "fd00:20::119", "prefix": "128"})
    assert edge_hosts(GROUPS, hostvars, "former_real_servers") == ["edge-3"]


def test_both_families_move_together_and_no_check_comes_from_the_vip(hostvars):
    both = {**EDGE, "addresses": ["172.20.0.119/17", "fd00:20::119/64"], "ports": [80, 443]}
    derived = directed(hostvars, both)
    assert [(each["address"], each["port"]) for each in derived["virtual_servers"]] == [
        ("172.20.0.119", 80),
        ("172.20.0.119", 443),
        ("fd00:20::119", 80),
        ("fd00:20::119", 443),
    ]
    assert derived["virtual_servers"][2]["real_servers"][0]["address"] == "fd00:20::113"
    assert derived["virtual_servers"][1]["real_servers"][0]["http_get"][0]["connect_port"] == 80
    assert derived["sync_groups"] == [{"name": "directed", "exact": True, "group": ["edge", "edge-v6"]}]
    four, six = keepalived_instances([both], "edge-1", GROUPS, hostvars)
    assert six["virtual_ipaddress"] == [{"address": "fd00:20::119/64", "preferred_lft": "0"}]
    assert four["virtual_ipaddress"] == [{"address": "172.20.0.119/17"}]
    assert loopback_addresses("edge-1", declared([both], GROUPS)) == ["172.20.0.119/32", "fd00:20::119/128"]


def test_several_vips_of_the_same_hosts_have_one_master(hostvars):
    vips = [EDGE, {**EDGE, "name": "other", "addresses": ["172.20.0.120/17"]}]
    ranks = [
        [each["priority"] for each in keepalived_instances(vips, host, GROUPS, hostvars)] for host in GROUPS["edge"]
    ]
    assert ranks == [[200, 200], [190, 190], [180, 180]]
    between = {"name": "web", "addresses": ["172.20.0.121/17"], "hosts": "edge", "leads_to": "web"}
    mixed = [
        vips[0],
        *({**between, "name": f"web{n}", "addresses": [f"172.20.1.10{n}/17"], "port": 8443} for n in (1, 2)),
    ]
    mixed.append(vips[1])
    by_name = {each["name"]: each["priority"] for each in keepalived_instances(mixed, "edge-1", GROUPS, hostvars)}
    assert by_name == {"edge": 200, "web1": 200, "web2": 180, "other": 200}
    assert directed(hostvars, *vips)["sync_groups"] == [{"name": "directed", "exact": True, "group": ["edge", "other"]}]


def test_a_vip_of_haproxys_beside_it_moves_alone(hostvars):
    vips = [{**EDGE, "name": "web", "addresses": ["172.20.0.121/17"], "profile": "tcp", "leads_to": "web"}, EDGE]
    vips[0] = {key: value for key, value in vips[0].items() if key != "ports"} | {"port": 8443}
    derived = directed(hostvars, *vips)
    assert derived["sync_groups"] == []
    assert [each["address"] for each in derived["virtual_servers"]] == ["172.20.0.119"]


@pytest.mark.parametrize(
    ("check", "written"),
    [
        ({"type": "tcp"}, {"tcp_check": [{"connect_timeout": 1, "retry": 1, "delay_before_retry": 1}]}),
        (
            {"type": "https", "path": "/healthz", "host": "edge.example", "port": 8443},
            {
                "ssl_get": [
                    {
                        "url": [{"path": "/healthz", "status_code": "200", "virtualhost": "edge.example"}],
                        "connect_timeout": 1,
                        "retry": 1,
                        "delay_before_retry": 1,
                        "connect_port": 8443,
                        "enable_sni": True,
                    }
                ]
            },
        ),
    ],
)
def test_checks(hostvars, check, written):
    (service,) = directed(hostvars, {**EDGE, "check": check})["virtual_servers"]
    assert service["real_servers"][0] == {"address": "172.20.0.113", "port": 80, "weight": 1, **written}


def test_a_virtual_server_by_hand_that_would_not_be_directed_is_refused(hostvars):
    mine, other = {"address": "172.20.0.119", "port": 8080}, {"address": "172.20.0.120", "port": 80}

    def given(vip, *services):
        return host_part([vip], "edge-1", GROUPS, hostvars, "keepalived", {"keepalived_virtual_servers": services})

    assert given(EDGE, mine, {"fwmark": 3})
    with pytest.raises(AnsibleFilterError, match=r"keepalived_virtual_servers\[1\].address: '172.20.0.120' would be"):
        given(EDGE, mine, other)
    # A director that is not a real server has no loop to fear.
    assert given({**EDGE, "leads_to": "web"}, other)


def test_checks_that_would_never_rest_are_refused(hostvars):
    resting = {**EDGE, "virtual_server": {"ha_suspend": True}}
    with pytest.raises(AnsibleFilterError, match="ha_suspend: True would never suspend a check"):
        directed(hostvars, resting)
    (service,) = directed(hostvars, {**resting, "leads_to": "web"})["virtual_servers"]
    assert service["ha_suspend"] is True


def test_options_by_hand_go_over_what_is_derived(hostvars):
    by_hand = {"scheduler": "sh", "flags": ["sh-port"], "persistence_timeout": 300, "quorum": 2}
    (service,) = directed(hostvars, {**EDGE, "virtual_server": by_hand})["virtual_servers"]
    assert (service["lb_algo"], service["sh_port"], service["sh_fallback"]) == ("sh", True, False)
    assert (service["persistence_timeout"], service["quorum"]) == (300, 2)


def test_real_servers_beside_are_reached_by_what_the_inventory_says(hostvars):
    web = {**EDGE, "leads_to": "web"}
    (service,) = directed(hostvars, web)["virtual_servers"]
    assert [server["address"] for server in service["real_servers"]] == ["172.20.1.1", "172.20.1.2"]
    with pytest.raises(
        AnsibleFilterError, match=r"leads_to: host web-1: .*no IPv6 address .*Or set its k8s_edge_address"
    ):
        directed(hostvars, {**web, "addresses": ["fd00:20::119/64"]})


def test_the_module_takes_what_is_derived(hostvars):
    vips = [
        {**EDGE, "addresses": ["172.20.0.119/17", "fd00:20::119/64"], "ports": [80, 443]},
        {**EDGE, "name": "dns", "addresses": ["172.20.0.53/17"], "ports": [53], "check": {"type": "tcp"}}
        | {"virtual_server": {"protocol": "udp", "flags": ["ops"]}},
    ]
    desired = {
        "instances": keepalived_instances(vips, "edge-1", GROUPS, hostvars),
        **directed(hostvars, *vips),
    }
    written = plan_config("", desired).text
    assert "lvs_sync_daemon eth0 inst edge id 119" in written
    assert plan_config(written, desired).text == written


def test_clients_checks_and_the_sync_daemon_get_through_the_firewall(hostvars):
    needs = host_part([{**EDGE, "ports": [80, 443]}], "edge-1", GROUPS, hostvars, "firewall")
    ports = [each["port"] for each in needs["openings"] if each.get("destination") == "172.20.0.119"]
    assert ports == [80, 443]
    assert {"protocol": "udp", "port": 8848, "destination": "224.0.0.81"} in needs["openings"]
    checked = {
        "protocol": "tcp",
        "port": 80,
        "sources": ["172.20.0.114", "172.20.0.115"],
        "destination": "172.20.0.113",
    }
    assert checked in needs["openings"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leads_to": None}, "names no real servers"),
        ({"ports": []}, "is not a list of ports"),
        ({"ports": 80}, "is not a list of ports"),
        ({"ports": [80, 80]}, "has a port twice"),
        ({"ports": [0]}, "k8s_edge_vips[edge].ports[0]: 0 is not a port"),
        ({"ports": [True]}, "True is not a port"),
        ({"ports": None}, "k8s_edge_vips[edge].port: is not a port"),
        ({"port": 80}, "stands beside ports"),
        ({"ports": {80: 8080}}, "ports[80]: 8080 differs from the VIP's port"),
        ({"check": "tcp"}, "check: 'tcp' is a string, and a dictionary is required here"),
        ({"check": {"kind": "tcp"}}, "check.kind: is not an option here. Use: type, path, status, port, host"),
        ({"check": {"type": "ping"}}, "'ping' is not known here. Use: http, https, tcp"),
        ({"check": {"port": 70000}}, "check.port: 70000 is not a port"),
        ({"virtual_server": {"port": 81}}, "follows from the VIP"),
        ({"virtual_server": {"forwarding_method": "nat"}}, "follows from the VIP"),
        ({"virtual_server": {"lb_algo": "rr"}}, "virtual_server.lb_algo: is not an option here"),
        ({"virtual_server": []}, "virtual_server: is a list, and a dictionary is required here"),
        ({"backend_port": 8080}, "goes with profile kube_apiserver or tcp only"),
        ({"maxconn": 100}, "goes with profile kube_apiserver or tcp only"),
    ],
)
def test_what_is_refused(change, words):
    assert words in refused({**EDGE, **change})


def test_keys_of_it_elsewhere_are_refused():
    assert "check: goes with profile ipvs only" in refused({**EDGE, "profile": "tcp", "check": {"type": "tcp"}})


def test_a_host_cannot_direct_for_some_and_serve_for_others():
    other = {**EDGE, "name": "other", "addresses": ["172.20.0.120/17"]}
    words = refused(EDGE, {**other, "hosts": "pair"})
    assert "k8s_edge_vips[other].hosts: ['edge-1', 'edge-2'] are not those of k8s_edge_vips[edge]" in words
    assert "a host directs either all of its VIPs or none" in refused(EDGE, {**other, "holder": "edge-2"})
    assert declared([EDGE, {**other, "hosts": "web"}], GROUPS)
