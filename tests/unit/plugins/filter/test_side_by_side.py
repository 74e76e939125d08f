# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are changed side by side: only such that have nothing in common, and never two of one VIP."""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.plan_page import plan_page

RELOADS = {"failed": False, "msg": "", "changed": True, "steps": ["timeout"], "impact": "reload", "unforeseen": []}
PLAN = {"would_change": True, "failed_planes": [], "impact": "reload", "planes": {"haproxy_config": RELOADS}}


class Pairs:
    """Pairs of other names: berlin-1a holds a VIP with 200, berlin-1b is its BACKUP with 190, before a cluster of their
    own, and so on. What is true of all lies in ``shared``."""

    def __init__(self, number, **shared):
        self.groups, self.hostvars, self.vips, self.shared = {"all": []}, {}, [], shared
        for index in range(1, number + 1):
            pair = [f"berlin-{index}a", f"berlin-{index}b"]
            self.groups[f"pair_{index}"], self.groups[f"kube_{index}"] = pair, [f"node-{index}"]
            self.vips.append(
                {
                    "name": f"door{index}",
                    "addresses": [f"192.0.2.{100 + index}/24"],
                    "port": 6443,
                    "hosts": f"pair_{index}",
                    "leads_to": f"kube_{index}",
                    "profile": "tcp",
                }
            )
            for place, host in enumerate(pair):
                state, priority = ("BACKUP", 190) if place else ("MASTER", 200)
                self.add(host, f"192.0.2.{2 * index + place}", f"door{index}", state, priority, index)
            self.add(f"node-{index}", f"192.0.2.{200 + index}")

    def add(self, host, address, instance="", state="", priority=0, index=0):
        live = {"name": instance, "state": state, "effective_priority": priority, "priority": priority}
        held = [{"address": f"192.0.2.{100 + index}/24", "instance": instance, "held": state == "MASTER"}]
        before = {"active": bool(state), "loaded": True, "installed": True, "configuration": {}, "process_events": True}
        facts = {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "12"}
        facts["default_ipv4"] = {"interface": "eth0"}
        facts["interfaces"] = ["eth0"]
        facts["eth0"] = {"device": "eth0", "ipv4": {"address": address, "prefix": "24", "netmask": "255.255.255.0"}}
        self.groups["all"].append(host)
        self.hostvars[host] = {"inventory_hostname": host, "ansible_host": address, "k8s_edge_read": True}
        self.hostvars[host].update(ansible_facts=facts, k8s_edge_plan=PLAN, haproxy_kube_verify=False)
        self.hostvars[host]["k8s_edge_before"] = {**before, "instances": [live] if state else [], "vips": held}

    def fleet(self, number=None):
        for variables in self.hostvars.values():
            variables.update(k8s_edge_vips=self.vips, **self.shared)
            if number is not None:
                variables["k8s_edge_parallel_groups"] = number
        return edge_fleet(self.groups, self.hostvars, "planned")

    def batches(self, number=None):
        fleet = self.fleet(number)
        assert fleet["problems"] == []
        found = fleet["roll"]["batches"]
        assert [host for batch in found for host in batch] == fleet["roll"]["members"] == fleet["plan"]["order"]
        assert found == fleet["plan"]["batches"] and json.loads(json.dumps(fleet)) == fleet
        return found


def test_one_host_at_a_time_in_the_whole_fleet_unless_it_is_allowed():
    pairs = Pairs(3)
    before = [["berlin-1b"], ["berlin-2b"], ["berlin-3b"], ["berlin-1a"], ["berlin-2a"], ["berlin-3a"]]
    assert pairs.batches() == pairs.batches(1) == before
    assert "one after the other" in pairs.fleet()["text"][0]


@pytest.mark.parametrize("number", [2, "3", 5, 12, 99])
def test_twelve_pairs_with_nothing_in_common_the_holder_last_in_each(number):
    batches = Pairs(12).batches(number)
    assert max(map(len, batches)) == min(int(number), 12)
    assert sorted(host for batch in batches for host in batch) == sorted(
        f"berlin-{n}{x}" for n in range(1, 13) for x in "ab"
    )
    place = {host: step for step, batch in enumerate(batches) for host in batch}
    for index in range(1, 13):
        assert place[f"berlin-{index}b"] < place[f"berlin-{index}a"]
    for batch in batches:
        assert len({host[:-1] for host in batch}) == len(batch), "two hosts of one VIP at the same time"


def test_a_group_is_finished_before_another_one_begins():
    assert Pairs(3).batches(2) == [["berlin-1b", "berlin-2b"], ["berlin-1a", "berlin-2a"], ["berlin-3b"], ["berlin-3a"]]


def share_a_server(pairs):
    pairs.groups["kube_2"] = ["node-2", "node-1"]


def share_a_vip(pairs):
    pairs.groups["both"] = ["berlin-1b", "berlin-2a"]
    vip = {**pairs.vips[0], "name": "across", "hosts": "both", "port": 7443, "leads_to": "kube_1"}
    pairs.vips.append({**vip, "addresses": ["192.0.2.150/24"]})


def share_a_server_by_hand(pairs):
    server = {"name": "s", "address": "192.0.2.201", "port": 80}  # node-1
    pairs.hostvars["berlin-2a"]["haproxy_backends"] = [{"name": "by-hand", "mode": "tcp", "servers": [server]}]


def share_a_server_that_no_host_is(pairs):
    for host in ("berlin-1a", "berlin-2b"):
        server = {"name": "s", "address": "198.51.100.7", "port": 80}
        written = {"backends": [{"name": "by-hand", "servers": [server]}]}
        pairs.hostvars[host]["k8s_edge_haproxy_before"] = {"config": written}


def share_a_peer(pairs):
    instance = {"name": "by-hand", "virtual_router_id": 9, "interface": "eth0", "priority": 100}
    peers = [{"address": "192.0.2.2"}]  # berlin-1a
    pairs.hostvars["berlin-2b"]["keepalived_instances"] = [{**instance, "unicast_peer": peers}]


def share_a_router_without_peers(pairs):
    for host in ("berlin-1a", "berlin-2a"):
        instance = {"name": f"of-{host}", "virtual_router_id": 9, "interface": "eth0", "priority": 100}
        pairs.hostvars[host]["k8s_edge_before"]["configuration"] = {"instances": [instance]}


@pytest.mark.parametrize(
    "share",
    [
        share_a_server,
        share_a_vip,
        share_a_server_by_hand,
        share_a_server_that_no_host_is,
        share_a_peer,
        share_a_router_without_peers,
    ],
)
def test_hosts_with_something_in_common_are_never_changed_side_by_side(share):
    pairs = Pairs(3)
    share(pairs)
    batches = pairs.batches(3)
    assert sorted(host for batch in batches for host in batch) == sorted(
        pairs.groups["all"][::3] + pairs.groups["all"][1::3]
    )
    for batch in batches:
        assert len([host for host in batch if host.startswith(("berlin-1", "berlin-2"))]) <= 1
    assert any(len(batch) == 2 for batch in batches), "the third pair has nothing to do with them"


def test_a_host_that_does_not_change_ties_its_neighbours_together():
    pairs = Pairs(2)
    pairs.groups["both"] = ["berlin-1b", "berlin-2b"]
    vip = {**pairs.vips[0], "name": "across", "hosts": "both", "port": 7443, "addresses": ["192.0.2.150/24"]}
    pairs.vips.append(vip)
    for host in ("berlin-1b", "berlin-2b"):
        pairs.hostvars[host]["k8s_edge_plan"] = {**PLAN, "would_change": False, "planes": {}}
    assert sorted(pairs.batches(2)) == [["berlin-1a"], ["berlin-2a"]]


def test_what_each_host_has_on_loopback_is_nothing_in_common():
    pairs = Pairs(2)
    for host in pairs.groups["pair_1"] + pairs.groups["pair_2"]:
        servers = [{"name": "s", "address": address} for address in ("127.0.0.1", "::1", "unix@/run/x", "/run/x", None)]
        pairs.hostvars[host]["haproxy_listens"] = [{"name": "own", "mode": "tcp", "servers": servers}]
        pairs.hostvars[host]["k8s_edge_haproxy_before"] = {"config": {"listens": [{"name": "own", "servers": servers}]}}
    pairs.hostvars["berlin-1a"].pop("haproxy_listens")
    assert [len(batch) for batch in pairs.batches(2)] == [2, 2]


def test_the_plan_shows_who_goes_side_by_side_and_how_long_it_takes_then():
    alone, fleet = Pairs(2).fleet(), Pairs(2).fleet(2)
    assert alone["plan"]["seconds"] == 2 * fleet["plan"]["seconds"] > 0
    names = "berlin-1b with berlin-2b, berlin-1a with berlin-2a"
    assert fleet["text"][0].startswith("4 of 4 hosts would change, up to 2 side by side, in about ")
    assert fleet["text"][0].endswith(f" s: {names}.")
    assert "1. berlin-1b: reload, side by side with berlin-2b" in fleet["text"]
    page = plan_page(fleet["plan"], "2030-01-01 10:00")
    assert "Side by side with berlin-2b." in page and names in page


@pytest.mark.parametrize("given", [0, -1, "0", "two", "", 1.5, "1.5", True, [2], "٣"])
def test_a_number_that_is_none_is_refused_before_any_host_is_read(given):
    pairs = Pairs(2)
    pairs.hostvars["berlin-2a"]["k8s_edge_parallel_groups"] = given
    for variables in pairs.hostvars.values():
        variables["k8s_edge_vips"] = pairs.vips
    (problem,) = edge_fleet(pairs.groups, pairs.hostvars)["problems"]
    assert (
        problem.startswith("k8s_edge_parallel_groups: ")
        and "is not a whole number from 1 on (host berlin-2a)" in problem
    )
    assert "for example 2" in problem


def test_hosts_that_say_different_numbers_are_refused():
    pairs = Pairs(2)
    pairs.hostvars["berlin-1a"]["k8s_edge_parallel_groups"] = 2
    pairs.hostvars["berlin-2a"]["k8s_edge_parallel_groups"] = 3
    (problem,) = pairs.fleet()["problems"]
    assert "2 on berlin-1a and 3 on berlin-2a" in problem and "group_vars of all" in problem
