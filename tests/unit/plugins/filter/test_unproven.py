# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts site.yml asks once more at its end: none where what was read at its start shows that all is well."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts

from .conftest import GROUPS, hostvars
from .test_preflight import HARDWARE, info, look
from .test_side_by_side import PLAN, Pairs

ALL = ["haproxy-1", "haproxy-2"]


@pytest.fixture
def read() -> dict[str, Any]:
    """Two hosts as a run has read and planned them: nothing changes, nothing is wrong."""
    found = hostvars()
    seen = {
        "haproxy-1": {"keepalived": info("haproxy-1", "MASTER", True), "wire": look("haproxy-1")},
        "haproxy-2": {
            "keepalived": info("haproxy-2", "BACKUP", False),
            "wire": look("haproxy-2", (HARDWARE["haproxy-1"],)),
        },
    }
    for host, answers in seen.items():
        answers["wire"]["failed"] = False
        found[host].update(
            k8s_edge_read=True,
            k8s_edge_before=answers["keepalived"],
            k8s_edge_seen={"haproxy": {"active": True}, "probe": {"failed": False}, **answers},
            k8s_edge_plan={"would_change": False, "planes": {}},
        )
        found[host]["ansible_facts"]["selinux"] = {"status": "disabled"}
    return found


def asked(found: dict[str, Any]) -> list[str]:
    return edge_hosts(GROUPS, found, "unproven")


def test_nobody_where_nothing_changes_and_all_is_well(read):
    assert asked(read) == []


def test_everybody_where_a_host_changes(read):
    read["haproxy-2"]["k8s_edge_plan"]["would_change"] = True
    assert asked(read) == ALL


def test_those_of_a_vip_whose_host_changes_and_no_others():
    pairs = Pairs(3)
    for variables in pairs.hostvars.values():
        well = {"haproxy": {"active": True}, "wire": {"failed": False}, "probe": {"failed": False}}
        variables["k8s_edge_seen"] = {"keepalived": variables["k8s_edge_before"], **well}
        variables["ansible_facts"]["selinux"] = {"status": "disabled"}
        variables["k8s_edge_plan"] = {"would_change": False, "planes": {}}
    pairs.hostvars["berlin-2b"]["k8s_edge_plan"] = PLAN
    pairs.fleet()
    assert edge_hosts(pairs.groups, pairs.hostvars, "unproven") == ["berlin-2a", "berlin-2b"]


def test_everybody_where_a_host_was_not_planned(read):
    del read["haproxy-2"]["k8s_edge_plan"]
    assert asked(read) == ALL


@pytest.mark.parametrize("reading", ["wire", "probe"])
def test_everybody_where_the_network_was_not_read(read, reading):
    del read["haproxy-1"]["k8s_edge_seen"][reading]
    assert asked(read) == ALL


@pytest.mark.parametrize("reading", ["wire", "probe"])
def test_everybody_where_the_network_could_not_be_read(read, reading):
    read["haproxy-1"]["k8s_edge_seen"][reading].update(failed=True, msg="vip: no answer.")
    assert asked(read) == ALL


def test_everybody_where_two_hold_the_address(read):
    answers = copy.deepcopy(read["haproxy-2"]["k8s_edge_seen"])
    answers["keepalived"]["vips"][0]["held"] = True
    read["haproxy-2"].update(k8s_edge_seen=answers)
    assert asked(read) == ALL


def test_everybody_where_another_machine_answers(read):
    read["haproxy-2"]["k8s_edge_seen"]["wire"] = {**look("haproxy-2", ("52:54:00:00:00:99",)), "failed": False}
    assert asked(read) == ALL


@pytest.mark.parametrize("daemon", ["keepalived", "haproxy"])
def test_everybody_where_a_daemon_would_not_start_again(read, daemon):
    read["haproxy-1"]["k8s_edge_seen"][daemon] = {
        **read["haproxy-1"]["k8s_edge_seen"][daemon],
        "active": True,
        "start_problems": ["its file is refused."],
    }
    assert asked(read) == ALL


def test_a_director_always(read):
    read["haproxy-1"]["k8s_edge_seen"]["keepalived"]["configuration"]["virtual_servers"] = [{"ip": "10.77.0.9"}]
    assert asked(read) == ["haproxy-1"]


def test_a_host_with_selinux_always(read):
    read["haproxy-2"]["ansible_facts"]["selinux"] = {"status": "enabled"}
    assert asked(read) == ["haproxy-2"]


def test_everybody_before_anything_was_read():
    assert asked(hostvars()) == ALL
