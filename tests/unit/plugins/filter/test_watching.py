"""What keepalived watches, and that its weights move a VIP to the right host in every case."""

from __future__ import annotations

from itertools import product

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_verdict import keepalived_verdict
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from derived import keepalived_instances


def watched(vips, host, groups, hostvars, watch=None):
    return watchers(host, declared(vips, groups), hostvars, Watch(**(watch or {})))


def control_plane(lab, count=3, **changes):
    """(VIPs, groups, hostvars) of apiservers with HAProxy beside them."""
    names = [f"kube-{n}" for n in range(1, count + 1)]
    vip = {**lab.kubeapi, "hosts": "kube_control_plane", **changes}
    hostvars = {
        name: lab.host(
            lab.interface("eth0", f"10.77.0.{20 + n}/24"), ansible_host=f"10.77.0.{20 + n}", k8s_edge_vips=[vip]
        )
        for n, name in enumerate(names, 1)
    }
    return [vip], {"all": names, "kube_control_plane": names, "haproxy": names}, hostvars


def named(entries):
    return {each["name"]: each for each in entries}


def test_haproxy_is_watched_twice_and_either_takes_the_host_out(lab):
    said = watched(
        [lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars(), {"health_port": 8405, "directory": "/etc/keepalived"}
    )
    (script,), (process,) = said["scripts"], said["track_processes"]
    assert (script["script"], script["weight"]) == ("/etc/keepalived/check-haproxy 8405", 0)
    assert script["timeout"] < script["interval"]
    assert (process["process"], process["weight"]) == ("haproxy", 0)


def test_a_host_without_a_proxy_watches_nothing(lab):
    for host in ("kube-1", "elsewhere"):
        said = watched([lab.kubeapi], host, lab.groups(), {**lab.hostvars(), "elsewhere": {}})
        assert said == {"scripts": [], "track_processes": []}


def test_where_the_kernel_tells_nothing_of_processes_none_is_tracked(lab):
    watch = {"processes": False}
    arguments = ("haproxy-1", lab.groups(), lab.hostvars())
    assert watched([lab.kubeapi], *arguments, watch)["track_processes"] == []
    (instance,) = keepalived_instances([lab.kubeapi], *arguments, watch=watch)
    assert "track_process" not in instance
    assert instance["track_script"] == [{"name": "haproxy"}]


def test_a_vip_may_also_leave_a_host_that_sees_no_server(lab):
    watch = {"servers": True, "directory": "/etc/keepalived", "check": {"interval": 5, "timeout": 4}}
    arguments = ("haproxy-1", lab.groups(), lab.hostvars())
    scripts = named(watched([lab.kubeapi], *arguments, watch)["scripts"])
    assert scripts["kubeapi-servers"]["script"] == "/etc/keepalived/check-haproxy 8404 /healthz/kubeapi"
    assert scripts["kubeapi-servers"]["interval"] == scripts["haproxy"]["interval"] == 5
    (instance,) = keepalived_instances([lab.kubeapi], *arguments, watch=watch)
    # Not out: where nobody sees a server, somebody still holds the VIP.
    assert instance["track_script"][1] == {"name": "kubeapi-servers", "weight": -11}


def test_the_apiserver_beside_haproxy_is_asked_by_the_address_that_haproxy_uses(lab):
    vips, groups, hostvars = control_plane(lab, backend_port=6444)
    scripts = named(watched(vips, "kube-2", groups, hostvars, {"directory": "/x"})["scripts"])
    assert scripts["kubeapi-apiserver"]["script"] == "/x/check-apiserver 10.77.0.22 6444"
    assert scripts["kubeapi-apiserver"]["timeout"] < scripts["kubeapi-apiserver"]["interval"]


@pytest.mark.parametrize("changes", [{"profile": "tcp"}, {"hosts": "haproxy"}, {"leads_to": "two"}])
def test_beside_means_that_every_host_is_an_apiserver(lab, changes):
    vips, groups, hostvars = control_plane(lab, **changes)
    groups = {**groups, "haproxy": ["kube-1", "lb"], "all": [*groups["all"], "lb"], "two": ["kube-1", "kube-2"]}
    hostvars["lb"] = lab.host(lab.interface("eth0", "10.77.0.9/24"), ansible_host="10.77.0.9")
    assert [each["name"] for each in watched(vips, "kube-1", groups, hostvars)["scripts"]] == ["haproxy"]


@pytest.mark.parametrize("count", [2, 3, 5, 7, 28])
@pytest.mark.parametrize("watch", [{}, {"servers": True}, {"processes": False}])
def test_the_vip_finds_the_best_host_whatever_fails(lab, count, watch):
    """Every combination of a sick HAProxy and a sick apiserver on two hosts, the others well or all the same."""
    vips, groups, hostvars = control_plane(lab, count)
    hosts = groups["kube_control_plane"]
    own = {host: keepalived_instances(vips, host, groups, hostvars, watch=watch)[0] for host in hosts}

    def effective(host, proxy, apiserver):
        instance = own[host]
        weights = [each["weight"] for each in instance.get("track_process", [])] if not proxy else []
        for each in instance["track_script"]:
            failing = {"haproxy": not proxy, "kubeapi-servers": not proxy, "kubeapi-apiserver": not apiserver}
            weights += [each["weight"]] if failing[each["name"]] else []
        assert 1 <= instance["priority"] + sum(weights) <= 254
        return instance["priority"] + sum(weights)

    first, last = hosts[0], hosts[-1]
    for mine, theirs in product(product((True, False), repeat=2), repeat=2):
        best = max((mine, 1), (theirs, 0))[1]  # HAProxy first, then the apiserver, then the order of the group
        ahead = effective(first, *mine) > effective(last, *theirs)
        assert ahead == bool(best), (mine, theirs)


def test_too_many_apiservers_for_weights_are_refused(lab):
    vips, groups, hostvars = control_plane(lab, 40)
    with pytest.raises(AnsibleFilterError, match=r"priorities from -\d+ to 200 in all"):
        keepalived_instances(vips, "kube-1", groups, hostvars, watch={"servers": True})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"instance": {"track_process": [{"name": "haproxy", "weight": -20}]}}, "gap of 20"),
        ({"instance": {"track_script": [{"name": "disk", "weight": 60}]}}, "to 260"),
        ({"instance": {"track_script": [{"name": "disk", "weight": -181}]}}, "from -43 "),
        ({"instance": {"nopreempt": True}}, "nopreempt"),
        ({"priorities": {"kube-1": 254, "kube-2": 1}}, "from -"),
    ],
)
def test_weights_that_cannot_do_their_work_are_refused(lab, options, reason):
    vips, groups, hostvars = control_plane(lab, **options)
    with pytest.raises(AnsibleFilterError, match=reason):
        keepalived_instances(vips, "kube-1", groups, hostvars, watch={})


def test_by_hand_haproxy_must_still_outweigh_the_apiserver(lab):
    vips, groups, hostvars = control_plane(lab)
    with pytest.raises(AnsibleFilterError, match=r"does not outweigh an apiserver's 21.*\+-41"):
        keepalived_instances(vips, "kube-1", groups, hostvars, watch={"check": {"weight": -41}})
    (instance,) = keepalived_instances(vips, "kube-1", groups, hostvars, watch={"check": {"weight": 45}})
    assert instance["track_script"][0] == {"name": "haproxy"}


def test_nopreempt_goes_with_checks_that_take_a_host_out(lab):
    vip = {**lab.kubeapi, "instance": {"nopreempt": True}}
    keepalived_instances([vip], "haproxy-1", lab.groups(), lab.hostvars([vip]), watch={})


@pytest.mark.parametrize(("effective", "verdict"), [(200, "waiting"), (179, "settled")])
def test_a_host_whose_priority_a_check_has_lowered_need_not_lead(lab, effective, verdict):
    instance = {"name": "kubeapi", "state": "BACKUP", "priority": 200, "effective_priority": effective}
    info = {"active": True, "loaded": True, "instances": [instance]}
    instances = keepalived_instances([lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars())
    assert keepalived_verdict(info, instances, lab.leading_peers([lab.kubeapi], "haproxy-1")) == verdict


def test_an_instance_gives_up_our_watchers_where_its_vip_leads_nowhere_any_more(lab):
    vip = {key: value for key, value in lab.kubeapi.items() if key not in ("leads_to", "profile", "port")}
    hostvars = lab.hostvars([vip])
    by_hand = {"name": "link"}
    written = {"name": "kubeapi", "track_process": [{"name": "haproxy"}]}
    written["track_script"] = [{"name": "haproxy"}, by_hand, {"name": "kubeapi-servers"}]
    hostvars["haproxy-1"]["k8s_edge_before"] = {"configuration": {"instances": [written]}}
    (instance,) = keepalived_instances([vip], "haproxy-1", lab.groups(), hostvars, watch={})
    assert (instance["track_script"], instance["track_process"]) == ([by_hand], [])
    # Not ours, or not there: it is nobody's business.
    written.update(track_script=[by_hand], track_process=None)
    (instance,) = keepalived_instances([vip], "haproxy-1", lab.groups(), hostvars, watch={})
    assert "track_script" not in instance
    assert "track_process" not in instance


def test_a_host_whose_kernel_tells_of_no_process_tracks_none(lab):
    hostvars = lab.hostvars()
    written = {"name": "kubeapi", "track_process": [{"name": "haproxy"}]}
    hostvars["haproxy-1"]["k8s_edge_before"] = {"configuration": {"instances": [written]}}
    arguments = ([lab.kubeapi], "haproxy-1", lab.groups(), hostvars)
    (instance,) = keepalived_instances(*arguments, watch={"processes": False})
    assert instance["track_process"] == []
    (instance,) = keepalived_instances(*arguments, watch={"processes": True})
    assert instance["track_process"] == [{"name": "haproxy"}]
