"""What is derived from a good declaration: VRRP instances and proxies."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host import Derivation
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import priorities
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from derived import haproxy_proxies, keepalived_instances


def instances(lab, vips, host="haproxy-1", edges=2, **options):
    return keepalived_instances(vips, host, lab.groups(edges), lab.hostvars(vips, edges), **options)


def numbered(lab, count):
    return [{**lab.kubeapi, "name": f"vip{n}", "addresses": [f"10.77.0.{100 + n}/24"]} for n in range(count)]


def test_one_vip_on_two_hosts(lab):
    assert instances(lab, [lab.kubeapi], watch={}) == [
        {
            "name": "kubeapi",
            "exact": True,
            "initial_state": "BACKUP",
            "interface": "eth0",
            "virtual_router_id": 100,
            "priority": 200,
            "virtual_ipaddress": [{"address": "10.77.0.100/24"}],
            "unicast_src_ip": "10.77.0.11",
            "unicast_peer": [{"address": "10.77.0.12"}],
            "track_script": [{"name": "haproxy"}],
            "track_process": [{"name": "haproxy"}],
            "version": 3,
            "advert_int": 0.5,
            "garp_master_refresh": 60,
        }
    ]
    (other,) = instances(lab, [lab.kubeapi], "haproxy-2")
    assert (other["priority"], other["unicast_peer"]) == (190, [{"address": "10.77.0.11"}])


def test_a_host_outside_the_group_gets_nothing(lab):
    assert instances(lab, [lab.kubeapi], "kube-1") == []


def test_dual_stack_gives_an_instance_per_family_and_renames_nothing(lab):
    both = instances(lab, [{**lab.kubeapi, "addresses": ["10.77.0.100/24", "fd00:77::100/64"]}])
    assert [each["name"] for each in both] == ["kubeapi", "kubeapi-v6"]
    assert both[1]["unicast_src_ip"] == "fd00:77::11"
    assert both[1]["virtual_router_id"] == 1  # 0x100 modulo 255
    assert both[0]["priority"] == both[1]["priority"]


@pytest.mark.parametrize(
    ("address", "router"),
    [
        ("10.77.0.100/23", 100),
        ("10.77.1.0/23", 255),
        ("10.77.0.255/23", 255),
        ("fd00:77::ff/64", 255),
        ("fd00:77::1:1/64", 1),
    ],
)
def test_the_router_id_comes_from_the_address(lab, address, router):
    hostvars = lab.hostvars()
    for n in (1, 2):
        hostvars[f"haproxy-{n}"].update(lab.host(lab.interface("eth0", f"10.77.0.1{n}/23", f"fd00:77::1{n}/64")))
    (instance,) = keepalived_instances([{**lab.kubeapi, "addresses": [address]}], "haproxy-1", lab.groups(), hostvars)
    assert instance["virtual_router_id"] == router


@pytest.mark.parametrize("edges", [1, 2, 3, 5, 19, 20, 21, 100])
def test_priorities_are_distinct_and_in_range_whatever_the_size(lab, edges):
    names = [f"edge-{n}" for n in range(edges)]
    (vip,) = declared([lab.kubeapi], {**lab.groups(), "haproxy": names})
    for turn in range(3):
        ranks = priorities(vip, turn)
        assert list(ranks) == [names[(turn + n) % edges] for n in range(edges)]
        assert len(set(ranks.values())) == edges
        assert all(1 <= rank <= 254 for rank in ranks.values())


def test_a_group_too_large_for_distinct_priorities_is_refused(lab):
    with pytest.raises(InputError, match="at most 100"):
        declared([lab.kubeapi], {**lab.groups(), "haproxy": [f"edge-{n}" for n in range(101)]})


@pytest.mark.parametrize(("edges", "vips"), [(1, 3), (2, 2), (2, 5), (3, 7)])
def test_several_vips_spread_over_their_hosts(lab, edges, vips):
    entries = numbered(lab, vips)
    hostvars, groups = lab.hostvars(entries, edges), lab.groups(edges)
    derivation = Derivation(declared(entries, groups), hostvars)
    led = {host: derivation.led_by(host) for host in groups["haproxy"]}
    assert led == {
        host: [f"vip{n}" for n in range(vips) if n % edges == index] for index, host in enumerate(groups["haproxy"])
    }


def test_by_hand_goes_over_what_is_derived(lab):
    vip = {
        **lab.kubeapi,
        "virtual_router_id": 51,
        "holder": "haproxy-2",
        "instance": {"advert_int": 1, "nopreempt": True},
    }
    (instance,) = instances(lab, [vip], defaults={"advert_int": 2, "garp_master_refresh": 30})
    assert instance["virtual_router_id"] == 51
    assert (instance["advert_int"], instance["nopreempt"], instance["garp_master_refresh"]) == (1, True, 30)
    assert instance["priority"] == 190
    (instance,) = instances(lab, [{**lab.kubeapi, "priorities": {"haproxy-1": 20, "haproxy-2": 30}}])
    assert instance["priority"] == 20


def test_a_held_vip_is_not_taken_for_the_hosts_own_address(lab):
    hostvars = lab.hostvars()
    for secondaries in (("10.77.0.100/24",), ("10.77.0.100/32",)):
        hostvars["haproxy-1"].update(lab.host(lab.interface("eth0", "10.77.0.11/24", secondaries=secondaries)))
        (instance,) = keepalived_instances([lab.kubeapi], "haproxy-1", lab.groups(), hostvars)
        assert instance["unicast_src_ip"] == "10.77.0.11"


def test_an_interface_by_hand_may_lie_in_another_network(lab):
    (instance,) = instances(lab, [{**lab.kubeapi, "addresses": ["192.0.2.7/32"], "interface": "eth0"}])
    assert (instance["interface"], instance["unicast_src_ip"]) == ("eth0", "10.77.0.11")


def test_a_single_host_has_no_peers(lab):
    (instance,) = instances(lab, [lab.kubeapi], edges=1)
    assert "unicast_peer" not in instance
    assert "unicast_src_ip" not in instance


def test_a_vip_that_leads_nowhere_tracks_no_proxy(lab):
    bare = {"name": "ingress", "addresses": ["10.77.0.100/24"]}
    (instance,) = instances(lab, [bare], watch={})
    assert "track_script" not in instance
    assert "track_process" not in instance
    assert haproxy_proxies([bare], "haproxy-1", lab.groups(), lab.hostvars([bare]))["backends"] == []


def test_the_apiservers_front_end(lab):
    vip = {**lab.kubeapi, "addresses": ["10.77.0.100/24", "fd00:77::100/64"], "maxconn": 9000, "backend_port": 6444}
    proxies = haproxy_proxies([vip], "haproxy-2", lab.groups(), lab.hostvars([vip]), 8405, "/etc/haproxy/ca.crt")
    health, front = proxies["frontends"]
    # HAProxy 3.3 wants them apart.
    assert (front["name"], front["default_backend"]) == ("kubeapi_vip", "kubeapi")
    (back,) = proxies["backends"]
    assert health["bind"] == [{"address": "127.0.0.1", "port": 8405}]
    assert front["bind"] == [{"address": "10.77.0.100", "port": 6443}, {"address": "fd00:77::100", "port": 6443}]
    assert (front["mode"], front["default_backend"], front["maxconn"]) == ("tcp", "kubeapi", 9000)
    assert [server["address"] for server in back["servers"]] == ["10.77.0.21", "10.77.0.22", "10.77.0.23"]
    assert {server["port"] for server in back["servers"]} == {6444}
    assert (back["balance"], back["http_check"]) == ("leastconn", ["expect status 200"])
    assert "httpchk GET /readyz" in back["options"]
    default = back["default_server"]
    assert (default["verify"], default["ca_file"], default["check_ssl"]) == ("required", "/etc/haproxy/ca.crt", True)
    assert (default["on_marked_down"], default["slowstart"]) == ("shutdown-sessions", "30s")
    assert {"clitcpka", "srvtcpka"} <= {*front["options"], *back["options"]}
    assert (front["clitcpka_idle"], back["srvtcpka_idle"]) == ("60s", "60s")
    assert health["options"] == ["idle-close-on-response"]
    assert health["directives"][:2] == [
        "http-request return status 503 if { path /healthz/kubeapi } { nbsrv(kubeapi) lt 1 }",
        "http-request return status 200 if { path /healthz/kubeapi }",
    ]


@pytest.mark.parametrize(
    ("change", "most"), [({}, 4000), ({"nodes": 3}, 1150), ({"nodes": 1000}, 51000), ({"nodes": 9, "maxconn": 7}, 7)]
)
def test_connection_limits_follow_from_the_number_of_nodes(lab, change, most):
    proxies = haproxy_proxies([{**lab.kubeapi, **change}], "haproxy-1", lab.groups(), lab.hostvars())
    assert proxies["frontends"][1]["maxconn"] == most
    # One apiserver may have to do for all.
    assert proxies["backends"][0]["default_server"]["maxconn"] == most


@pytest.mark.parametrize("version", ["1.8.27-493ce0b", "2.3.21"])
def test_an_old_haproxy_is_asked_for_nothing_it_does_not_know(lab, version):
    proxies = haproxy_proxies([lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars(), version=version)
    said = str(proxies)
    assert not any(word in said for word in ("tcpka_", "idle-close", "http-request return"))


@pytest.mark.parametrize("version", ["", None, "2.4.0", "2.6.12-1+deb12u4", "3.4-dev1"])
def test_a_new_haproxy_and_one_that_is_not_there_yet_get_everything(lab, version):
    proxies = haproxy_proxies([lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars(), version=version)
    assert all(word in str(proxies) for word in ("clitcpka_idle", "srvtcpka_cnt", "idle-close", "http-request return"))


def test_without_a_ca_nothing_is_verified_and_plain_tcp_asks_nothing(lab):
    arguments = ("haproxy-1", lab.groups(), lab.hostvars())
    default = haproxy_proxies([lab.kubeapi], *arguments)["backends"][0]["default_server"]
    assert default["verify"] == "none"
    assert "ca_file" not in default
    (plain,) = haproxy_proxies([{**lab.kubeapi, "profile": "tcp"}], *arguments)["backends"]
    assert "http_check" not in plain
    assert "check_ssl" not in plain["default_server"]


def test_proxies_by_hand(lab):
    vip = {**lab.kubeapi, "frontend": {"maxconn": 7}, "backend": {"balance": "source"}}
    proxies = haproxy_proxies([vip], "haproxy-1", lab.groups(), lab.hostvars([vip]))
    assert (proxies["frontends"][1]["maxconn"], proxies["backends"][0]["balance"]) == (7, "source")


@pytest.mark.parametrize("variables", [{"ansible_host": "kube-1.example"}, {}, {"k8s_edge_address": "kube-1"}])
def test_a_server_without_an_address_is_refused(lab, variables):
    hostvars = {**lab.hostvars(), "kube-1": variables}
    with pytest.raises(AnsibleFilterError, match=r"host kube-1.*k8s_edge_address"):
        haproxy_proxies([lab.kubeapi], "haproxy-1", lab.groups(), hostvars)


def test_the_serving_address_goes_before_the_one_for_ssh(lab):
    hostvars = {**lab.hostvars(), "kube-1": {"ansible_host": "192.0.2.1", "k8s_edge_address": "10.77.0.91"}}
    (back,) = haproxy_proxies([lab.kubeapi], "haproxy-1", lab.groups(), hostvars)["backends"]
    assert back["servers"][0]["address"] == "10.77.0.91"
