"""Which of a host's addresses is its own."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from derived import keepalived_instances

SIX = "fd00:77::100/64"


def listed(*addresses, **flags):
    """Addresses of eth0 as keepalived_info lists them."""
    return [
        {"address": each, "interface": "eth0", "secondary": False, "deprecated": False, **flags.get(each, {})}
        for each in addresses
    ]


def source(lab, before, vip=SIX, **variables):
    vips = [{**lab.kubeapi, "addresses": [vip]}]
    hostvars = lab.hostvars(vips)
    hostvars["haproxy-1"].update(k8s_edge_before=before, **variables)
    (instance,) = keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)
    return instance["unicast_src_ip"]


FLOATING, OWN = "fd00:77::5/64", "fd00:77::11/64"
BOTH = {"addresses": listed(FLOATING, OWN)}


@pytest.mark.parametrize(
    ("before", "variables"),
    [
        # A VIP from before a renumbering, or of an instance that somebody else declared.
        ({**BOTH, "vips": [{"address": FLOATING, "instance": "old", "held": True}]}, {}),
        # keepalived runs with it, and its file has been changed since.
        ({**BOTH, "instances": [{"name": "x", "state": "MASTER", "addresses": [FLOATING]}]}, {}),
        (BOTH, {"ansible_host": "fd00:77::11"}),
        (BOTH, {"ansible_host": "10.77.0.11", "k8s_edge_address": "fd00:77::11"}),
        (BOTH, {"ansible_host": "fd00:77::11", "k8s_edge_address": "10.77.0.11"}),
        (BOTH, {"kube_vip_control_plane": {"addresses": ["10.77.0.99", "fd00:77::5"]}}),
        (BOTH, {"kube_vip_cloud_provider_pools": [{"ranges": ["fd00:77::1-fd00:77::9"]}]}),
        ({"addresses": listed(FLOATING, OWN, **{FLOATING: {"deprecated": True}})}, {}),
        ({"addresses": listed(FLOATING, OWN, **{FLOATING: {"secondary": True}})}, {}),
    ],
)
def test_an_address_that_moves_is_not_the_hosts_own(lab, before, variables):
    assert source(lab, before, **variables) == "fd00:77::11"
    assert source(lab, BOTH) == "fd00:77::5"  # told by nothing


def test_the_same_for_ipv4(lab):
    before = {"addresses": listed("10.77.0.5/24", "10.77.0.11/24"), "vips": [{"address": "10.77.0.5/24", "held": True}]}
    assert source(lab, before, "10.77.0.100/24") == "10.77.0.11"
    assert source(lab, {"addresses": before["addresses"]}, "10.77.0.100/24") == "10.77.0.11"  # by ansible_host


def test_a_host_that_has_only_what_moves_is_told_so(lab):
    before = {"addresses": listed(FLOATING), "vips": [{"address": FLOATING, "held": True}]}
    with pytest.raises(AnsibleFilterError, match=r"none of the host's networks.*fd00:77::5/64 moves between hosts"):
        source(lab, before)
    with pytest.raises(AnsibleFilterError, match=r"no IPv6 address of its own is there; fd00:77::5/64 moves"):
        source(lab, before, k8s_edge_interface="eth0")


def test_the_interface_by_hand_is_left_by_its_best_address(lab):
    before = {"addresses": listed("fd00:99::1/128", "fd00:99::2/64")}
    vips = [{**lab.kubeapi, "addresses": ["2001:db8::1/128"], "interface": "eth0"}]
    hostvars = lab.hostvars(vips)
    hostvars["haproxy-1"]["k8s_edge_before"] = before
    (instance,) = keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)
    assert instance["unicast_src_ip"] == "fd00:99::2"


@pytest.mark.parametrize(
    ("vip", "own", "fits"),
    [
        ("10.77.0.100/16", "10.77.0.11/24", "10.77.0.100/24, or 10.77.0.100/32"),
        ("10.77.0.100/25", "10.77.0.11/24", "10.77.0.100/24, or 10.77.0.100/32"),
        ("fd00:77::100/48", OWN, "fd00:77::100/64, or fd00:77::100/128"),
        ("fd00:77::100/96", OWN, "fd00:77::100/64, or fd00:77::100/128"),
    ],
)
def test_a_prefix_that_is_not_the_networks_is_refused(lab, vip, own, fits):
    with pytest.raises(AnsibleFilterError) as raised:
        source(lab, {"addresses": listed(own)}, vip)
    assert f"'{vip}' has another prefix than the host's network there" in str(raised.value)
    assert f"Write {fits}." in str(raised.value)


@pytest.mark.parametrize("vip", ["172.20.0.119/17", "172.20.0.119/32"])
def test_the_networks_prefix_and_the_address_alone_are_fine(lab, vip):
    vips = [{**lab.kubeapi, "addresses": [vip]}]
    hostvars = lab.hostvars(vips)
    for n in (1, 2):
        hostvars[f"haproxy-{n}"]["k8s_edge_before"] = {"addresses": listed(f"172.20.0.11{n}/17")}
    assert keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)[0]["unicast_src_ip"] == "172.20.0.111"


def test_the_holder_that_keepalived_knows_is_last(lab):
    """Whatever facts show: a VIP with a label and /32 is missing there."""
    for before in (
        {"vips": [{"address": "10.77.0.100/24", "instance": "kubeapi", "held": True}]},
        {"instances": [{"name": "kubeapi", "state": "MASTER"}]},
    ):
        hostvars = lab.hostvars()
        for host in ("haproxy-1", "haproxy-2"):
            hostvars[host]["k8s_edge_before"] = {"active": True, "loaded": True, "configuration": {}}
        hostvars["haproxy-1"]["k8s_edge_before"].update(before)
        assert edge_hosts(lab.groups(), hostvars, "in_order") == ["haproxy-2", "haproxy-1"]
