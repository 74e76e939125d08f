# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of the edge: the holder is who answers, whatever keepalived calls itself."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_status import edge_status
from ansible_collections.k8s_edge.ha.plugins.filter.status_page import status_page

from .conftest import GROUPS
from .test_preflight import HARDWARE, NOW, OUTSIDER, fleet, info, look

__all__ = ["fleet"]


def row(server, status="UP", sessions=3):
    return {"pxname": "kubeapi", "svname": server, "status": status, "check_status": "L7OK", "scur": sessions}


@pytest.fixture
def edge(fleet):
    for host in HARDWARE:
        stat = [row("BACKEND"), *(row(f"kube-{number}") for number in (1, 2, 3))]
        fleet[host]["k8s_edge_haproxy_before"] = {
            "version": "2.6.12",
            "active": True,
            "loaded": True,
            "runtime": {"stat": stat},
        }
        fleet[host]["k8s_edge_sessions"] = {"connections": {"sessions": 9}, "old_processes": []}
        fleet[host]["k8s_edge_plan"]["planes"] = {"units": {"steps": []}}
        fleet[host]["k8s_edge_last_written"] = {"path": "/etc/haproxy/haproxy.cfg", "at": NOW - 180.0}
    fleet["haproxy-1"]["k8s_edge_before"]["instances"][0]["since"] = NOW - 7300.0
    fleet["haproxy-2"]["k8s_edge_before"]["instances"][0].update(priority=190, since=NOW - 7300.0)
    return fleet


def text(edge):
    return edge_status(GROUPS, edge, NOW)["text"]


def test_all_is_well(edge):
    servers = "   kubeapi: kube-1 UP 3, kube-2 UP 3, kube-3 UP 3"
    daemons = "HAProxy; keepalived 2.2.7 runs; HAProxy 2.6.12 runs; 9 sessions; last written 3 min ago (haproxy.cfg)"
    assert text(edge) == [
        "1 address on 2 hosts: all is well.",
        "VIP kubeapi 10.77.0.100: haproxy-1 (MASTER, priority 200 for 2 h), seen by haproxy-2",
        "   haproxy-2: priority 190 against 200",
        f"haproxy-1: {daemons}",
        servers,
        "   as declared",
        f"haproxy-2: {daemons}",
        servers,
        "   as declared",
        "certificates end in: kube-1 365 d, kube-2 365 d, kube-3 365 d",
    ]


def test_a_master_that_does_not_answer_is_no_holder(edge):
    """What a cable that was pulled leaves behind: it still calls itself MASTER, and has the address."""
    edge["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2")
    lines = text(edge)
    assert "VIP kubeapi 10.77.0.100: nobody answers for it (haproxy-1 says to have it)" in lines
    assert "   haproxy-1: is MASTER by its own account, and does not answer on the network" in lines
    assert "! kubeapi: nobody answers for 10.77.0.100." in lines


def test_both_holders_are_shown(edge):
    edge["haproxy-2"]["k8s_edge_before"] = info("haproxy-2", "MASTER", True)
    edge["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (HARDWARE["haproxy-2"],))
    lines = text(edge)
    assert any("haproxy-1 (MASTER, priority 200 for 2 h) AND haproxy-2 (MASTER" in line for line in lines)
    assert any(line.startswith("! haproxy-1, haproxy-2: ") and "split brain" in line for line in lines)


BACKUP = {"name": "kubeapi", "state": "BACKUP", "priority": 190}
SCRIPT = {"kind": "script", "name": "check-haproxy", "weight": 20}
INTERFACE = {"kind": "interface", "name": "eth1", "weight": 0}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"active": False}, "keepalived does not run"),
        ({"instances": []}, "keepalived does not have the instance"),
        (
            {"instances": [{"name": "kubeapi", "state": "FAULT"}]},
            "FAULT: its interface is down, or another instance of its sync group is in it",
        ),
        (
            {"instances": [{"name": "kubeapi", "state": "FAULT", "failing": [SCRIPT, INTERFACE]}]},
            "FAULT by script check-haproxy, interface eth1",
        ),
        (
            {"instances": [{"name": "kubeapi", "state": "BACKUP", "priority": 190, "effective_priority": 170}]},
            "priority 170 against 200, 20 less than its own",
        ),
        (
            {"instances": [{**BACKUP, "effective_priority": 170, "failing": [SCRIPT]}]},
            "priority 170 against 200, 20 less than its own, lowered by script check-haproxy",
        ),
        # It adds to the priority where it does not fail.
        ({"instances": [{**BACKUP, "failing": [SCRIPT]}]}, "priority 190 against 200, lowered by script check-haproxy"),
    ],
)
def test_why_not_the_other_one(edge, changed, why):
    edge["haproxy-2"]["k8s_edge_before"].update(changed)
    state = edge_status(GROUPS, edge, NOW)
    assert f"   haproxy-2: {why}" in state["text"]
    assert f"<li>haproxy-2: {why}</li>" in page_of(state)
    assert state["vips"][0]["members"][1]["why"] == why


def test_what_lowers_the_holder_is_told_too(edge):
    edge["haproxy-1"]["k8s_edge_before"]["instances"][0].update(effective_priority=195, failing=[SCRIPT])
    told = "haproxy-1 (MASTER, priority 195 for 2 h, lowered by script check-haproxy), seen by haproxy-2"
    state = edge_status(GROUPS, edge, NOW)
    assert f"VIP kubeapi 10.77.0.100: {told}" in state["text"] and f"<p>{told}</p>" in page_of(state)


def test_a_host_that_could_not_be_read(edge):
    edge["haproxy-2"] = {"ansible_host": "10.77.0.12", "k8s_edge_vips": edge["haproxy-1"]["k8s_edge_vips"]}
    lines = text(edge)
    assert {"! haproxy-2: could not be read.", "haproxy-2: not read", "   haproxy-2: could not be read"} <= set(lines)
    # Nobody is left to ask who answers.
    assert any("haproxy-1 (MASTER, priority 200 for 2 h), by its own account" in line for line in lines)


def test_a_host_without_a_vip_shows_the_haproxy_that_it_has(edge):
    edge["haproxy-2"]["k8s_edge_by_hand"] = True
    state = edge_status({**GROUPS, "haproxy": ["haproxy-1"]}, edge, NOW)
    assert [host["roles"] for host in state["hosts"]] == [["HAProxy"], ["HAProxy"]]
    edge["haproxy-2"]["k8s_edge_haproxy_before"]["active"] = False
    state = edge_status({**GROUPS, "haproxy": ["haproxy-1"]}, edge, NOW)
    assert [host["roles"] for host in state["hosts"]] == [["HAProxy"], []]
    edge["haproxy-2"]["k8s_edge_before"].update(active=False, exists=True)
    assert "! haproxy-2: keepalived does not run." in text_of_one(edge)
    edge["haproxy-2"]["k8s_edge_before"]["exists"] = False
    assert "! haproxy-2: keepalived does not run." not in text_of_one(edge)


def text_of_one(edge):
    """Where the second host has no VIP."""
    return edge_status({**GROUPS, "haproxy": ["haproxy-1"]}, edge, NOW)["text"]


def test_what_is_not_well_of_haproxy(edge):
    host = edge["haproxy-1"]
    host["k8s_edge_haproxy_before"].update(loaded=False, loaded_reason="the file was changed later")
    host["k8s_edge_haproxy_before"]["runtime"]["stat"][2] = row("kube-2", "DOWN", 0)
    host["k8s_edge_sessions"]["old_processes"] = [{"pid": 7, "sessions": 2}, {"pid": 8, "sessions": None}]
    host["k8s_edge_plan"]["planes"]["haproxy_config"] = {"steps": ["defaults: timeout client 70s -> 1h"]}
    del edge["haproxy-2"]["k8s_edge_plan"]["planes"]
    lines = text(edge)
    assert "! haproxy-1: haproxy runs with another configuration than its file: the file was changed later" in lines
    assert "! haproxy-1: servers that are not up: kubeapi/kube-2 (DOWN)." in lines
    assert "   old HAProxy process 7 keeps 2 sessions" in lines
    assert "   old HAProxy process 8 keeps unknown sessions" in lines
    assert "   drift: haproxy_config: defaults: timeout client 70s -> 1h" in lines
    assert "   drift: not known, since it could not be planned" in lines


DIRECTED = {
    "name": "kubeapi",
    "addresses": ["10.77.0.100/24"],
    "ports": [80],
    "hosts": "haproxy",
    "leads_to": "kube_control_plane",
    "profile": "ipvs",
}
WEB = {"protocol": "tcp", "address": "10.77.0.100", "port": 80}
SERVERS = {f"kube-{number}": f"10.77.0.2{number}" for number in (1, 2, 3)}


def table(connections: int) -> dict[str, Any]:
    """What edge_info says of IPVS: a virtual server of the VIP, and one of somebody else."""
    servers = [{"address": address, "port": 80, "weight": 1} for address in SERVERS.values()]
    counted = [
        {"address": address, "port": 80, "active_connections": connections, "inactive_connections": 2}
        for address in reversed(SERVERS.values())
    ]
    other = {"protocol": "tcp", "address": "10.96.0.1", "port": 443}
    return {
        "failed": False,
        "available": True,
        "virtual_servers": [
            {**WEB, "scheduler": "wlc", "real_servers": servers},
            {**other, "scheduler": "rr", "real_servers": []},
        ],
        "statistics": [{**other, "real_servers": []}, {**WEB, "real_servers": counted}],
        "sync_daemons": [{"role": "master"}],
        "keepalived": [WEB],
    }


@pytest.fixture
def directors(fleet):
    """The same hosts with a VIP that the kernel of each may lead to three real servers."""
    for host, connections in zip(HARDWARE, (7, 0)):
        real = [{"address": address, "port": 80, "weight": 1, "http_get": [{}]} for address in SERVERS.values()]
        written = {"address": "10.77.0.100", "port": 80, "protocol": "TCP", "real_servers": real}
        fleet[host]["k8s_edge_before"]["configuration"].update(
            virtual_servers=[written], global_defs={"lvs_sync_daemon": {"interface": "eth0"}}
        )
        fleet[host].update(k8s_edge_vips=[DIRECTED], k8s_edge_ipvs=table(connections))
        fleet[host]["k8s_edge_wire"]["certificates"] = []
        fleet[host]["k8s_edge_plan"]["planes"] = {"units": {"steps": []}}
    for host in SERVERS:
        fleet[host]["k8s_edge_read"] = True
        fleet[host]["k8s_edge_plan"] = {"planes": {"kernel_settings": {"steps": ["arp_ignore: 0 -> 1"]}}}
    return fleet


def test_directors_with_the_connections_of_each_real_server(directors):
    def line(active):
        told = [f"{server} weight 1 active {active} inactive 2" for server in SERVERS]
        return f"   kubeapi tcp 10.77.0.100:80: {', '.join(told)}"

    state = edge_status(GROUPS, directors, NOW)
    assert state["text"] == [
        "1 address on 5 hosts: all is well.",
        "VIP kubeapi 10.77.0.100: haproxy-1 (MASTER, priority 200), seen by haproxy-2",
        "   haproxy-2: priority 200 against 200",
        "haproxy-1: director; keepalived 2.2.7 runs",
        line(7),
        "   as declared",
        "haproxy-2: director; keepalived 2.2.7 runs",
        line(0),
        "   as declared",
        *(
            told
            for host in SERVERS
            for told in (f"{host}: real server", "   drift: kernel_settings: arp_ignore: 0 -> 1")
        ),
    ]
    assert state["hosts"][0]["virtual_servers"][0]["real_servers"][0] == {
        "server": "kube-1",
        "address": "10.77.0.21",
        "port": 80,
        "weight": 1,
        "active": 7,
        "inactive": 2,
    }
    cells = ("kubeapi tcp 10.77.0.100:80", "kube-1", "1", "7", "2")
    heads = ("virtual server", "real server", "weight", "active", "inactive")
    row = "".join(f'<td data-label="{head}">{cell}</td>' for head, cell in zip(heads, cells))
    assert f"<tr>{row}</tr>" in page_of(state)


def lose_the_table(ipvs, written):
    ipvs["virtual_servers"] = []


def weigh_nothing(ipvs, written):
    for each in ipvs["virtual_servers"][0]["real_servers"]:
        each["weight"] = 0


def lose_two(ipvs, written):
    servers = ipvs["virtual_servers"][0]["real_servers"]
    servers[0]["weight"] = 0
    servers[1:2] = []


def hold_one_back_as_written(ipvs, written):
    ipvs["virtual_servers"][0]["real_servers"][0]["weight"] = 0
    written["real_servers"][0]["weight"] = 0


def fail(ipvs, written):
    ipvs.clear()
    ipvs.update(failed=True, msg="Only root may read the IPVS table.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lose_the_table, ["the kernel has no virtual server kubeapi tcp 10.77.0.100:80."]),
        (weigh_nothing, ["no real server of kubeapi tcp 10.77.0.100:80 gets new connections."]),
        (
            lose_two,
            [
                "real servers of kubeapi tcp 10.77.0.100:80 that get no new connections: "
                "kube-1 (weight 0), kube-2 (missing)."
            ],
        ),
        (hold_one_back_as_written, []),
        (fail, ["its virtual servers could not be read: Only root may read the IPVS table."]),
        (
            lambda ipvs, written: ipvs.update(sync_daemons=[]),
            [
                "0 sync daemons run instead of one: while it is BACKUP it would direct too, and packets could loop. "
                "Reload keepalived there; restart it only while it holds no VIP."
            ],
        ),
        (lambda ipvs, written: written.update(fwmark=written.pop("port") - 75, address=None), []),
    ],
)
def test_what_is_not_well_of_a_director(directors, change, said):
    host = directors["haproxy-1"]
    change(host["k8s_edge_ipvs"], host["k8s_edge_before"]["configuration"]["virtual_servers"][0])
    state = edge_status(GROUPS, directors, NOW)
    assert state["faults"] == [f"haproxy-1: {each}" for each in said]


def test_virtual_servers_of_keepalived_are_told_without_a_vip(directors):
    ipvs = directors["haproxy-1"]["k8s_edge_ipvs"]
    mark = {"fwmark": 5, "family": "ipv6"}
    six = {"protocol": "udp", "address": "fd00::1", "port": 53}
    ipvs["virtual_servers"] += [{**each, "scheduler": "rr", "real_servers": []} for each in (mark, six)]
    ipvs["keepalived"] += [mark, six]
    state = edge_status(GROUPS, directors, NOW)
    assert {"   firewall mark 5 (ipv6): nobody", "   udp [fd00::1]:53: nobody"} <= set(state["text"])
    assert "firewall mark 5 (ipv6)" in page_of(state) and "10.96.0.1" not in page_of(state)


def page_of(state):
    return status_page(state, NOW, "2027-01-15 08:00")


def test_all_that_is_asked_for_is_in_the_text_the_data_and_the_page(edge):
    """What the person on call looks for."""
    first, second = edge["haproxy-1"], edge["haproxy-2"]
    first["k8s_edge_haproxy_before"].update(loaded=False, loaded_reason="the file was changed later")
    first["k8s_edge_sessions"]["old_processes"] = [{"pid": 4711, "sessions": 2}]
    first["k8s_edge_plan"]["planes"]["haproxy_config"] = {"steps": ["defaults: timeout client 70s -> 1h"]}
    second["k8s_edge_before"]["instances"][0].update(effective_priority=170)
    state = edge_status(GROUPS, edge, NOW)
    (vip,), (host, _other) = state["vips"], state["hosts"]
    assert [(each["host"], each["state"], each["priority"], each["base_priority"]) for each in vip["members"]] == [
        ("haproxy-1", "MASTER", 200, 200),
        ("haproxy-2", "BACKUP", 170, 190),
    ]
    assert (vip["holders"], vip["seen_by"], vip["members"][0]["since"]) == (["haproxy-1"], ["haproxy-2"], NOW - 7300.0)
    assert (host["roles"], host["keepalived"]["version"], host["haproxy"]["version"]) == (
        ["HAProxy"],
        "2.2.7",
        "2.6.12",
    )
    assert host["haproxy"]["why"] == "the file was changed later"
    assert (host["sessions"], host["old_processes"]) == (9, [{"pid": 4711, "sessions": 2}])
    assert host["servers"][0] == {
        "backend": "kubeapi",
        "server": "kube-1",
        "status": "UP",
        "check": "L7OK",
        "sessions": 3,
    }
    assert host["drift"] == ["haproxy_config: defaults: timeout client 70s -> 1h"]
    assert host["last_written"] == {"path": "/etc/haproxy/haproxy.cfg", "at": NOW - 180.0}
    assert state["certificates"][0] == {"server": "kube-1", "days": 365}
    json.dumps(state)
    text, page = "\n".join(state["text"]), page_of(state)
    for said in (
        "haproxy-1 (MASTER, priority 200 for 2 h), seen by haproxy-2",
        "haproxy-2: priority 170 against 200, 20 less than its own",
        "HAProxy; keepalived 2.2.7 runs; HAProxy 2.6.12 runs, with another file than it has; 9 sessions",
        "haproxy-1: haproxy runs with another configuration than its file: the file was changed later",
        "last written 3 min ago (haproxy.cfg)",
        "old HAProxy process 4711 keeps 2 sessions",
        "drift: haproxy_config: defaults: timeout client 70s -> 1h",
        "as declared",
    ):
        assert said in text and escape(said) in page
    assert "kubeapi: kube-1 UP 3, kube-2 UP 3" in text and "kube-1 365 d" in text
    heads, cells = ("backend", "server", "state", "sessions"), ("kubeapi", "kube-1", "UP L7OK", "3")
    assert "".join(f'<td data-label="{head}">{cell}</td>' for head, cell in zip(heads, cells)) in page
    assert '<td data-label="days left">365</td>' in page


def test_the_page_shows_no_stale_master(edge):
    edge["haproxy-2"]["k8s_edge_wire"] = look("haproxy-2")
    state = edge_status(GROUPS, edge, NOW)
    assert state["vips"][0]["holders"] == []
    assert [each["holds"] for each in state["vips"][0]["members"]] == [False, False]
    page = page_of(state)
    assert "<p>nobody answers for it (haproxy-1 says to have it)</p>" in page
    assert "<li>haproxy-1: is MASTER by its own account, and does not answer on the network</li>" in page
    assert "(MASTER" not in page


def test_the_page_needs_nothing_else_and_a_narrow_screen_has_the_head_of_every_cell(edge):
    edge["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (OUTSIDER,))
    edge["haproxy-1"]["k8s_edge_plan"]["planes"]["haproxy_config"] = {"steps": ["a <b> c"]}
    page = page_of(edge_status(GROUPS, edge, NOW))
    assert page.startswith("<!doctype html>")
    assert not re.search(r"https?://|<script|src=", page)
    assert "1 fault" in page and "a &lt;b&gt; c" in page and OUTSIDER in page
    assert "all is well" not in page
    assert page.count("<td") == page.count("<td data-label=") > 0
    assert page.count("<table>") == page.count("<thead>") > 0
