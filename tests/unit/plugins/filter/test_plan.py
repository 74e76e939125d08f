# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the fleet: what each host is asked, who changes in which order, which VIPs move when and to whom."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from ansible_collections.k8s_edge.ha.plugins.filter.plan_difference import plan_difference
from ansible_collections.k8s_edge.ha.plugins.filter.plan_page import plan_page
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge import remains
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive import haproxy_file
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host_names import MARKER
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from derived import keepalived_instances

CHECKOUT = Path(__file__).resolve().parents[4]
ONE, TWO, THREE = "haproxy-1", "haproxy-2", "haproxy-3"
ADDRESS = "10.77.0.100"


def plane(*steps, impact="none", **more):
    whole = {"failed": False, "msg": "", "changed": bool(steps), "steps": list(steps), "impact": impact}
    return {**whole, "warnings": [], "unforeseen": [], **more}


def answer(**planes):
    impacts = ("none", "runtime", "reload", "restart", "vip_move")
    return {
        "would_change": any(each["changed"] for each in planes.values()),
        "failed_planes": [name for name, each in planes.items() if each["failed"]],
        "unforeseen": [],
        "impact": max((each["impact"] for each in planes.values()), key=impacts.index, default="none"),
        "planes": planes,
    }


class Site:
    """The lab's inventory, read and planned: haproxy-1 holds the VIP with 200, the others are BACKUP with 190, 180."""

    def __init__(self, lab, edges=2, **changes):
        self.groups, self.hostvars = lab.groups(edges), lab.hostvars([{**lab.kubeapi, **changes}], edges)
        for number, host in enumerate(self.groups["haproxy"], 1):
            self.runs(host, "MASTER" if number == 1 else "BACKUP", 210 - 10 * number)
            self.hostvars[host].update(k8s_edge_read=True, k8s_edge_plan=answer())

    def runs(self, host, state, priority):
        """Say what keepalived on a host does; without a state it does not run."""
        live = {"name": "kubeapi", "state": state, "effective_priority": priority, "priority": priority}
        before = {"active": bool(state), "loaded": True, "installed": True, "configuration": {}, "process_events": True}
        before["instances"] = [live] if state else []
        before["vips"] = [{"address": f"{ADDRESS}/24", "instance": "kubeapi", "held": state == "MASTER"}]
        self.hostvars[host]["k8s_edge_before"] = before

    def plans(self, host, **planes):
        self.hostvars[host]["k8s_edge_plan"] = answer(**planes)

    def fleet(self):
        return edge_fleet(self.groups, self.hostvars, "planned")

    def moves(self):
        (way,) = self.fleet()["plan"]["vips"]
        return [(each["origin"], each["target"], each["during"]) for each in way["moves"]]


MOVES = {"keepalived_config": plane("instance kubeapi: something", impact="vip_move")}
RELOADS = {"keepalived_config": plane("instance kubeapi: something", impact="reload")}


def test_hosts_without_anything_to_do_are_in_no_play(lab):
    site = Site(lab)
    fleet = site.fleet()
    assert (fleet["problems"], fleet["plan"]["would_change"], fleet["plan"]["order"]) == ([], False, [])
    assert fleet["roll"] == {}
    assert fleet["text"] == ["Nothing to do on any of 2 hosts.", f"VIP kubeapi {ADDRESS}: held by {ONE}; stays."]


def test_only_hosts_that_change_are_in_the_roll_the_holder_last(lab):
    site = Site(lab, edges=3)
    site.plans(ONE, **RELOADS)
    site.plans(THREE, **RELOADS)
    fleet = site.fleet()
    assert fleet["plan"]["order"] == fleet["roll"]["members"] == [THREE, ONE]
    assert fleet["roll"]["leaving"] == fleet["roll"]["real_servers"] == []
    assert fleet["plan"]["vips"][0]["moves"] == []
    assert json.loads(json.dumps(fleet)) == fleet


@pytest.mark.parametrize("which", [ONE, TWO])
def test_a_plane_that_cannot_be_planned_stops_the_run_for_all_hosts(lab, which):
    site = Site(lab)
    site.plans(which, haproxy_config={**plane(), "failed": True, "msg": "haproxy refused the file"})
    fleet = site.fleet()
    assert fleet["problems"] == [f"{which}: haproxy_config: haproxy refused the file"]
    assert (fleet["plan"], fleet["roll"], fleet["text"]) == ({}, {}, [])


def test_a_host_that_gave_no_plan_is_a_problem(lab):
    site = Site(lab)
    site.hostvars[TWO]["k8s_edge_plan"] = {"msg": "Failed to connect to the host via ssh.", "unreachable": True}
    assert site.fleet()["problems"] == [f"{TWO}: could not be planned: Failed to connect to the host via ssh."]
    del site.hostvars[TWO]["k8s_edge_plan"]
    assert "it did not answer" in site.fleet()["problems"][0]


def test_what_is_declared_moves_to_who_is_to_lead(lab):
    site = Site(lab, priorities={TWO: 220})
    site.plans(TWO, **RELOADS)
    assert site.moves() == [(ONE, TWO, TWO)]
    assert site.fleet()["plan"]["connections"] == [
        f"{ADDRESS} leaves {ONE}: connections that clients have through it there are cut"
    ]


def test_the_holder_hands_over_and_takes_back_where_its_change_is_a_move(lab):
    site = Site(lab)
    site.plans(ONE, **MOVES)
    assert site.moves() == [(ONE, TWO, ONE), (TWO, ONE, ONE)]
    told = "\n".join(site.fleet()["text"])
    assert f"held by {ONE}; moves to {TWO} while {ONE} is changed, then moves to {ONE} while" in told


def test_an_instance_that_does_not_preempt_leaves_the_vip_where_it_went(lab):
    site = Site(lab, instance={"nopreempt": True})
    site.plans(ONE, **MOVES)
    assert site.moves() == [(ONE, TWO, ONE)]


def test_a_lower_priority_makes_the_holder_yield(lab):
    site = Site(lab, priorities={ONE: 150})
    site.plans(ONE, **RELOADS)
    assert site.moves() == [(ONE, TWO, ONE)]


def test_a_vip_that_nobody_holds_comes_up_on_the_first_and_goes_to_the_leader(lab):
    site = Site(lab)
    for host in (ONE, TWO):
        site.runs(host, "", 0)
        site.plans(host, packages=plane("package keepalived: install"))
    assert site.moves() == [("", ONE, ONE)]
    assert site.fleet()["plan"]["connections"] == []


def written(site, **changes):
    """Say that every host's file has what is derived for it, but for some options."""
    for host in site.groups["haproxy"]:
        options = Fleet(site.groups, site.hostvars).host(host)["keepalived"]["options"]
        instances = [{**each, **changes} for each in options["instances"]]
        before = site.hostvars[host]["k8s_edge_before"]
        before["configuration"] = {"instances": instances, "scripts": options["scripts"]}
        before["instances"] = [
            {**each, "name": instances[0]["name"], "virtual_router_id": 100, "addresses": [f"{ADDRESS}/24"]}
            for each in before["instances"]
        ]
        before["vips"][0]["instance"] = instances[0]["name"]


def impacts(site):
    return {each["host"]: each["impact"] for each in site.fleet()["plan"]["hosts"]}


def test_a_priority_that_changes_no_order_moves_nothing(lab):
    site = Site(lab, priorities={ONE: 205})
    written(site, priority=200)
    site.plans(ONE, **MOVES)
    assert (site.moves(), impacts(site)[ONE]) == ([], "reload")


def test_what_only_the_holder_would_let_go_of_is_a_reload_elsewhere(lab):
    site = Site(lab, priorities={ONE: 200, TWO: 195})
    written(site)
    site.plans(TWO, **MOVES)
    assert (site.moves(), impacts(site)[TWO]) == ([], "reload")


def test_who_takes_a_vip_has_the_impact_of_a_move(lab):
    site = Site(lab, priorities={TWO: 220})
    site.plans(TWO, **RELOADS)
    assert impacts(site)[TWO] == "vip_move"


def test_a_host_that_is_renamed_keeps_its_vip(lab):
    site = Site(lab)
    written(site, name="old")
    for host in (ONE, TWO):
        site.hostvars[host]["keepalived_purge"] = True
        site.plans(host, **MOVES)
    assert (site.moves(), impacts(site)) == ([], {ONE: "reload", TWO: "reload"})


def test_a_coordinated_change_restarts_the_peers_and_only_the_holder_begins_anew(lab):
    site = Site(lab)
    written(site, unicast_src_ip="10.77.0.99")
    for host in (ONE, TWO):
        site.plans(host, **MOVES)
    fleet = site.fleet()
    assert fleet["plan"]["order"] == [ONE, TWO]
    assert (site.moves(), impacts(site)) == ([], {ONE: "vip_move", TWO: "restart"})
    assert f"held by {ONE}; stays, but {ONE} begins anew with it." in "\n".join(fleet["text"])


def test_checks_that_fail_now_count_after_the_change_too(lab):
    """haproxy-1 has 200 less 15 for a check that fails, and a reload does not heal that."""
    site = Site(lab, instance={"track_script": [{"name": "haproxy", "weight": -15}]})
    site.runs(ONE, "BACKUP", 185)
    site.runs(TWO, "MASTER", 190)
    site.hostvars[ONE]["k8s_edge_before"]["instances"][0]["priority"] = 200
    written(site)
    site.plans(ONE, **RELOADS)
    assert site.moves() == []


def test_other_weights_are_taken_as_those_of_checks_that_are_well(lab):
    site = Site(lab)
    written(site)
    for host in (ONE, TWO):
        site.hostvars[host]["k8s_edge_vips"][0]["instance"] = {"track_script": [{"name": "haproxy", "weight": 20}]}
        site.plans(host, **RELOADS)
    # haproxy-2 is changed first, and has 190 and 20 then; haproxy-1 has 200 until its turn.
    assert site.moves() == [(ONE, TWO, TWO), (TWO, ONE, ONE)]
    assert f"{ONE}: check haproxy of kubeapi is new or changed. If it fails, the VIP may move." in site.fleet()["text"]


def test_two_holders_are_told(lab):
    site = Site(lab)
    site.runs(TWO, "MASTER", 190)
    assert site.fleet()["text"][1] == f"VIP kubeapi {ADDRESS}: held by {ONE} and {TWO} (two holders); stays."


def test_what_a_reload_keeps_and_then_cuts_is_counted(lab):
    site = Site(lab)
    counted = {"sessions": 12, "older_than": 1, "frontends": {"kubeapi_vip": 12}}
    config = plane("timeout", impact="reload", connections=counted, hard_stop_after="1h")
    site.plans(TWO, haproxy_config=config)
    (told,) = site.fleet()["plan"]["connections"]
    assert told.startswith(f"{TWO}: HAProxy reloads; its old process keeps 12 established connections")
    assert told.endswith("and cuts those that last longer than 1h")
    site.plans(TWO, haproxy_config={**config, "impact": "restart"})
    assert "which cuts 12 established" in site.fleet()["plan"]["connections"][0]


def test_the_text_and_the_page_say_every_step_warning_and_doubt(lab):
    site = Site(lab)
    diff = {"before": "a\nb\n", "after": "a\n<c>\n", "before_header": "/x", "after_header": "/x"}
    site.plans(TWO, haproxy_config=plane("<step>", impact="reload", warnings=["a warning & more"], diff=diff))
    site.hostvars[TWO]["k8s_edge_plan"]["unforeseen"] = ["what is not known"]
    fleet = site.fleet()
    said = "\n".join(fleet["text"])
    page = plan_page(fleet["plan"], "2030-01-01 10:00")
    for words in ("1 of 2 hosts would change", "what is not known", "a warning & more"):
        assert words in said
        assert words.replace("&", "&amp;") in page
    assert "haproxy_config: <step>" in said and "<li>&lt;step&gt;</li>" in page
    assert "<del>-b</del>\n<ins>+&lt;c&gt;</ins>" in page
    assert page.count("http") == 0, "the page asks for something from elsewhere"
    assert "Hosts with nothing to do" in page and ONE in page


def test_what_a_host_is_asked_is_what_its_roles_would_do(lab):
    site = Site(lab)
    site.hostvars[ONE].update(k8s_edge_etc_hosts=True, haproxy_kube_verify=False)
    asked = site.fleet()["asks"][ONE]
    assert asked["packages"] == ["haproxy", "keepalived"] and asked["users"] == ["keepalived_script"]
    assert [each["path"] for each in asked["files"]] == ["/etc/keepalived/check-haproxy"]
    assert [each["name"] for each in asked["units"]] == ["haproxy", "keepalived"]
    modules = {"selinux_access", "firewall_access", "kernel_settings", "haproxy_config", "keepalived_config"}
    assert set(asked["modules"]) == modules
    part = Fleet(site.groups, site.hostvars).host(ONE)
    assert asked["modules"]["haproxy_config"] == part["haproxy"]["options"]
    assert asked["modules"]["kernel_settings"][0]["parameters"] == {"net.ipv4.ip_nonlocal_bind": 1}
    assert f"{ADDRESS} kubeapi" in asked["blocks"][0]["block"]
    site.hostvars[ONE].update(k8s_edge_etc_hosts=False, firewall_state="absent")
    site.hostvars[ONE]["ansible_facts"]["selinux"] = {"status": "disabled"}
    asked = site.fleet()["asks"][ONE]
    assert asked["blocks"][0]["state"] == "absent" and asked["blocks"][0]["block"] == ""
    assert "selinux_access" not in asked["modules"]
    assert asked["modules"]["firewall_access"]["openings"] == []


def test_what_haproxy_verifies_by_the_given_ca_is_asked_for_its_certificate(lab, monkeypatch):
    monkeypatch.setattr(haproxy_file, "ca_problems", lambda *_given: [])
    site = Site(lab)
    site.hostvars[ONE].update(haproxy_kube_ca_file="/pki/ca.crt", k8s_edge_kube_ca="the CA")
    asked = site.fleet()["asks"][ONE]["apiservers"]
    assert [each["address"] for each in asked] == [f"10.77.0.{n}" for n in (21, 22, 23)]
    assert {(each["backend"], each["port"], each["ca"]) for each in asked} == {("kubeapi", 6443, "the CA")}
    # Whom HAProxy does not verify, or by another CA, is nobody's matter here.
    for own in ({"verify": "none"}, {"ca_file": "/etc/other.crt"}):
        site = Site(lab, backend={"default_server": own})
        site.hostvars[ONE].update(haproxy_kube_ca_file="/pki/ca.crt", k8s_edge_kube_ca="the CA")
        assert site.fleet()["asks"][ONE]["apiservers"] == []


def test_the_block_of_names_is_the_same_for_who_writes_plans_and_finds_it():
    (task,) = yaml.safe_load((CHECKOUT / "roles/etc_hosts/tasks/main.yml").read_text())
    assert task["ansible.builtin.blockinfile"]["marker"] == MARKER
    assert MARKER.format(mark="BEGIN").encode() == remains._BLOCK


def test_directors_and_real_servers_are_asked_for_their_kernels(lab):
    vip = {"name": "edge", "addresses": [f"{ADDRESS}/24"], "ports": [80], "profile": "ipvs", "leads_to": "haproxy"}
    site = Site(lab)
    for host in site.groups["haproxy"]:
        site.hostvars[host]["k8s_edge_vips"] = [{**vip, "hosts": "haproxy"}]
    fleet = site.fleet()
    assert fleet["problems"] == []
    asked = fleet["asks"][TWO]
    names = [each["name"] for each in asked["modules"]["kernel_settings"]]
    assert names == ["kernel", "director", "real-server"]
    assert asked["modules"]["loopback_addresses"]["addresses"] == [f"{ADDRESS}/32"]
    assert asked["packages"] == ["ipvsadm", "keepalived"] and "haproxy_config" not in asked["modules"]
    site.hostvars[TWO]["ansible_facts"]["interfaces"].append("kube-ipvs0")
    assert site.fleet()["asks"][TWO]["modules"]["kube_proxy_info"] == {"virtual_addresses": [ADDRESS]}


def test_directors_that_are_real_servers_too_are_changed_with_the_holder_last(lab):
    vip = {"name": "kubeapi", "addresses": [f"{ADDRESS}/24"], "ports": [80], "profile": "ipvs", "leads_to": "haproxy"}
    site = Site(lab)
    for host in site.groups["haproxy"]:
        site.hostvars[host]["k8s_edge_vips"] = [{**vip, "hosts": "haproxy"}]
        site.plans(host, **RELOADS)
    fleet = site.fleet()
    assert fleet["plan"]["order"] == fleet["roll"]["members"] == [TWO, ONE]
    assert set(fleet["roll"]["real_servers"]) == {ONE, TWO}


def test_a_second_director_comes_after_the_first_which_answers_on_loopback(lab):
    """From multicast to unicast keepalived begins anew. The host answers meanwhile; no switch is needed."""
    site, vip = Site(lab), {"name": "kubeapi", "addresses": [f"{ADDRESS}/24"], "ports": [80], "profile": "ipvs"}
    vip.update(hosts="haproxy", leads_to="kube_control_plane")
    for host in (*site.groups["haproxy"], *site.groups["kube_control_plane"]):
        site.hostvars[host]["k8s_edge_vips"] = [vip]
        site.plans(host)
    alone = keepalived_instances([vip], ONE, {**site.groups, "haproxy": [ONE]}, site.hostvars)
    directs = [{"address": ADDRESS, "port": 80, "protocol": "TCP"}]
    before = site.hostvars[ONE]["k8s_edge_before"]
    before["configuration"] = {"instances": alone, "virtual_servers": directs}
    site.runs(TWO, "", 0)
    site.hostvars[TWO]["k8s_edge_before"]["vips"] = []
    site.plans(ONE, **MOVES)
    site.plans(TWO, **RELOADS)
    fleet = site.fleet()
    assert (fleet["problems"], fleet["plan"]["order"]) == ([], [ONE, TWO])
    (way,) = fleet["plan"]["vips"]
    assert (way["held_by"], way["pauses"], way["then_held_by"]) == ([ONE], [ONE], ONE)
    assert f"VIP kubeapi {ADDRESS}: held by {ONE}; stays, but {ONE} begins anew with it." in fleet["text"]
    assert fleet["plan"]["notes"][:2] == [
        f"{ONE}: answers for {ADDRESS} on loopback while keepalived begins anew.",
        f"{ONE}: the sync daemon comes back by a second reload, so that the kernel goes on directing.",
    ]
    both = keepalived_instances([vip], ONE, site.groups, site.hostvars)
    change = keepalived_change(before, both, [site.hostvars[TWO]["k8s_edge_before"]], directed=[ADDRESS])
    assert (change["coordinated"], change["without_successor"]) == (["kubeapi"], [])
    assert change["bridged"] == [f"{ADDRESS}/32"]


@pytest.mark.parametrize("purge", [True, False])
def test_a_haproxy_that_no_vip_leads_to(lab, purge):
    site = Site(lab)
    written = {"frontends": [{"name": "w", "bind": [{"address": ADDRESS, "port": 80}]}]}
    info = {"installed": True, "active": True, "enabled": True, "config": written}
    for host in site.groups["haproxy"]:
        site.hostvars[host].update(haproxy_purge=purge, k8s_edge_haproxy_before=info)
        site.hostvars[host]["k8s_edge_vips"] = [{**lab.kubeapi, "profile": "tcp"}]
        del site.hostvars[host]["k8s_edge_vips"][0]["leads_to"]
    fleet = site.fleet()
    assert fleet["problems"] == []
    asked = fleet["asks"][ONE]
    stopped = [each for each in asked["units"] if each["name"] == "haproxy"]
    assert bool(stopped) == purge == ("kernel_settings" in asked["modules"])
    assert fleet["hosts"][ONE]["haproxy"]["bound"] == ([] if purge else [ADDRESS])


def test_who_joins_the_group_of_a_master_is_planned_without_a_move_and_told(lab):
    site = Site(lab)
    written = {"name": "kubeapi", "virtual_router_id": 100, "interface": "eth0"}
    for host in site.groups["haproxy"]:
        before = site.hostvars[host]["k8s_edge_before"]
        groups = [{"name": "all", "group": ["kubeapi"]}]
        before["configuration"] = {"instances": [written], "sync_groups": groups}
        site.hostvars[host]["keepalived_instances"] = [{"name": "new", "virtual_router_id": 9, "interface": "eth0"}]
        site.hostvars[host]["keepalived_sync_groups"] = [{"name": "all", "group": ["kubeapi", "new"]}]
    site.plans(ONE, **RELOADS)
    fleet = site.fleet()
    assert fleet["asks"][ONE]["modules"]["keepalived_config"]["sync_groups"] == [{"name": "all", "group": ["kubeapi"]}]
    assert f"{ONE}: new joins its sync group by a second reload, so that no VIP moves." in fleet["plan"]["notes"]


@pytest.mark.parametrize("purge", [True, False])
def test_where_no_vip_is_declared_the_plan_says_what_goes(lab, purge):
    site = Site(lab)
    for host, variables in site.hostvars.items():
        variables["k8s_edge_vips"] = []
        files = [{"path": "/etc/sysctl.d/60-k8s-edge-kernel.conf"}] if host == ONE else []
        variables.update(k8s_edge_traces={"files": files}, keepalived_purge=purge, haproxy_purge=purge)
    fleet = site.fleet()
    assert fleet["problems"] == []
    assert fleet["plan"]["would_change"] is purge
    assert [each["host"] for each in fleet["remains"] if each["removes"]] == ([ONE] if purge else [])
    removal = [
        f"No VIP is declared: everything of this collection would be removed from {ONE}, which have:",
        f"{ONE}: /etc/sysctl.d/60-k8s-edge-kernel.conf",
    ]
    assert fleet["text"] == (removal if purge else ["Nothing to do on any of 0 hosts."])
    assert ("would be removed" in plan_page(fleet["plan"], "now")) is purge


BY_HAND = {"name": "haproxy-vip", "virtual_router_id": 47, "virtual_ipaddress": [{"address": ADDRESS}]}


def set_up_by_hand(lab, **variables):
    """Two hosts as the articles have it: an instance of their own, MASTER on both, and a frontend on every address."""
    site = Site(lab)
    for host in site.groups["haproxy"]:
        before = site.hostvars[host]["k8s_edge_before"]
        before["configuration"] = {"instances": [BY_HAND if host == ONE else {**BY_HAND, "virtual_ipaddress": []}]}
        before["instances"] = [{"name": "haproxy-vip", "state": "MASTER", "priority": 101}]
        frontend = {"name": "k8s-api", "bind": [{"address": "*", "port": 6443}]}
        site.hostvars[host].update(k8s_edge_haproxy_before={"config": {"frontends": [frontend]}}, **variables)
    return site


def test_hosts_that_somebody_set_up_by_hand_are_told_at_once(lab):
    problem, listener, split = set_up_by_hand(lab).fleet()["problems"]
    assert f"'{ADDRESS}' is already the address of instance haproxy-vip (virtual router ID 47)" in problem
    assert f"of {ONE}, which is not declared" in problem and "keepalived_purge: true" in problem
    assert listener.startswith(f"frontend k8s-api in haproxy.cfg of {ONE} and {TWO} listens on *:6443")
    assert split.startswith(f"instance haproxy-vip is MASTER on {ONE} and {TWO} at once")


def test_with_purge_it_is_told_what_gives_way(lab):
    fleet = set_up_by_hand(lab, keepalived_purge=True, haproxy_purge="no").fleet()
    assert fleet["problems"] == []
    instance, listener, split = fleet["plan"]["notes"]
    assert instance.startswith(
        "instance haproxy-vip (virtual router ID 47) in keepalived.conf of haproxy-1 is replaced"
    )
    assert instance.endswith("which would not accept its adverts, are stopped until their turn.")
    assert listener.startswith("frontend k8s-api in haproxy.cfg of haproxy-1 and haproxy-2 listens on *:6443; it stays")
    files = f"their files disagree (addresses: {ADDRESS} on {ONE}, none on {TWO})"
    assert split == f"instance haproxy-vip is MASTER on {ONE} and {TWO} at once: {files}."
    purged = set_up_by_hand(lab, keepalived_purge=True, haproxy_purge=True).fleet()
    assert "it is removed (haproxy_purge)" in purged["text"][-2]


def test_two_masters_whose_files_agree_do_not_hear_each_other(lab):
    site = set_up_by_hand(lab, keepalived_purge=True)
    site.hostvars[TWO]["k8s_edge_before"]["configuration"] = {"instances": [BY_HAND]}
    assert any(
        each.endswith("do not reach the other, or are rejected there.") for each in site.fleet()["plan"]["notes"]
    )


def test_a_takeover_begins_with_the_holder_and_its_peers_are_silent_so_that_nothing_moves(lab):
    site = set_up_by_hand(lab, keepalived_purge=True, haproxy_purge=True)
    holding = {"address": ADDRESS, "instance": "haproxy-vip", "held": True}
    site.hostvars[ONE]["k8s_edge_before"]["vips"] = [holding]
    site.hostvars[TWO]["k8s_edge_before"]["vips"] = []
    for host in (ONE, TWO):
        site.plans(host, **MOVES)
    fleet = site.fleet()
    assert fleet["plan"]["order"] == [ONE, TWO]
    assert [each["stops"] for each in fleet["plan"]["hosts"]] == [[TWO], []]
    assert fleet["plan"]["vips"][0]["held_by"] == [ONE] and fleet["plan"]["vips"][0]["moves"] == []


def test_what_is_declared_beside_the_vips_is_not_foreign(lab):
    site = set_up_by_hand(lab, keepalived_instances=[BY_HAND])
    assert not any("already the address" in each for each in site.fleet()["problems"])


def test_a_second_plan_is_held_against_the_one_that_was_shown():
    shown = answer(haproxy_config=plane("reload: it was changed 774.08 s after", impact="reload"))
    again = answer(haproxy_config=plane("reload: it was changed 801.5 s after", impact="reload"))
    assert plan_difference(again, shown) == {"lines": [], "worse": False}
    assert plan_difference(answer(), shown)["worse"] is False
    more = copy.deepcopy(again)
    more["planes"]["units"], more["impact"] = plane("unit keepalived: stop", impact="vip_move"), "vip_move"
    assert plan_difference(more, shown) == {"lines": ["new: units: unit keepalived: stop"], "worse": True}
    failed = answer(haproxy_config={**plane(), "failed": True, "msg": "no"})
    assert plan_difference(failed, answer()) == {"lines": ["haproxy_config: no"], "worse": True}


def test_a_peer_that_the_run_itself_has_stopped_is_not_worse_off_than_was_shown(lab):
    """Only haproxy-1 differs, in what all members must agree on: haproxy-2 has nothing to do but to begin anew."""
    site = Site(lab)
    written(site, virtual_router_id=77)
    site.hostvars[TWO]["k8s_edge_before"]["configuration"] = {}
    site.plans(ONE, **MOVES)
    plan = site.fleet()["plan"]
    assert (plan["order"], plan["hosts"][0]["stops"]) == ([ONE, TWO], [TWO])
    shown = answer(keepalived_config=plane(), units=plane())
    start = "unit keepalived: start (it is inactive, dead)"
    again = answer(keepalived_config=plane(), units={**plane(start, impact="reload"), "starts": {"keepalived": start}})
    assert plan_difference(again, shown, True) == {"lines": [], "worse": False}
    shown["planes"]["units"] = plane("unit keepalived: enable")
    again["planes"]["units"]["steps"].append("unit keepalived: enable")
    assert plan_difference(again, shown, True) == {"lines": [], "worse": False}
    # Where somebody else has stopped it, or has changed more there, it is.
    assert plan_difference(again, shown)["worse"] is True
    again["planes"]["haproxy_config"] = plane("reload HAProxy: it was edited", impact="reload")
    told = {"lines": ["new: haproxy_config: reload HAProxy: it was edited"], "worse": True}
    assert plan_difference(again, shown, True) == told


def test_a_stopped_host_is_started_and_takes_its_vip_back_and_a_masked_one_stops_the_run(lab):
    site = Site(lab)
    site.runs(ONE, "", 200)
    site.runs(TWO, "MASTER", 190)
    site.plans(ONE, units=plane("unit keepalived: start (it is inactive, dead)", impact="reload"))
    fleet = site.fleet()
    assert "   units: unit keepalived: start (it is inactive, dead)" in fleet["text"]
    assert (site.moves(), impacts(site)[ONE]) == ([(TWO, ONE, ONE)], "vip_move")
    masked = "unit keepalived: is masked, so that it never starts."
    site.plans(ONE, units={**plane(), "failed": True, "msg": masked})
    assert site.fleet()["problems"] == [f"{ONE}: units: {masked}"]


def test_clients_that_come_and_go_make_no_plan_worse():
    gone = plane("running HAProxy: backend b: server s deleted, once its sessions have ended", impact="runtime")
    many, one = (
        {**plane(f"reload HAProxy: server s has {count}", impact="reload"), "idle_impact": "runtime"}
        for count in ("12 sessions", "1 session")
    )
    for now, shown in ((many, gone), (gone, many), (many, one)):
        told = plan_difference(answer(haproxy_config=now), answer(haproxy_config=shown))
        assert told["worse"] is False and bool(told["lines"]) == (gone in (now, shown))
    more = answer(haproxy_config=plane("reload HAProxy: it was edited", impact="reload"))
    assert plan_difference(more, answer(haproxy_config=gone))["worse"] is True


def test_a_stage_that_does_not_exist_is_refused_with_those_that_do(lab):
    with pytest.raises(AnsibleFilterError, match="Use: declared, read, reached, planned"):
        edge_fleet(lab.groups(), lab.hostvars(), "true")
