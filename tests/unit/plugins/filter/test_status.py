# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of the edge: the holder is who answers, whatever keepalived calls itself."""

from __future__ import annotations

import re

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
    fleet["haproxy-1"]["k8s_edge_before"]["instances"][0]["since"] = NOW - 7300.0
    fleet["haproxy-2"]["k8s_edge_before"]["instances"][0].update(priority=190, since=NOW - 7300.0)
    return fleet


def text(edge):
    return edge_status(GROUPS, edge, NOW)["text"]


def test_all_is_well(edge):
    servers = "   kubeapi: kube-1 UP 3, kube-2 UP 3, kube-3 UP 3"
    assert text(edge) == [
        "1 address on 2 hosts: all is well.",
        "VIP kubeapi 10.77.0.100: haproxy-1 (MASTER, priority 200 for 2 h), seen by haproxy-2",
        "   haproxy-2: priority 190 against 200",
        "haproxy-1: HAProxy; keepalived 2.2.7 runs; HAProxy 2.6.12 runs; 9 sessions",
        servers,
        "   as declared",
        "haproxy-2: HAProxy; keepalived 2.2.7 runs; HAProxy 2.6.12 runs; 9 sessions",
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


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"active": False}, "keepalived does not run"),
        ({"instances": []}, "keepalived does not have the instance"),
        (
            {"instances": [{"name": "kubeapi", "state": "FAULT"}]},
            "FAULT: a tracked check fails, or its interface",
        ),
        (
            {"instances": [{"name": "kubeapi", "state": "BACKUP", "priority": 190, "effective_priority": 170}]},
            "priority 170 against 200, 20 less than its own for failing checks",
        ),
    ],
)
def test_why_not_the_other_one(edge, changed, why):
    edge["haproxy-2"]["k8s_edge_before"].update(changed)
    assert any(line.startswith(f"   haproxy-2: {why}") for line in text(edge))


def test_a_host_that_could_not_be_read(edge):
    edge["haproxy-2"] = {"ansible_host": "10.77.0.12", "k8s_edge_vips": edge["haproxy-1"]["k8s_edge_vips"]}
    lines = text(edge)
    assert {"! haproxy-2: could not be read.", "haproxy-2: not read", "   haproxy-2: could not be read"} <= set(lines)
    # Nobody is left to ask who answers.
    assert any("haproxy-1 (MASTER, priority 200 for 2 h), by its own account" in line for line in lines)


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


def test_the_page_says_the_same_and_needs_nothing_else(edge):
    edge["haproxy-1"]["k8s_edge_wire"] = look("haproxy-1", (OUTSIDER,))
    edge["haproxy-1"]["k8s_edge_plan"]["planes"]["haproxy_config"] = {"steps": ["a <b> c"]}
    page = status_page(edge_status(GROUPS, edge, NOW), NOW, "2027-01-15 08:00")
    assert page.startswith("<!doctype html>")
    assert not re.search(r"https?://|<script|src=", page)
    for said in (
        "all is well",
        "1 fault",
        "haproxy-1 (MASTER, priority 200 for 2 h)",
        "a &lt;b&gt; c",
        OUTSIDER,
        "365",
    ):
        assert (said in page) == (said != "all is well")
