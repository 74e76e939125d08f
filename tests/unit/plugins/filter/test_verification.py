# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verifying finds, row by row, and that each fault is one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_verification import edge_verification

from .conftest import GROUPS, hostvars
from .test_preflight import DAY, HARDWARE, NOW, OUTSIDER, certificate, info, look

BACKEND = "kubeapi"
SERVICE = {"name": "kubeapi", "address": "10.77.0.100", "port": 6443, "problem": ""}


def stat(*states: str) -> list[dict[str, Any]]:
    rows = [{"pxname": BACKEND, "svname": f"kube-{n}", "status": state} for n, state in enumerate(states, 1)]
    return [{"pxname": BACKEND, "svname": "BACKEND", "status": "UP"}, *rows]


@pytest.fixture
def read() -> dict[str, Any]:
    """Two hosts that have answered, and all is well."""
    found = hostvars()
    for host, state in zip(HARDWARE, ("MASTER", "BACKUP")):
        seen_at = (HARDWARE["haproxy-1"],) if state == "BACKUP" else ()
        answers = {
            "keepalived": info(host, state, state == "MASTER"),
            "haproxy": {"active": True, "loaded": True, "runtime": {"stat": stat("UP", "UP", "UP")}},
            "wire": {**look(host, seen_at), "failed": False},
            "probe": {"failed": False, "answers": [dict(SERVICE)]},
        }
        plan = {"would_change": False, "planes": {"firewall_access": {"steps": []}, "haproxy_config": {"steps": []}}}
        found[host].update(k8s_edge_read=True, k8s_edge_before=answers["keepalived"], k8s_edge_kube_ca="")
        found[host].update(k8s_edge_seen=answers, k8s_edge_plan=plan)
    return found


def told(found: dict[str, Any], applied: bool = False) -> dict[str, Any]:
    answer = edge_verification(GROUPS, found, applied)
    assert len(answer["text"]) == 1 + len(answer["checks"])
    return answer


def only(found: dict[str, Any], result: str, applied: bool = False) -> str:
    """The one row that has this result, and that faults are told as such."""
    answer = told(found, applied)
    (row,) = [each for each in answer["checks"] if each["result"] == result]
    assert bool(answer["faults"]) == (result == "fault")
    assert answer["text"][1].startswith(result)
    return f"{row['about']}: {row['observed']}"


def test_all_is_well(read):
    answer = told(read)
    assert answer["faults"] == [] and {each["result"] for each in answer["checks"]} == {"ok"}
    assert answer["text"][0] == f"{len(answer['checks'])} checks: {len(answer['checks'])} ok."
    lines = "\n".join(answer["text"])
    for words in (
        "held by haproxy-1, seen on the network at haproxy-1",
        "service kubeapi 10.77.0.100 port 6443",
        "answers haproxy-1, haproxy-2",
        "3 of 3 servers are up",
        "as declared (firewall too)",
        "names the VIP, 365 days left",
    ):
        assert words in lines


def test_two_hold_it(read):
    read["haproxy-2"]["k8s_edge_seen"]["keepalived"] = info("haproxy-2", "MASTER", True)
    assert "held by haproxy-1 and haproxy-2" in only(read, "fault")


def test_nobody_holds_it(read):
    read["haproxy-1"]["k8s_edge_seen"]["keepalived"] = info("haproxy-1", "BACKUP", False)
    read["haproxy-2"]["k8s_edge_seen"]["wire"] = {**look("haproxy-2"), "failed": False}
    assert "held by no host" in only(read, "fault")


def test_another_machine_answers_too(read):
    wire = look("haproxy-2", (HARDWARE["haproxy-1"], OUTSIDER))
    read["haproxy-2"]["k8s_edge_seen"]["wire"] = {**wire, "failed": False}
    assert f"answered for by {OUTSIDER} too" in only(read, "fault")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"active": False}, "does not run"),
        (
            {"loaded": False, "loaded_reason": "it changed"},
            "runs with another configuration than its file (it changed)",
        ),
        ({"start_problems": ["the file is refused."]}, "would not start again: the file is refused."),
    ],
)
@pytest.mark.parametrize("daemon", ["keepalived", "haproxy"])
def test_a_daemon_that_is_not_as_its_file(read, daemon, changed, words):
    read["haproxy-2"]["k8s_edge_seen"][daemon].update(changed)
    assert words in only(read, "fault")


def test_a_host_that_could_not_be_read(read):
    read["haproxy-2"]["k8s_edge_seen"] = {"unreachable": True, "msg": "no route"}
    answer = told(read)
    assert [each["about"] for each in answer["checks"] if each["observed"] == "could not be read"] == [
        "keepalived on haproxy-2",
        "HAProxy on haproxy-2",
    ]
    assert any("keepalived on haproxy-2 was not read" in each for each in answer["faults"])


def test_a_service_that_does_not_answer(read):
    answers = [{**SERVICE, "problem": "https://10.77.0.100:6443/readyz answers with status 500"}]
    read["haproxy-2"]["k8s_edge_seen"]["probe"] = {"failed": True, "msg": "", "answers": answers}
    assert "answers with status 500 (asked by haproxy-2)" in only(read, "fault")


def test_what_could_not_be_asked_for(read):
    read["haproxy-2"]["k8s_edge_seen"]["probe"] = {"failed": True, "msg": "no sockets."}
    assert only(read, "fault") == "services as haproxy-2 sees them: no sockets."


@pytest.mark.parametrize(
    "look_of", [{"failed": True, "msg": "no sockets"}, {**look("haproxy-1"), "deaf": "no sockets"}]
)
def test_a_network_that_could_not_be_looked_at(read, look_of):
    read["haproxy-1"]["k8s_edge_seen"]["wire"] = {"failed": False, **look_of}
    read["haproxy-2"]["k8s_edge_seen"]["wire"]["answers"] = []
    answer = told(read)
    assert ["network of haproxy-1", "could not be looked at: no sockets"] in [
        [each["about"], each["observed"]] for each in answer["checks"] if each["result"] == "warning"
    ]


def test_a_server_that_is_down_is_a_warning(read):
    read["haproxy-2"]["k8s_edge_seen"]["haproxy"]["runtime"]["stat"] = stat("UP", "DOWN", "MAINT")
    assert "1 of 3 servers are up: kube-2 is DOWN, kube-3 is MAINT" in only(read, "warning")


@pytest.mark.parametrize(("applied", "result"), [(False, "fault"), (True, "warning")])
def test_a_backend_without_servers(read, applied, result):
    read["haproxy-2"]["k8s_edge_seen"]["haproxy"]["runtime"]["stat"] = stat("DOWN", "DOWN", "DOWN")
    assert "0 of 3 servers are up" in only(read, result, applied)


@pytest.mark.parametrize(
    ("plane", "result"), [("firewall_access", "fault"), ("selinux_access", "fault"), ("haproxy_config", "warning")]
)
def test_a_plane_that_is_not_as_declared(read, plane, result):
    read["haproxy-2"]["k8s_edge_plan"].update(planes={plane: {"steps": ["open 6443/tcp"]}}, would_change=True)
    assert "on haproxy-2: not as declared: open 6443/tcp" in only(read, result)


def test_the_roles_have_verified_what_site_changed(read):
    read["haproxy-2"]["k8s_edge_plan"].update(planes={"firewall_access": {"steps": ["open"]}}, would_change=True)
    answer = told(read, applied=True)
    assert answer["faults"] == [] and not any(
        "haproxy-2" in each["about"] and "host" in each["about"] for each in answer["checks"]
    )


def test_a_certificate_without_the_vip(read):
    for host in HARDWARE:
        wire = read[host]["k8s_edge_seen"]["wire"]
        wire["certificates"] = [certificate("kube-1", addresses=[]), certificate("kube-2", not_after=NOW + 9 * DAY)]
    answer = told(read)
    told_of = {each["result"]: each["observed"] for each in answer["checks"] if "certificate" in each["about"]}
    assert "does not name 10.77.0.100" in told_of["fault"] and "expires in 9 days" in told_of["warning"]
    assert any("does not name 10.77.0.100" in each for each in answer["faults"])


def test_nothing_declared():
    found = hostvars()
    for variables in found.values():
        variables["k8s_edge_vips"] = []
    assert told(found)["text"] == ["0 checks: nothing to check."]
