# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One load balancer is dead: the others are changed as far as that is safe, and what is owed is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import partners_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from derived import keepalived_instances

from .conftest import edge_problems, vip_faults

DUAL = ["10.77.0.100/24", "fd00:77::100/64"]


class Site:
    """A converged pair, or three, of which some have died: nothing was read of these."""

    def __init__(self, lab: SimpleNamespace, down: Any = ("haproxy-1",), edges: int = 2, **vip: Any) -> None:
        self.vips = [{**lab.kubeapi, "addresses": DUAL, **vip}]
        self.groups = lab.groups(edges)
        self.hostvars = lab.hostvars(self.vips, edges)
        for host in self.groups["haproxy"]:
            instances = keepalived_instances(self.vips, host, self.groups, self.hostvars)
            before = {"active": True, "loaded": True, "configuration": {"instances": instances}}
            self.hostvars[host].update(k8s_edge_before=before, k8s_edge_read=True)
        gone = down if isinstance(down, (tuple, list)) else down.split(",")
        for host in gone:
            for read in ("ansible_facts", "k8s_edge_before", "k8s_edge_read"):
                self.hostvars.get(host, {}).pop(read, None)
        self.declare(down)

    def declare(self, down: Any) -> None:
        for variables in self.hostvars.values():
            variables["k8s_edge_hosts_down"] = down

    def change(self, **vip: Any) -> None:
        self.vips = [{**self.vips[0], **vip}]
        for variables in self.hostvars.values():
            if "k8s_edge_vips" in variables:
                variables["k8s_edge_vips"] = self.vips

    def problems(self) -> str:
        return "\n".join(edge_problems(self.groups, self.hostvars, True))

    def written(self, host: str) -> list[dict[str, Any]]:
        return self.hostvars[host]["k8s_edge_before"]["configuration"]["instances"]


@pytest.mark.parametrize("edges", [2, 3])
def test_the_others_are_derived_as_with_all(lab: SimpleNamespace, edges: int) -> None:
    site = Site(lab, edges=edges)
    assert site.problems() == ""
    for host in edge_hosts(site.groups, site.hostvars):
        assert keepalived_instances(site.vips, host, site.groups, site.hostvars) == site.written(host)
    assert edge_hosts(site.groups, site.hostvars) == edge_hosts(site.groups, site.hostvars, "in_order")
    assert "haproxy-1" not in edge_hosts(site.groups, site.hostvars)


def test_nobody_waits_for_it_or_asks_it(lab: SimpleNamespace) -> None:
    site = Site(lab, edges=3)
    assert Fleet(site.groups, site.hostvars).section("keepalived", "haproxy-2")["partners"] == ["haproxy-3"]
    assert partners_of(declared(site.vips, site.groups))["haproxy-2"] == ["haproxy-1", "haproxy-3"]
    assert Fleet(site.groups, site.hostvars).silenced("haproxy-2") == []


def test_what_all_must_agree_on_waits(lab: SimpleNamespace) -> None:
    for change in (
        {"virtual_router_id": 7},
        {"addresses": ["10.77.0.100/24"]},
        {"addresses": ["10.77.0.101/24", DUAL[1]]},
        {"instance": {"version": 2, "advert_int": 1}},
        {"instance": {"authentication": {"auth_type": "PASS", "auth_pass": "new"}, "version": 2}},
    ):
        site = Site(lab)
        site.change(**change)
        if change == {"addresses": ["10.77.0.100/24"]}:
            assert site.problems() == ""  # the instance of the other family goes, or stays without purge
            continue
        assert "while haproxy-1 is down" in site.problems(), change
        assert "split brain" in site.problems()
        with pytest.raises(AnsibleFilterError, match="haproxy-1 is down"):
            edge_hosts(site.groups, site.hostvars, "in_order")
        site.declare([])
        assert "is down" not in "\n".join(edge_problems(site.groups, site.hostvars, False))


def test_a_password_that_changes_is_known_by_the_plan(lab: SimpleNamespace) -> None:
    secret = {"authentication": {"auth_type": "PASS", "auth_pass": "x"}, "version": 2}
    site = Site(lab, instance=secret)
    assert site.problems() == ""
    site.hostvars["haproxy-2"]["k8s_edge_plan"] = {
        "planes": {"keepalived_config": {"steps": ["instance kubeapi: change auth_pass"]}}
    }
    assert "while haproxy-1 is down" in site.problems()


def test_what_only_the_holder_says_goes_on(lab: SimpleNamespace) -> None:
    for change in ({"priorities": {"haproxy-2": 150}}, {"maxconn": 9}, {"instance": {"garp_master_refresh": 30}}):
        site = Site(lab)
        site.change(**change)
        assert site.problems() == "", change


def test_a_host_that_was_not_read_is_told_with_both_ways_on(lab: SimpleNamespace) -> None:
    site = Site(lab)
    site.declare(None)
    (said,) = edge_problems(site.groups, site.hostvars, True)
    assert "haproxy-1 may hold a VIP and could not be read" in said
    assert "k8s_edge_hosts_down: [haproxy-1]" in said
    assert "--limit" in said


@pytest.mark.parametrize(
    ("down", "words"),
    [
        (["haproxy-9"], "'haproxy-9' is not a host of the inventory"),
        ("haproxy-1,haproxy-9", "'haproxy-9' is not a host of the inventory"),
        (5, "5 is not a list of hosts"),
        (["haproxy-1", "haproxy-2"], "leaves no host for VIP kubeapi"),
    ],
)
def test_what_cannot_be_down_is_refused(lab: SimpleNamespace, down: Any, words: str) -> None:
    site = Site(lab)
    site.declare(down)
    assert words in site.problems()


def test_a_text_of_the_command_line_is_a_list(lab: SimpleNamespace) -> None:
    site = Site(lab, edges=3)
    site.declare("haproxy-1, haproxy-2")
    assert edge_hosts(site.groups, site.hostvars) == ["haproxy-3"]


def test_an_address_that_nobody_knows_is_asked_for(lab: SimpleNamespace) -> None:
    site = Site(lab)
    for instance in site.written("haproxy-2"):
        instance["unicast_peer"] = []
    assert "k8s_edge_vips[kubeapi].addresses on host haproxy-1" in site.problems()
    assert "Set k8s_edge_address" in site.problems()
    site.hostvars["haproxy-1"]["k8s_edge_address"] = "fd00:77::11"
    assert "Set k8s_edge_address" not in site.problems()


def test_verifying_expects_nothing_of_it_and_says_what_is_owed(lab: SimpleNamespace) -> None:
    site = Site(lab)
    held = [{"address": address, "held": True} for address in DUAL]
    answer = {"active": True, "loaded": True, "vips": held, "instances": []}
    assert vip_faults({"haproxy-2": answer}, site.groups, site.hostvars) == []
    peers = {"configuration": {"instances": site.written("haproxy-2")}}
    assert vip_faults({"haproxy-2": {**answer, **peers}}, site.groups, site.hostvars) == []
    assert edge_fleet(site.groups, site.hostvars, "read")["former_members"] == []
    site.hostvars["haproxy-2"]["k8s_edge_before"]["vips"] = held
    assert edge_fleet(site.groups, site.hostvars, "read")["unheld"] == []
    site.hostvars["haproxy-2"]["k8s_edge_before"]["vips"] = []
    assert {each["host"] for each in edge_fleet(site.groups, site.hostvars, "read")["unheld"]} == {"haproxy-2"}
    (owed,) = edge_fleet(site.groups, site.hostvars)["notes"]
    assert owed.startswith("haproxy-1 is declared down")
    site.declare([])
    assert vip_faults({"haproxy-2": answer}, site.groups, site.hostvars) != []
    assert edge_fleet(site.groups, site.hostvars)["notes"] == []


def test_a_real_server_that_is_down_is_left_alone(lab: SimpleNamespace) -> None:
    groups, vip = lab.groups(2), {"name": "edge", "addresses": ["10.77.0.100/24"], "ports": [80], "profile": "ipvs"}
    hostvars = lab.hostvars([{**vip, "leads_to": "haproxy"}], 2)
    assert edge_hosts(groups, hostvars, "real_servers") == ["haproxy-1", "haproxy-2"]
    hostvars["kube-1"]["k8s_edge_hosts_down"] = ["haproxy-2"]
    assert edge_hosts(groups, hostvars, "real_servers") == ["haproxy-1"]


def test_verifying_says_once_for_each_host_what_would_not_start_again(lab: SimpleNamespace) -> None:
    site = Site(lab)
    site.declare([])
    bind = "frontend web_vip: 'bind 10.0.0.100:443' is not an address of this host. Add the address first."
    proxies = {
        "haproxy-1": {"active": True, "start_problems": [bind]},
        "haproxy-2": {"active": False, "enabled": False, "start_problems": [bind]},
    }
    before = vip_faults({}, site.groups, site.hostvars)
    told = vip_faults({}, site.groups, site.hostvars, proxies)
    assert told[: len(before)] == before
    assert told[len(before) :] == [f"haproxy-1 would not be as it is after a restart of HAProxy: {bind}"]
    answers = {
        "haproxy-1": {"enabled": True, "start_problems": ["script check: '/x' does not exist. Install it first."]}
    }
    (told_of_both,) = [each for each in vip_faults(answers, site.groups, site.hostvars, proxies) if "restart" in each]
    assert bind in told_of_both and "keepalived: script check" in told_of_both
    site.declare("haproxy-1")
    assert not [each for each in vip_faults(answers, site.groups, site.hostvars, proxies) if "restart" in each]


def test_who_only_looks_goes_on_without_a_host_that_is_not_read(lab: SimpleNamespace) -> None:
    site = Site(lab)
    site.declare([])
    assert edge_fleet(site.groups, site.hostvars, "read")["asks"] == {}
    reached = edge_fleet(site.groups, site.hostvars, "reached")
    assert (reached["problems"], list(reached["asks"])) == ([], ["haproxy-2"])
    site.declare(["haproxy-1"])
    assert reached["asks"] == edge_fleet(site.groups, site.hostvars, "read")["asks"]
