"""What ``k8s_edge_vips`` may say, and what is refused before any host is touched."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from derived import keepalived_instances


def derive(lab, vips, hostvars=None, groups=None, **options):
    return keepalived_instances(
        vips,
        "haproxy-1",
        groups or lab.groups(),
        hostvars or lab.hostvars(vips if isinstance(vips, list) else None),
        **options,
    )


@pytest.mark.parametrize(
    ("change", "option", "remedy"),
    [
        ({"name": "a b"}, "name", "letters"),
        ({"name": "-a"}, "name", "letters"),
        ({"name": None}, "name", "letters"),
        ({"name": "a\n}"}, "name", "letters"),
        ({"addresses": []}, "addresses", "10.0.0.100/24"),
        ({"addresses": "10.77.0.100/24"}, "addresses", "[10.77.0.100/24]"),
        ({"addresses": ["10.77.0.100"]}, "addresses[0]", "prefix"),
        ({"addresses": ["10.77.0.300/24"]}, "addresses[0]", "prefix"),
        ({"addresses": ["10.77.0.0/24"]}, "addresses[0]", "free address"),
        ({"addresses": ["10.77.0.255/24"]}, "addresses[0]", "free address"),
        ({"addresses": ["127.0.0.1/8"]}, "addresses[0]", "unicast"),
        ({"addresses": ["224.0.0.1/24"]}, "addresses[0]", "unicast"),
        ({"addresses": ["fe80::100%eth0/64"]}, "addresses[0]", "prefix"),
        ({"addresses": ["10.77.0.100/24", "10.77.0.101/24"]}, "addresses[1]", "VIP of its own"),
        ({"port": None}, "port", "range"),
        ({"port": 0}, "port", "range"),
        ({"port": 65536}, "port", "range"),
        ({"port": True}, "port", "whole number"),
        ({"port": "https"}, "port", "whole number"),
        ({"hosts": "nobody"}, "hosts", "group"),
        ({"leads_to": "nobody"}, "leads_to", "group"),
        ({"endpoint": "kube api"}, "endpoint", "name"),
        ({"endpoint": "https://kubeapi"}, "endpoint", "name"),
        ({"profile": "nginx"}, "profile", "kube_apiserver"),
        ({"virtual_router_id": 256}, "virtual_router_id", "range"),
        ({"holder": "kube-1"}, "holder", "haproxy-1, haproxy-2"),
        ({"priorities": {"kube-1": 100}}, "priorities", "haproxy-1, haproxy-2"),
        ({"priorities": {"haproxy-1": 255}}, "priorities[haproxy-1]", "range"),
        ({"priorities": {"haproxy-1": 190}}, "priorities[haproxy-2]", "own priority"),
        ({"priorities": [1]}, "priorities", "keys"),
        ({"nodes": 0}, "nodes", "range"),
        ({"nodes": "many"}, "nodes", "whole number"),
        ({"instance": "nopreempt"}, "instance", "dictionary of name, initial_state"),
        ({"vrid": 51}, "vrid", "virtual_router_id"),
        ({"interface": "eth9"}, "addresses on host haproxy-1", "interface"),
        ({"addresses": ["192.0.2.7/24"]}, "addresses on host haproxy-2", "interface by hand"),
        ({"addresses": ["10.77.0.12/24"]}, "addresses", "no host has"),
        ({"addresses": ["10.77.0.22/24"]}, "addresses", "no host has"),
    ],
)
def test_a_wrong_entry_is_refused_in_words(lab, change, option, remedy):
    with pytest.raises(AnsibleFilterError) as refusal:
        derive(lab, [{**lab.kubeapi, **change}])
    assert option in str(refusal.value)
    assert remedy in str(refusal.value)


@pytest.mark.parametrize("vips", ["kubeapi", {"name": "kubeapi"}, [1], ["kubeapi"]])
def test_a_wrong_shape_is_refused(lab, vips):
    with pytest.raises(AnsibleFilterError, match="is not a"):
        derive(lab, vips, lab.hostvars())


def test_all_problems_are_told_at_once(lab):
    with pytest.raises(AnsibleFilterError) as refusal:
        derive(lab, [{**lab.kubeapi, "port": 0, "nodes": 0, "addresses": ["10.77.0.100"]}])
    assert len(str(refusal.value).splitlines()) == 3


def test_two_vips_with_one_name_or_one_address(lab):
    with pytest.raises(AnsibleFilterError) as refusal:
        derive(lab, [lab.kubeapi, lab.kubeapi])
    assert "declared twice" in str(refusal.value)
    assert "also declared by kubeapi" in str(refusal.value)


def test_a_router_id_conflict_on_one_network_names_both_and_the_remedy(lab):
    with pytest.raises(AnsibleFilterError) as refusal:
        derive(
            lab,
            [lab.kubeapi, {**lab.kubeapi, "name": "web", "addresses": ["10.77.0.101/24"], "virtual_router_id": 100}],
        )
    for word in (
        "k8s_edge_vips[web].virtual_router_id",
        "k8s_edge_vips[kubeapi]",
        "10.77.0.0/24",
        "haproxy-1",
        "1 to 255",
    ):
        assert word in str(refusal.value)


def test_missing_facts_name_the_host_and_the_remedy(lab):
    hostvars = lab.hostvars()
    hostvars["haproxy-2"] = {"ansible_host": "10.77.0.12"}
    with pytest.raises(AnsibleFilterError, match=r"haproxy-2.*--limit"):
        derive(lab, [lab.kubeapi], hostvars)


def test_two_interfaces_in_one_network_need_a_decision(lab):
    hostvars = lab.hostvars()
    both = (lab.interface("eth0", "10.77.0.11/24"), lab.interface("eth1", "10.77.0.31/24"))
    hostvars["haproxy-1"].update(lab.host(*both))
    with pytest.raises(AnsibleFilterError, match="several interfaces"):
        derive(lab, [lab.kubeapi], hostvars)
    hostvars["haproxy-1"]["k8s_edge_interface"] = "eth1"
    (instance,) = derive(lab, [lab.kubeapi], hostvars)
    assert (instance["interface"], instance["unicast_src_ip"]) == ("eth1", "10.77.0.31")


@pytest.mark.parametrize("weight", [10, -10, 5])
def test_a_weight_that_cannot_overcome_the_gap_is_refused(lab, weight):
    tracked = {**lab.kubeapi, "instance": {"track_script": [{"name": "disk", "weight": weight}]}}
    with pytest.raises(AnsibleFilterError, match="cannot overcome the gap of 10"):
        derive(lab, [tracked])
    scripts = [{"name": "disk", "weight": weight}]
    with pytest.raises(AnsibleFilterError, match="cannot overcome the gap of 10"):
        derive(lab, [{**lab.kubeapi, "instance": {"track_script": [{"name": "disk"}]}}], scripts=scripts)


@pytest.mark.parametrize("weight", [0, 11, -11, None])
def test_a_weight_that_can_is_taken(lab, weight):
    derive(lab, [{**lab.kubeapi, "instance": {"track_script": [{"name": "disk", "weight": weight}]}}])
