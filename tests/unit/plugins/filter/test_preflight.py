# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight: what the hosts saw on their networks, held against the declaration."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.preflight_findings import preflight_findings
from ansible_collections.k8s_edge.ha.plugins.filter.preflight_options import preflight_options

from .conftest import GROUPS, KUBEAPI, edge_problems, hostvars, vip_faults

HARDWARE = {"haproxy-1": "52:54:00:00:00:11", "haproxy-2": "52:54:00:00:00:12"}
OUTSIDER = "52:54:00:00:00:99"
DAY = 86400
NOW = 1_800_000_000


def info(host: str, state: str, held: bool, **changed: Any) -> dict[str, Any]:
    """What keepalived_info says of a host that runs the declared instance."""
    instance = {
        "name": "kubeapi",
        "interface": "eth0",
        "virtual_router_id": 100,
        "version": 3,
        "unicast_src_ip": f"10.77.0.1{host[-1]}",
        "unicast_peer": [{"address": "10.77.0.12" if host == "haproxy-1" else "10.77.0.11"}],
        "virtual_ipaddress": [{"address": "10.77.0.100/24"}],
        **changed,
    }
    running = {"name": "kubeapi", "state": state, "virtual_router_id": 100, "interface": "eth0", "priority": 200}
    return {
        "active": True,
        "loaded": True,
        "version": "2.2.7",
        "configuration": {"instances": [instance]},
        "instances": [{**running, "addresses": ["10.77.0.100/24"]}],
        "vips": [{"address": "10.77.0.100/24", "instance": "kubeapi", "held": held}],
    }


def certificate(server: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": server,
        "address": f"10.77.0.2{server[-1]}",
        "port": 6443,
        "problem": "",
        "distrust": "",
        "subject": server,
        "issuer": "ca",
        "names": [server],
        "addresses": ["10.77.0.100"],
        "not_before": NOW - DAY,
        "not_after": NOW + 365 * DAY,
        **changed,
    }


def look(host: str, answered: tuple[str, ...] = (), heard: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """What vip_preflight says where all is well, and who answered for the VIP."""
    return {
        "clock": float(NOW),
        "deaf": "",
        "listened": {"seconds": 3.0, "interfaces": ["eth0"]},
        "advertisements": list(heard),
        "answers": [{"address": "10.77.0.100", "asked_on": ["eth0"], "hardware": list(answered)}],
        "links": [
            {"name": "eth0", "up": True, "carrier": True, "hardware": HARDWARE[host], "mtu": 1500},
            {"name": "lo", "up": True, "carrier": True, "hardware": "", "mtu": 65536},
        ],
        "taken": [],
        "disks": [{"path": "/etc", "free_bytes": 1 << 40, "free_inodes": 1 << 20}],
        "certificates": [certificate(f"kube-{number}") for number in (1, 2, 3)],
    }


def advertisement(source: str, **changed: Any) -> dict[str, Any]:
    return {
        "interface": "eth0",
        "hardware": OUTSIDER,
        "source": source,
        "destination": "224.0.0.18",
        "family": 4,
        "version": 3,
        "virtual_router_id": 100,
        "priority": 200,
        "authentication": "",
        "advert_int": 0.5,
        "addresses": ["10.77.0.100"],
        "count": 6,
        "first": 0.1,
        "last": 2.9,
        **changed,
    }


@pytest.fixture
def fleet():
    """Two hosts, the first the holder, as the second sees it, and nothing wrong."""
    found = hostvars()
    found["haproxy-1"].update(k8s_edge_before=info("haproxy-1", "MASTER", True), k8s_edge_wire=look("haproxy-1"))
    found["haproxy-2"].update(
        k8s_edge_before=info("haproxy-2", "BACKUP", False),
        k8s_edge_wire=look(
            "haproxy-2", (HARDWARE["haproxy-1"],), (advertisement("10.77.0.11", destination="10.77.0.12"),)
        ),
    )
    for host in HARDWARE:
        found[host].update(
            k8s_edge_read=True,
            k8s_edge_kube_ca="",
            k8s_edge_haproxy_before={"version": "2.6.12"},
            k8s_edge_plan={"would_change": False, "planes": {}},
        )
        found[host]["k8s_edge_kube_ca_file"] = False
    return found


def found(fleet: dict[str, Any], stage: str = "planned") -> list[str]:
    return preflight_findings(GROUPS, fleet, stage)["text"][1:]


def test_nothing_is_found_where_all_is_well(fleet):
    told = preflight_findings(GROUPS, fleet)
    assert told["text"] == ["2 hosts looked at, VRRP listened for during 3 s: nothing found."]
    assert (told["findings"], told["errors"], told["hosts"]) == ([], [], ["haproxy-1", "haproxy-2"])


def heard(fleet, *said):
    for host in HARDWARE:
        fleet[host]["k8s_edge_wire"]["advertisements"] = list(said)
    return found(fleet)


def test_a_outsider_with_our_virtual_router_id(fleet):
    (line,) = heard(fleet, advertisement("10.77.0.99", version=2, priority=150, addresses=["10.77.0.200"]))
    assert line == (
        "error: haproxy-1, haproxy-2: k8s_edge_vips[kubeapi]: virtual router ID 100 on eth0 is in use by 10.77.0.99, "
        "which is not a host of this inventory. It sends VRRP version 2 with priority 150 for 10.77.0.200. The hosts "
        "of "
        "the VIP would accept it as a member, or become MASTER too (split brain). Set virtual_router_id of the VIP "
        "by hand, "
        "to one that is free here: 1. Or stop keepalived on 10.77.0.99."
    )


def test_the_free_number_that_is_named_is_used_by_nobody_heard(fleet):
    first, _note = heard(fleet, advertisement("10.77.0.99"), advertisement("10.77.0.98", virtual_router_id=1))
    assert "is free here: 2." in first


@pytest.mark.parametrize(
    "harmless",
    [
        {"interface": "eth1"},  # another network
        {"family": 6},
        {"priority": 0},  # it says farewell
    ],
)
def test_no_outsider_where_the_id_is_another_ones(fleet, harmless):
    assert [line for line in heard(fleet, advertisement("10.77.0.99", **harmless)) if line.startswith("error")] == []


def test_a_host_of_the_inventory_that_is_none_of_the_vip(fleet):
    (line,) = heard(fleet, advertisement("10.77.0.21"))
    assert "is in use by kube-1 (10.77.0.21). It sends" in line


def test_other_virtual_router_ids_are_told(fleet):
    (line,) = heard(fleet, advertisement("10.77.0.99", virtual_router_id=33, addresses=["10.77.0.201"]))
    assert line == (
        "note: haproxy-1, haproxy-2: VRRP on eth0: virtual router ID 33 is in use, for 10.77.0.201, by 10.77.0.99, "
        "which is not a host of this inventory."
    )


def test_our_address_under_another_virtual_router_id(fleet):
    (line,) = heard(fleet, advertisement("10.77.0.99", virtual_router_id=33))
    assert line.startswith(
        "error: haproxy-1, haproxy-2: k8s_edge_vips[kubeapi]: 10.77.0.100 is announced on eth0, as virtual router ID 33"
    )


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"version": 2, "advert_int": 1.0}, "sends VRRP version 2, and keepalived here has 3"),
        ({"authentication": "PASS"}, "sends authentication PASS, and keepalived here has none"),
        (
            {"addresses": ["10.77.0.100", "10.77.0.101"]},
            "sends addresses 10.77.0.100, 10.77.0.101, and keepalived here",
        ),
    ],
)
def test_a_member_that_does_not_agree(fleet, sent, words):
    fleet["haproxy-2"]["k8s_edge_wire"]["advertisements"] = [advertisement("10.77.0.11", **sent)]
    (line,) = found(fleet)
    assert line.startswith("error: haproxy-2: k8s_edge_vips[kubeapi], instance kubeapi: haproxy-1 ")
    assert words in line


def test_a_change_that_is_to_come_may_bring_members_together(fleet):
    fleet["haproxy-2"]["k8s_edge_wire"]["advertisements"] = [advertisement("10.77.0.11", authentication="PASS")]
    fleet["haproxy-1"]["k8s_edge_plan"]["would_change"] = True
    assert found(fleet)[0].startswith("warning: haproxy-2: k8s_edge_vips[kubeapi], instance kubeapi: haproxy-1 sends")


def test_a_member_that_does_not_run_yet_is_no_disagreement(fleet):
    fleet["haproxy-2"]["k8s_edge_wire"]["advertisements"] = [advertisement("10.77.0.11", version=2, advert_int=1.0)]
    fleet["haproxy-2"]["k8s_edge_before"].update(active=False, instances=[])
    assert found(fleet) == []


def test_somebody_else_answers(fleet):
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (OUTSIDER,))
    (line,) = found(fleet)
    assert line.startswith(
        f"error: haproxy-1: k8s_edge_vips[kubeapi]: 10.77.0.100 is used by hardware address {OUTSIDER}, which"
    )


def test_who_answers_is_named_where_it_also_sends_vrrp(fleet):
    said = advertisement("10.77.0.21", virtual_router_id=33, addresses=["10.77.0.201"])
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (OUTSIDER,), (said,))
    assert "is used by kube-1, which serves the VIP and must not answer for it" in found(fleet)[0]


def test_the_answer_of_a_virtual_mac_is_ours(fleet):
    fleet["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2", ("00:00:5e:00:01:64",))
    assert found(fleet) == []
    fleet["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2", ("00:00:5e:00:01:65",))
    assert len(found(fleet)) == 1


def test_split_brain_is_told_of_both_sides(fleet):
    fleet["haproxy-2"]["k8s_edge_before"] = info("haproxy-2", "MASTER", True)
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (HARDWARE["haproxy-2"],))
    (line,) = found(fleet)
    assert line.startswith(
        "error: haproxy-1, haproxy-2: k8s_edge_vips[kubeapi]: 10.77.0.100 is held by haproxy-1 and haproxy-2 at once "
        "(split brain); MASTER: haproxy-1 and haproxy-2; on the wire: haproxy-2 is seen by haproxy-1, haproxy-1 is "
        "seen by haproxy-2."
    )


def test_a_holder_that_keepalived_left_behind_is_seen_on_the_wire(fleet):
    """Its keepalived was killed: it says nothing, and answers all the same."""
    fleet["haproxy-2"]["k8s_edge_before"] = {**info("haproxy-2", "BACKUP", False), "active": False, "instances": []}
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (HARDWARE["haproxy-2"],))
    assert "is held by haproxy-1 and haproxy-2 at once (split brain); MASTER: haproxy-1;" in found(fleet)[0]


def test_a_vip_that_moves_while_it_is_looked_at_is_no_split_brain(fleet):
    """Each saw the other one answer, at another moment."""
    for host, other in (("haproxy-1", "haproxy-2"), ("haproxy-2", "haproxy-1")):
        fleet[host]["k8s_edge_before"] = info(host, "BACKUP", False)
        fleet[host]["k8s_edge_wire"] = look(host, (HARDWARE[other],))
    assert found(fleet) == [
        "warning: haproxy-2, haproxy-1: k8s_edge_vips[kubeapi]: 10.77.0.100 moved between haproxy-2 and haproxy-1 "
        "during the check. Run preflight again. If it persists, look at the check scripts."
    ]
    assert faults(fleet) == ["kubeapi: 10.77.0.100 is held by no host."]


def test_one_host_that_sees_two_answers_is_enough(fleet):
    fleet["haproxy-3"] = fleet["haproxy-2"] | {"ansible_host": "10.77.0.13"}
    fleet["haproxy-3"]["k8s_edge_wire"] = {**look("haproxy-2", tuple(HARDWARE.values())), "links": []}
    groups = {**GROUPS, "haproxy": ["haproxy-1", "haproxy-2", "haproxy-3"]}
    lines = preflight_findings(groups, fleet, "planned")["text"]
    assert any("10.77.0.100 is held by haproxy-1 and haproxy-2 at once (split brain)" in line for line in lines)


def test_a_change_that_is_to_come_may_heal_a_split_brain(fleet):
    fleet["haproxy-2"]["k8s_edge_before"] = info("haproxy-2", "MASTER", True)
    fleet["haproxy-2"]["k8s_edge_plan"]["would_change"] = True
    assert found(fleet)[0].startswith("warning: ")


@pytest.mark.parametrize(
    ("changed", "severity", "words"),
    [
        ({"addresses": ["10.77.0.21"]}, "error", "its certificate does not name 10.77.0.100: clients that use it"),
        ({"distrust": "unable to get local issuer"}, "warning", "cannot be verified by k8s_edge_kube_ca_file (no CA)"),
        ({"not_after": NOW - DAY, "distrust": "certificate has expired"}, "warning", "expired on 2027-01-14"),
        ({"not_before": NOW + DAY, "distrust": "not yet valid"}, "warning", "not valid before 2027-01-16"),
        ({"not_after": NOW + 5 * DAY + 1}, "warning", "expires in 5 days, on 2027-01-20"),
        ({"problem": "does not answer (Connection refused)"}, "warning", "does not answer (Connection refused)"),
    ],
)
def test_a_certificate(fleet, changed, severity, words):
    for host in HARDWARE:
        fleet[host]["k8s_edge_wire"]["certificates"][1].update(changed)
    (line,) = found(fleet)
    where = "haproxy-1, haproxy-2: k8s_edge_vips[kubeapi], apiserver kube-2 (10.77.0.22:6443): "
    assert line.startswith(f"{severity}: {where}")
    assert words in line


def test_certificates_of_which_haproxy_would_trust_none(fleet):
    for host in HARDWARE:
        for each in fleet[host]["k8s_edge_wire"]["certificates"]:
            each["distrust"] = "self-signed certificate"
    assert [line.partition(":")[0] for line in found(fleet)] == ["error"] * 3


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["api.example.org"], False),
        (["*.example.org"], False),
        (["API.example.org."], False),
        (["*.api.example.org"], True),
        (["*.org"], True),
        (["example.org"], True),
    ],
)
def test_a_certificate_names_the_endpoint(fleet, names, missing):
    for host in HARDWARE:
        fleet[host]["k8s_edge_vips"] = [{**KUBEAPI, "endpoint": "api.example.org"}]
        for each in fleet[host]["k8s_edge_wire"]["certificates"]:
            each["names"] = names
    assert len(found(fleet)) == 3 * missing


@pytest.mark.parametrize(
    ("path", "free", "severity"),
    [("/etc", 72, "warning"), ("/run", 72, ""), ("/run", 10, "error"), ("/var", 300, "")],
)
def test_room(fleet, path, free, severity):
    """/run is in memory, a tenth of it or so: on a small machine it is never large."""
    fleet["haproxy-1"]["k8s_edge_wire"]["disks"] = [{"path": path, "free_bytes": free << 20, "free_inodes": None}]
    left = [f"{severity}: haproxy-1: {path}: {free} MiB are left. Make room."] if severity else []
    assert found(fleet) == left


def test_hosts(fleet):
    wire = fleet["haproxy-1"]["k8s_edge_wire"]
    wire["links"][0]["carrier"] = False
    wire["taken"] = [{"address": "10.77.0.100", "port": 6443, "by": "kube-apiserver"}]
    wire["disks"] = [{"path": "/etc", "free_bytes": 10 << 20, "free_inodes": None}]
    fleet["haproxy-2"]["k8s_edge_wire"]["deaf"] = "Operation not permitted"
    fleet["haproxy-2"]["k8s_edge_before"]["version"] = "2.3.4"
    assert found(fleet) == [
        "error: haproxy-1: port 6443: 10.77.0.100 port 6443 is taken by kube-apiserver, so HAProxy could not listen "
        "there. Make it listen on this host's own address only, or give the VIP another port.",
        "error: haproxy-1: /etc: 10 MiB are left. Make room.",
        "error: haproxy-1: k8s_edge_vips[kubeapi]: interface eth0 has no carrier: keepalived would be in FAULT there. "
        "Check the cable.",
        "warning: haproxy-2: this host could not listen on the network: Operation not permitted. Without that, "
        "outsiders and "
        "second holders are not found.",
        "warning: haproxy-1, haproxy-2: keepalived: members run different versions: 2.2 on haproxy-1, 2.3 on haproxy-2."
        " Install one version on all, first on hosts that hold no VIP.",
    ]


@pytest.mark.parametrize(("clock", "apart"), [(NOW + 8.0, None), (NOW + 62.0, "at least 55 s"), (NOW - 62.0, "55 s")])
def test_clocks_are_compared_as_far_as_it_can_be_told(fleet, clock, apart):
    """Both answered within seven seconds, nobody knows when."""
    for host in HARDWARE:
        fleet[host].update(k8s_edge_wire_asked_at=str(NOW - 1.0), k8s_edge_wire_answered_at=str(NOW + 6.0))
    fleet["haproxy-2"]["k8s_edge_wire"]["clock"] = clock
    lines = found(fleet)
    assert len(lines) == (apart is not None)
    assert all("clocks differ by at least" in line and str(apart) in line for line in lines)


def test_port_that_haproxy_has_itself_is_ours(fleet):
    taken = [{"address": "10.77.0.100", "port": 6443, "by": "haproxy, kube-apiserver"}]
    fleet["haproxy-1"]["k8s_edge_wire"]["taken"] = taken
    assert found(fleet) == []


def test_the_problems_of_the_derivation_are_those_that_every_run_tells(fleet):
    broken = copy.deepcopy(fleet)
    for host in HARDWARE:
        broken[host]["k8s_edge_vips"] = [{**KUBEAPI, "priorities": {"haproxy-1": 100, "haproxy-2": 100}}]
    told = preflight_findings(GROUPS, broken)
    assert edge_problems(GROUPS, broken, True) == [line for line in told["errors"] if "priorities" in line]
    first = told["findings"][0]
    assert first["remedy"] == "Give each host its own priority."
    assert first["about"] == "k8s_edge_vips[kubeapi].priorities[haproxy-2]"


def test_a_declaration_that_cannot_be_read_is_all_that_is_told():
    found = preflight_findings(GROUPS, hostvars([{**KUBEAPI, "port": 0}]), "declared")
    assert found["text"][0] == "0 hosts looked at, no network listened to: 1 error."
    assert len(found["text"]) == 2


def test_a_host_alone_and_vips_on_one_host(fleet):
    for host in HARDWARE:
        vips = [
            {**KUBEAPI, "name": f"vip-{n}", "addresses": [f"10.77.0.{100 + n}/24"], "holder": "haproxy-2"}
            for n in range(3)
        ]
        fleet[host]["k8s_edge_vips"] = vips
    assert found(fleet, "read")[-1] == (
        "note: k8s_edge_vips: 3 VIPs of the same hosts do not spread evenly over them (haproxy-1: 0, haproxy-2: 3). "
        "Leave holder and priorities out, and they do."
    )
    groups = {**GROUPS, "haproxy": ["haproxy-1"]}
    told = preflight_findings(groups, hostvars(), "declared")["text"]
    assert told[1].startswith("warning: k8s_edge_vips[kubeapi]: has one host, haproxy-1: when it is down, nobody takes")


def test_what_could_not_be_planned_is_told(fleet):
    fleet["haproxy-1"]["k8s_edge_plan"] = {
        "failed_planes": ["keepalived_config"],
        "planes": {
            "keepalived_config": {"msg": "eth9 is not an interface.", "changed": False, "steps": [], "impact": "none"}
        },
    }
    assert "error: haproxy-1: keepalived_config: eth9 is not an interface." in found(fleet)


def test_looks():
    assert preflight_options(GROUPS, hostvars([{**KUBEAPI, "interface": "eth0"}]))["haproxy-2"] == {
        "addresses": [{"address": "10.77.0.100", "interface": "eth0"}],
        "ports": [{"address": "10.77.0.100", "port": 6443}],
        "servers": [{"name": f"kube-{n}", "address": f"10.77.0.2{n}", "port": 6443} for n in (1, 2, 3)],
        "endpoints": [
            {"name": "kubeapi", "address": "10.77.0.100", "port": 6443, "url": "https://10.77.0.100:6443/readyz"}
        ],
    }


def test_an_unknown_stage_is_refused():
    with pytest.raises(AnsibleFilterError, match="is not known here"):
        preflight_findings(GROUPS, hostvars(), "guessed")


def faults(fleet):
    answers = {host: fleet[host]["k8s_edge_before"] for host in HARDWARE}
    wires = {host: fleet[host]["k8s_edge_wire"] for host in HARDWARE}
    return vip_faults(answers, GROUPS, fleet, {}, wires)


def test_verify_finds_one_holder_on_the_wire_too(fleet):
    assert faults(fleet) == []


def test_verify_finds_a_holder_that_says_nothing(fleet):
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (HARDWARE["haproxy-2"],))
    (fault,) = faults(fleet)
    assert "10.77.0.100 is held by haproxy-1 and haproxy-2 at once (split brain)" in fault


def test_verify_tells_a_split_brain_once(fleet):
    fleet["haproxy-2"]["k8s_edge_before"] = info("haproxy-2", "MASTER", True)
    fleet["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (HARDWARE["haproxy-2"],))
    assert faults(fleet) == ["kubeapi: 10.77.0.100 is held by haproxy-1 and haproxy-2."]


def test_verify_finds_a_vip_that_does_not_answer_others(fleet):
    fleet["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2")
    assert faults(fleet) == [
        "haproxy-2: k8s_edge_vips[kubeapi]: 10.77.0.100 is held by haproxy-1, but nobody answers for it on this "
        "network. "
        "Look at the network between them: switch, VLAN, arp_ignore."
    ]
    fleet["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2", ("00:00:5e:00:01:64",))
    assert faults(fleet) == []


def test_verify_finds_somebody_else_that_answers(fleet):
    fleet["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2", (HARDWARE["haproxy-1"], OUTSIDER))
    assert f"is used by hardware address {OUTSIDER}" in faults(fleet)[0]
