# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that still take part in a VIP for which they are no longer declared: split brain."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from derived import keepalived_instances

from .conftest import vip_faults

VIP = "10.77.0.100/24"


class Site:
    """Three hosts converged for one VIP, the first of them its holder; then the group is what ``stays``, and only its
    hosts are read."""

    def __init__(self, lab, stays=("haproxy-1", "haproxy-2"), vips=None, **change):
        old = vips or [lab.kubeapi]
        self.groups, self.hostvars = lab.groups(3), lab.hostvars(old, 3)
        answers = {}
        for number, host in enumerate(self.groups["haproxy"], 1):
            written = keepalived_instances(old, host, self.groups, self.hostvars)
            state = "MASTER" if number == 1 else "BACKUP"
            answers[host] = {
                "active": True,
                "enabled": True,
                "loaded": True,
                "configuration": {"instances": written},
                "instances": [{"name": each["name"], "state": state} for each in written],
                "vips": [{"address": VIP, "instance": written[0]["name"], "held": number == 1}],
            }
        self.answers = answers
        self.groups["haproxy"] = list(stays)
        new = [{**each, **change} for each in old]
        for host, variables in self.hostvars.items():
            if "k8s_edge_vips" in variables:
                variables["k8s_edge_vips"] = new
            if host not in stays:
                variables.pop("ansible_facts", None)
        for host in stays:
            self.read(host)

    def read(self, host, **said):
        self.answers.setdefault(host, {}).update(said)
        self.hostvars[host]["k8s_edge_before"] = self.answers[host]

    def found(self):
        return edge_fleet(self.groups, self.hostvars, "read")["former_members"]


def test_nobody_has_left(lab):
    assert Site(lab, stays=("haproxy-1", "haproxy-2", "haproxy-3")).found() == []


def test_who_was_taken_out_is_named_by_the_peers_that_stay_and_is_to_be_read(lab):
    (former,) = Site(lab).found()
    assert (former["host"], former["read"], former["leaves"]) == ("haproxy-3", False, False)
    assert "'haproxy-3' is no longer one of them, is a peer in keepalived.conf of haproxy-1" in former["fault"]


def test_the_holder_too(lab):
    (former,) = Site(lab, stays=("haproxy-2", "haproxy-3")).found()
    assert former["host"] == "haproxy-1"


def test_without_purge_it_is_refused_and_with_it_it_leaves_first(lab):
    site = Site(lab)
    site.read("haproxy-3")
    (former,) = site.found()
    assert former["instances"] == ["kubeapi"]
    assert "would hold the VIP too. Set keepalived_purge: true for haproxy-3" in former["fault"]
    site.hostvars["haproxy-3"]["keepalived_purge"] = True
    (former,) = site.found()
    assert (former["leaves"], former["fault"]) == (True, "")


def test_directors_that_were_taken_out_leave_before_the_last_one_is_changed(lab):
    vip = {"name": "kubeapi", "addresses": [VIP], "ports": [80], "profile": "ipvs", "leads_to": "kube_control_plane"}
    vip["hosts"] = "haproxy"
    site = Site(lab, stays=("haproxy-1",), vips=[vip])
    for host in ("haproxy-2", "haproxy-3"):
        site.read(host)
        site.hostvars[host]["keepalived_purge"] = True
    assert [(each["host"], each["leaves"], each["fault"]) for each in site.found()] == [
        ("haproxy-2", True, ""),
        ("haproxy-3", True, ""),
    ]
    alone = keepalived_instances([vip], "haproxy-1", site.groups, site.hostvars)
    left = {"active": True, "instances": [], "configuration": {}}
    here = site.answers["haproxy-1"]
    here["configuration"]["virtual_servers"] = [{"address": "10.77.0.100", "port": 6443}]
    change = keepalived_change(here, alone, [left, left], directed=["10.77.0.100"])
    assert (change["coordinated"], change["without_successor"]) == (["kubeapi"], [])
    assert change["bridged"] == ["10.77.0.100/32"]


@pytest.mark.parametrize(
    "said",
    [
        {"active": False, "enabled": False},
        {"configuration": {}},
        {"configuration": {"instances": [{"name": "other", "virtual_ipaddress": [{"address": "10.77.0.109"}]}]}},
    ],
)
def test_one_that_takes_part_no_more_is_no_matter(lab, said):
    site = Site(lab)
    site.read("haproxy-3", **said)
    assert site.found() == []


def test_one_that_only_rests_until_it_is_booted_is_one(lab):
    site = Site(lab)
    site.read("haproxy-3", active=False)
    assert [each["host"] for each in site.found()] == ["haproxy-3"]


def test_one_under_another_name_is_found_by_the_address(lab):
    site = Site(lab)
    site.read("haproxy-3")
    site.answers["haproxy-3"]["configuration"]["instances"][0]["name"] = "by-hand"
    assert [each["instances"] for each in site.found()] == [["by-hand"]]


def test_an_address_that_no_host_has_must_be_answered_for_by_hand(lab):
    site = Site(lab)
    del site.hostvars["haproxy-3"]
    (former,) = site.found()
    assert former["host"] == ""
    assert "'10.77.0.13'" in former["fault"]
    assert "no host in this inventory" in former["fault"]
    assert "k8s_edge_members_gone: [10.77.0.13]" in former["fault"]
    site.hostvars["haproxy-1"]["k8s_edge_members_gone"] = ["10.77.0.13"]
    assert site.found() == []


def test_that_one_is_gone_is_not_believed_where_it_was_seen(lab):
    site = Site(lab)
    site.hostvars["haproxy-1"]["k8s_edge_members_gone"] = ["haproxy-3"]
    assert site.found() == []
    site.read("haproxy-3")
    assert len(site.found()) == 1


def test_where_all_hosts_are_new_the_old_ones_may_not_go_first(lab):
    site = Site(lab, stays=("haproxy-3",))
    site.answers["haproxy-3"].update(active=False, instances=[], configuration={})
    for host in ("haproxy-1", "haproxy-2"):
        site.read(host)
        site.hostvars[host]["keepalived_purge"] = True
    assert [each["leaves"] for each in site.found()] == [False, False]
    assert "Declare haproxy-1 together with the new hosts" in site.found()[0]["fault"]


def test_a_host_that_stays_for_another_vip_is_found_by_its_own_file(lab):
    other = {"name": "other", "addresses": ["10.77.0.101/24"], "hosts": "all_three"}
    site = Site(lab)
    site.groups["all_three"] = ["haproxy-1", "haproxy-2", "haproxy-3"]
    for host in site.groups["all_three"]:
        site.hostvars[host].update(lab.hostvars(edges=3)[host], k8s_edge_vips=[lab.kubeapi, other])
        site.read(host)
    assert [(each["vip"], each["host"]) for each in site.found()] == [("kubeapi", "haproxy-3")]


def test_one_that_could_move_only_with_another_may_not_leave(lab):
    vips = [lab.kubeapi, {"name": "web", "hosts": "haproxy", "addresses": ["10.77.0.101/24"]}]
    site = Site(lab, stays=("haproxy-2", "haproxy-3"), vips=vips)
    answer = site.answers["haproxy-1"]
    answer["configuration"]["sync_groups"] = [{"name": "g", "group": ["kubeapi", "web", "kept"]}]
    site.read("haproxy-1")
    site.hostvars["haproxy-1"]["keepalived_purge"] = True
    one, two = site.found()
    assert not one["leaves"] and not two["leaves"]
    assert (
        "but is MASTER of kubeapi, which cannot move without kept, of its sync group. First take kubeapi"
        in one["fault"]
    )
    for each in answer["instances"]:
        each["state"] = "BACKUP"
    assert [each["leaves"] for each in site.found()] == [True, True]
    answer["instances"][0]["state"] = "MASTER"
    answer["configuration"]["sync_groups"][0]["group"] = ["kubeapi", "web"]
    assert [each["leaves"] for each in site.found()] == [True, True]


def test_peers_set_by_hand_are_wanted(lab):
    peers = [{"address": "10.77.0.11"}, {"address": "10.77.0.12"}, {"address": "10.77.0.99"}]
    site = Site(lab, stays=("haproxy-1", "haproxy-2", "haproxy-3"), instance={"unicast_peer": peers})
    for host in site.groups["haproxy"]:
        site.answers[host]["configuration"]["instances"][0]["unicast_peer"] = peers
    assert site.found() == []


def test_a_host_with_a_new_address_is_the_same_member(lab):
    site = Site(lab, stays=("haproxy-1", "haproxy-2", "haproxy-3"))
    site.hostvars["haproxy-2"].update(lab.host(lab.interface("eth0", "10.77.0.32/24")), ansible_host="10.77.0.32")
    assert site.found() == []


def test_verify_names_a_peer_that_nobody_asked(lab):
    site = Site(lab)
    (fault, _second) = vip_faults(site.answers, site.groups, site.hostvars)
    assert "keepalived on haproxy-1 names 10.77.0.13 as a peer, which is not a host of the VIP" in fault


def test_an_address_that_no_host_of_the_vip_holds_is_asked_for_by_one_that_lacks_it(lab):
    site = Site(lab)
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == []
    site.answers["haproxy-1"]["vips"] = []
    asked = {"vip": "kubeapi", "address": "10.77.0.100", "host": "haproxy-1"}
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == [asked]
    # By a former member, which was read.
    site.read("haproxy-3", vips=[{"address": VIP, "instance": "kubeapi", "held": True}])
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == []
    site.read("haproxy-3", vips=[])
    # On loopback, as a real server has it.
    site.hostvars["haproxy-1"]["ansible_facts"]["all_ipv4_addresses"] = ["10.77.0.100"]
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == [{**asked, "host": "haproxy-2"}]
    # By other means than keepalived's: it is not another host's.
    site.hostvars["haproxy-2"].update(lab.host(lab.interface("eth0", "10.77.0.12/24", secondaries=(VIP,))))
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == []
