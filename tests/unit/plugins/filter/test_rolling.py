"""The order of hosts, and who falls silent: never two masters."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.filter.haproxy_verdict import haproxy_verdict
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_verdict import keepalived_verdict
from ansible_collections.k8s_edge.ha.plugins.filter.vip_endpoints import vip_endpoints
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import partners_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import order as _rolling
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import HostState, host_state, silenced_by
from derived import keepalived_instances

from .conftest import vip_faults

VIP = "10.77.0.100/24"


class Site:
    """Hosts as the preflight read them: converged, with the first VIP on ``holder``."""

    def __init__(self, lab, edges=2, holder="haproxy-1", vips=None):
        self.vips = vips or [lab.kubeapi]
        self.groups, self.hostvars = lab.groups(edges), lab.hostvars(self.vips, edges)
        self.hosts = self.groups["haproxy"]
        for host in self.hosts:
            self.hostvars[host]["k8s_edge_before"] = {
                "active": True,
                "loaded": True,
                "configuration": {"instances": keepalived_instances(self.vips, host, self.groups, self.hostvars)},
            }
        for n, host in enumerate(self.hosts, 1):
            if host == holder:
                held = tuple(self.vips[0]["addresses"][:1])
                self.hostvars[host].update(lab.host(lab.interface("eth0", f"10.77.0.1{n}/24", secondaries=held)))

    def before(self, host):
        return self.hostvars[host]["k8s_edge_before"]

    def written(self, host):
        return self.before(host)["configuration"]["instances"][0]

    def order(self):
        return edge_hosts(self.groups, self.hostvars, "in_order")

    def silent(self):
        return {host: Fleet(self.groups, self.hostvars).silenced(host) for host in self.hosts}


def test_the_holder_comes_last(lab):
    site = Site(lab, edges=3)
    assert site.order() == ["haproxy-2", "haproxy-3", "haproxy-1"]
    assert site.silent() == {"haproxy-1": [], "haproxy-2": [], "haproxy-3": []}


def test_a_host_that_does_not_run_yet_comes_after_those_who_must_know_it(lab):
    site = Site(lab, edges=3)
    site.before("haproxy-2").update(active=False)
    assert site.order() == ["haproxy-3", "haproxy-1", "haproxy-2"]


def test_fresh_hosts_keep_their_order(lab):
    site = Site(lab, edges=3, holder=None)
    for host in site.hosts:
        site.before(host).update(active=False, loaded=False, configuration={})
    assert site.order() == site.hosts
    assert site.silent() == {"haproxy-1": [], "haproxy-2": [], "haproxy-3": []}


@pytest.mark.parametrize(
    "old",
    [
        {"virtual_router_id": 51},
        {"version": 2},
        {"version": None},
        {"interface": "eth1"},
        {"unicast_peer": None},
        {"unicast_src_ip": "10.77.0.99"},
        {"authentication": None},
        {"authentication": {"auth_type": "AH", "auth_pass": "********"}},
        {"virtual_ipaddress": [{"address": "10.77.0.99/24"}]},
        {"virtual_ipaddress": [{"address": "10.77.0.100/24"}, {"address": "10.77.0.99/24"}]},
    ],
)
def test_what_all_must_agree_on_starts_with_the_holder_and_silences_the_others(lab, old):
    vip = {**lab.kubeapi, "instance": {"authentication": {"auth_type": "PASS", "auth_pass": "y"}}}
    site = Site(lab, edges=3, vips=[vip], holder="haproxy-2")
    for host in site.hosts:
        site.written(host).update(old)
    assert site.order() == ["haproxy-2", "haproxy-1", "haproxy-3"]
    assert site.silent() == {"haproxy-1": ["haproxy-3"], "haproxy-2": ["haproxy-1", "haproxy-3"], "haproxy-3": []}


@pytest.mark.parametrize(("addresses", "first"), [([], "haproxy-2"), (["10.77.0.100"], "haproxy-1")])
def test_a_master_of_nothing_is_no_holder(lab, addresses, first):
    """haproxy-1 has no addresses in its instance, and so does not hear the others."""
    site = Site(lab, holder="haproxy-2")
    site.written("haproxy-1")["virtual_ipaddress"] = []
    site.before("haproxy-1")["instances"] = [{"name": "kubeapi", "state": "MASTER", "addresses": addresses}]
    assert site.order()[0] == first


def test_the_interval_must_be_agreed_with_version_2_only(lab):
    for version, order in ((2, ["haproxy-1", "haproxy-2"]), (3, ["haproxy-2", "haproxy-1"])):
        site = Site(lab, vips=[{**lab.kubeapi, "instance": {"version": version}}])
        for host in site.hosts:
            site.written(host)["advert_int"] = 3
        assert site.order() == order


@pytest.mark.parametrize(
    "old", [{"priority": 7}, {"track_script": None}, {"garp_master_refresh": 1}, {"nopreempt": True}]
)
def test_what_a_host_may_change_alone_silences_nobody(lab, old):
    site = Site(lab)
    for host in site.hosts:
        site.written(host).update(old)
    assert site.order() == ["haproxy-2", "haproxy-1"]
    assert not any(site.silent().values())


def test_a_password_is_masked_when_read_so_the_plan_says_whether_it_changes(lab):
    vip = {**lab.kubeapi, "instance": {"version": 2, "authentication": {"auth_type": "PASS", "auth_pass": "y"}}}
    site = Site(lab, vips=[vip])
    for host in site.hosts:
        site.written(host)["authentication"] = {"auth_type": "PASS", "auth_pass": "********"}
    assert site.order() == ["haproxy-2", "haproxy-1"]
    site.hostvars["haproxy-1"]["k8s_edge_plan"] = {
        "planes": {"keepalived_config": {"steps": ["vrrp_instance kubeapi: priority 1 -> 2"]}}
    }
    assert site.order() == ["haproxy-2", "haproxy-1"]
    step = "vrrp_instance kubeapi: authentication: auth_pass ******** -> ********"
    site.hostvars["haproxy-1"]["k8s_edge_plan"] = {"planes": {"keepalived_config": {"steps": [step]}}}
    assert site.order() == ["haproxy-1", "haproxy-2"]


def test_formatting_of_addresses_is_no_difference(lab):
    site = Site(lab)
    for host in site.hosts:
        site.written(host)["virtual_ipaddress"] = [{"address": "10.77.0.100"}]
    assert site.order() == ["haproxy-2", "haproxy-1"]


@pytest.mark.parametrize("split", [True, False])
def test_a_host_that_directs_what_it_holds_is_never_the_one_that_is_stopped(split):
    """Not for another that holds more VIPs, of HAProxy."""
    hosts = [
        HostState("a", True, 3, split),
        HostState("b", True, 0, split),
        HostState("c", True, 1, split, directs=True),
    ]
    partners = {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}
    assert _rolling.order(hosts, partners) == (["c", "a", "b"] if split else ["b", "a", "c"])
    assert silenced_by("c", hosts, partners) == (["a", "b"] if split else [])
    assert "c" not in [*silenced_by("a", hosts, partners), *silenced_by("b", hosts, partners)]


@pytest.mark.parametrize("held", [True, False])
def test_who_directs_is_seen(lab, held):
    edge = {
        "name": "edge",
        "addresses": [VIP],
        "hosts": "haproxy",
        "leads_to": "haproxy",
        "profile": "ipvs",
        "ports": [80],
    }
    vips = declared([edge], lab.groups())
    info = {"active": True, "loaded": True, "vips": [{"address": VIP, "instance": "edge", "held": held}]}
    found = host_state("haproxy-1", vips, {"k8s_edge_before": info}, info, [])
    assert (found.directs, found.holds) == (held, int(held))


def test_a_daemon_that_runs_another_configuration_than_its_file_may_disagree(lab):
    site = Site(lab)
    site.before("haproxy-1").update(loaded=False)
    assert site.order() == ["haproxy-1", "haproxy-2"]
    assert site.silent()["haproxy-1"] == ["haproxy-2"]


def test_after_an_aborted_change_the_silent_host_is_not_silenced_again_and_comes_last(lab):
    site = Site(lab)
    site.written("haproxy-2").update(virtual_router_id=51)
    site.before("haproxy-2").update(active=False)
    assert site.order() == ["haproxy-1", "haproxy-2"]
    assert not any(site.silent().values())


def test_a_pair_that_shares_no_vip_with_the_change_goes_its_own_way(lab):
    site = Site(lab, edges=4)
    site.groups["left"], site.groups["right"] = site.hosts[:2], site.hosts[2:]
    site.vips[:] = [
        {**lab.kubeapi, "name": "left", "hosts": "left"},
        {**lab.kubeapi, "name": "right", "hosts": "right", "addresses": ["10.77.0.101/24"]},
    ]
    for host in site.hosts:
        site.before(host)["configuration"] = {
            "instances": keepalived_instances(site.vips, host, site.groups, site.hostvars)
        }
    for host in site.groups["left"]:
        site.written(host).update(virtual_router_id=51)
    assert site.silent() == {"haproxy-1": ["haproxy-2"], "haproxy-2": [], "haproxy-3": [], "haproxy-4": []}


def test_clients_may_use_a_name(lab):
    vips = [{**lab.kubeapi, "endpoint": "kubeapi.example.org"}]
    assert [each["url"] for each in vip_endpoints(vips, lab.groups())] == ["https://kubeapi.example.org:6443/readyz"]


def test_without_anything_read_the_declared_order_stands(lab):
    hostvars = lab.hostvars()
    assert edge_hosts(lab.groups(), hostvars, "in_order") == ["haproxy-1", "haproxy-2"]
    assert Fleet(lab.groups(), hostvars).silenced("haproxy-1") == []
    assert edge_hosts(lab.groups(), hostvars) == ["haproxy-1", "haproxy-2"]


def test_before_any_play_has_run_there_are_no_host_variables_to_choose_by(lab):
    assert edge_hosts(lab.groups(), {}, "in_order") == edge_hosts(lab.groups(), {}) == lab.groups()["all"]


def answer(state="MASTER", held=(VIP,), **more):
    return {
        "active": True,
        "loaded": True,
        "instances": [{"name": "kubeapi", "state": state}],
        "vips": [{"address": address, "instance": "kubeapi", "held": address in held} for address in (VIP,)],
        **more,
    }


def test_one_holder_is_no_fault(lab):
    answers = {"haproxy-1": answer(), "haproxy-2": answer("BACKUP", ())}
    assert vip_faults(answers, lab.groups(), lab.hostvars()) == []


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (answer(), "held by haproxy-1 and haproxy-2"),
        (answer("FAULT", ()), "FAULT on haproxy-2"),
        (answer("BACKUP", (), active=False), "does not run on haproxy-2"),
        (answer("BACKUP", (), loaded=False), "another configuration"),
        ({}, "haproxy-2 was not read"),
    ],
)
def test_a_fault_is_told_in_words(lab, second, words):
    faults = vip_faults({"haproxy-1": answer(), "haproxy-2": second}, lab.groups(), lab.hostvars())
    assert any(words in fault for fault in faults)


def test_no_holder_is_a_fault(lab):
    nobody = answer("BACKUP", ())
    assert vip_faults({"haproxy-1": nobody, "haproxy-2": nobody}, lab.groups(), lab.hostvars()) == [
        "kubeapi: 10.77.0.100 is held by no host."
    ]


@pytest.mark.parametrize(
    ("host", "info", "vip", "verdict"),
    [
        ("haproxy-1", answer(), {}, "settled"),
        ("haproxy-1", answer("BACKUP"), {}, "waiting"),
        ("haproxy-1", answer("BACKUP"), {"instance": {"nopreempt": True}}, "settled"),
        ("haproxy-2", answer("BACKUP"), {}, "settled"),
        ("haproxy-2", answer("MASTER"), {}, "settled"),
        ("haproxy-2", answer("FAULT"), {}, "failed"),
        ("haproxy-2", answer("FAULT", loaded=False), {}, "waiting"),
        ("haproxy-2", answer("BACKUP", loaded=False), {}, "waiting"),
        ("haproxy-2", answer("BACKUP", active=False), {}, "waiting"),
        ("haproxy-2", answer("BACKUP", instances=[]), {}, "waiting"),
    ],
)
def test_keepalived_must_find_its_state(lab, host, info, vip, verdict):
    vips = [{**lab.kubeapi, **vip}]
    instances = keepalived_instances(vips, host, lab.groups(), lab.hostvars(vips))
    assert keepalived_verdict(info, instances, lab.leading_peers(vips, host)) == verdict


def test_a_check_that_has_not_run_yet_is_waited_for(lab):
    instances = keepalived_instances([lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars())
    assert keepalived_verdict(answer("FAULT"), instances, final=False) == "waiting"


def test_instances_that_cannot_be_changed_alone_are_named(lab):
    site = Site(lab)
    desired = keepalived_instances(site.vips, "haproxy-1", site.groups, site.hostvars)
    assert keepalived_change(site.before("haproxy-1"), desired)["coordinated"] == []
    site.written("haproxy-1").update(virtual_router_id=51)
    assert keepalived_change(site.before("haproxy-1"), desired)["coordinated"] == ["kubeapi"]
    assert keepalived_change({"configuration": {}}, desired)["coordinated"] == []


def test_what_is_unknown_of_a_written_instance_silences_nobody(lab):
    """A line that hangs on a parameter is left as it is by the roll; missing from what was read, it is not missing."""
    site = Site(lab)
    written = site.written("haproxy-1")
    for option in ("virtual_router_id", "virtual_ipaddress", "unicast_peer"):
        del written[option]
    assert site.silent()["haproxy-1"] == ["haproxy-2"]
    options = ["unicast_peer", "virtual_ipaddress", "virtual_router_id"]
    site.before("haproxy-1")["unknown"] = [{"block": "vrrp_instance " + written["name"], "options": options}]
    assert site.silent() == {"haproxy-1": [], "haproxy-2": []}
    written["version"] = 2
    assert site.silent()["haproxy-1"] == ["haproxy-2"]


def test_a_master_needs_a_peer_that_is_backup():
    master, backup, fault = answer(), answer("BACKUP", ()), answer("FAULT", ())
    assert keepalived_change(master, [], [backup])["without_successor"] == []
    assert keepalived_change(master, [], [fault])["without_successor"] == ["kubeapi"]
    assert keepalived_change(master, [], [{**backup, "active": False}])["without_successor"] == ["kubeapi"]
    assert keepalived_change(master, [], [])["without_successor"] == ["kubeapi"]
    assert keepalived_change(master, [], [], ["kubeapi"])["without_successor"] == ["kubeapi"]
    assert keepalived_change(master, [], [], ["another"])["without_successor"] == []  # the VIP is to go
    assert keepalived_change(backup, [], [])["without_successor"] == []


def test_partners_share_a_vip(lab):
    assert partners_of(declared([lab.kubeapi], lab.groups(3)))["haproxy-2"] == ["haproxy-1", "haproxy-3"]
    assert "kube-1" not in partners_of(declared([lab.kubeapi], lab.groups(3)))


def test_where_clients_connect(lab):
    vips = [{**lab.kubeapi, "addresses": ["10.77.0.100/24", "fd00:77::100/64"]}, {"name": "bare", "addresses": [VIP]}]
    with pytest.raises(AnsibleFilterError, match="also declared"):
        vip_endpoints(vips, lab.groups())
    vips[1]["addresses"] = ["10.77.0.101/24"]
    assert [each["url"] for each in vip_endpoints(vips, lab.groups())] == [
        "https://10.77.0.100:6443/readyz",
        "https://[fd00:77::100]:6443/readyz",
    ]


def proxy(status="UP", check="L7OK", **more):
    stat = [
        {"pxname": "kubeapi", "svname": "FRONTEND", "status": "OPEN"},
        {"pxname": "kubeapi", "svname": "kube-1", "status": status, "check_status": check},
        {"pxname": "kubeapi", "svname": "BACKEND", "status": status.split()[0]},
    ]
    return {"active": True, "loaded": True, "runtime": {"stat": stat}, **more}


@pytest.mark.parametrize(
    ("info", "before", "verdict"),
    [
        (proxy(), proxy(), "settled"),
        (proxy("UP", "INI"), proxy(), "waiting"),
        (proxy("UP 2/3", "L6RSP"), proxy(), "waiting"),
        (proxy("DOWN", "L6RSP"), proxy(), "failed"),
        (proxy("DOWN", "L6RSP"), proxy("DOWN", "L4CON"), "settled"),
        (proxy("DOWN", "L6RSP"), {"installed": False, "runtime": None}, "settled"),
        (proxy(loaded=False), proxy(), "waiting"),
        (proxy(active=False), proxy(), "waiting"),
        (proxy(runtime=None), proxy(), "settled"),
    ],
)
def test_haproxy_must_serve_what_it_served(info, before, verdict):
    assert haproxy_verdict(info, before, ["kubeapi"]) == verdict


def test_a_backend_that_is_no_longer_wanted_need_not_serve():
    assert haproxy_verdict(proxy("DOWN", "L4CON"), proxy(), ["other"]) == "settled"
