# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scenario molecule/impact concludes: it must see every kind of impact, and tell what does not agree."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lab.impact import __main__ as command
from lab.impact import observed
from lab.impact.observed import Event
from lab.impact.verdict import Clients, row, table

VIP = "10.77.0.100"
LOOK: dict[str, Any] = {
    "at": 100.0,
    "haproxy": {"started": "1 10", "loaded": "5"},
    "keepalived": {"started": "2 20", "loaded": "77"},
    "running": {"servers": "a", "settings": "b"},
}
WROTE = f"""\
[2026-11-30T15:23:11.432555] Deleted 2: eth0    inet {VIP}/24 scope global secondary eth0\\       valid_lft forever
[2026-11-30T15:23:11.550562] Deleted 2: eth0    inet6 fd00:77::100/64 scope global nodad deprecated \\  preferred_lft 0
[2026-11-30T15:23:15.500000] 1: lo    inet {VIP}/32 scope global lo\\       valid_lft 59sec
"""


def after(**changes: Any) -> dict[str, Any]:
    """A look ten seconds later; ``haproxy_loaded`` changes that of HAProxy."""
    look = copy.deepcopy(LOOK)
    look["at"] = 110.0
    for name, value in changes.items():
        part, _, what = name.partition("_")
        look[part][what] = value
    return look


def goes(host: str = "h1", at: float = 105.0) -> Event:
    return Event(at, host, "eth0", VIP, True)


def comes(host: str, at: float = 106.0) -> Event:
    return Event(at, host, "eth0", VIP, False)


@pytest.mark.parametrize(
    ("changes", "moved", "expected"),
    [
        ({}, [], "none"),
        ({"running_servers": "x"}, [], "runtime"),
        ({"haproxy_loaded": "6"}, [], "reload"),
        ({"keepalived_loaded": "78"}, [], "reload"),
        ({"haproxy_loaded": "6", "running_servers": "x"}, [], "reload"),
        ({"haproxy_started": "9 90", "haproxy_loaded": "6"}, [], "restart"),
        ({"keepalived_started": "", "keepalived_loaded": ""}, [], "restart"),
        ({"keepalived_loaded": "78"}, [goes(), comes("h1")], "vip_move"),
        ({"keepalived_loaded": "78"}, [comes("h1")], "reload"),
        ({"keepalived_loaded": "78"}, [goes(), comes("h1", 105.01)], "reload"),
        ({"keepalived_loaded": "78"}, [goes(), comes("h2", 105.01)], "vip_move"),
    ],
)
def test_every_impact_is_seen(changes: dict[str, Any], moved: list[Event], expected: str) -> None:
    assert observed.impact({"h1": LOOK}, {"h1": after(**changes)}, moved) == expected


def test_who_starts_cuts_nobody() -> None:
    idle = after(haproxy_started="", keepalived_started="")
    assert observed.impact({"h1": {**idle, "keepalived": LOOK["keepalived"]}}, {"h1": LOOK}, []) == "runtime"
    assert observed.impact({"h1": {**idle, "haproxy": LOOK["haproxy"]}}, {"h1": LOOK}, []) == "reload"


def test_the_heaviest_of_all_hosts_counts() -> None:
    seen = observed.impact({"h1": LOOK, "h2": LOOK}, {"h1": after(haproxy_loaded="6"), "h2": after()}, [])
    assert seen == "reload"


def test_events_are_read_with_their_time_and_loopback_is_no_holder() -> None:
    found = observed.events("h1", WROTE)
    assert [(each.address, each.device, each.gone) for each in found] == [
        (VIP, "eth0", True),
        ("fd00:77::100", "eth0", True),
        (VIP, "lo", False),
    ]
    first = found[0].at
    assert observed.within(found, first - 1, first + 9, [VIP, "fd00:77::100"]) == found[:2]
    assert observed.within(found, first, first + 9, [VIP]) == []


def test_the_way_of_an_address_ends_where_it_began_when_nobody_else_took_it() -> None:
    assert observed.way(VIP, [goes(), comes("h1")]) == []
    assert observed.way(VIP, [goes(), comes("h2")]) == [("h1", "h2")]
    assert observed.way(VIP, [comes("h2", 104), goes(at=105)]) == [("h1", "h2")]
    assert observed.way(VIP, [goes(), comes("h2"), goes("h2", 107), comes("h1", 108)]) == [("h1", "h2"), ("h2", "h1")]
    assert observed.way(VIP, [comes("h1")]) == [("", "h1")]


def record(predicted: str, cuts: int = 0, **changes: Any) -> dict[str, Any]:
    seen = {"before": {"h1": LOOK}, "after": {"h1": after(**changes)}}
    return {"kind": "a change", "predicted": predicted, "cuts": cuts, **seen}


QUIET = Clients((), ())


def test_what_is_as_predicted_has_no_fault() -> None:
    assert row(record("reload", haproxy_loaded="6"), [], QUIET, [VIP]).faults == ()
    assert row(record("reload", 2, haproxy_loaded="6"), [], Clients((), (101.0, 102.0)), [VIP]).faults == ()
    assert row(record("reload", 3, haproxy_loaded="6"), [], Clients((), (101.0, 102.0)), [VIP]).faults == ()
    moved = row(record("vip_move", keepalived_loaded="8"), [goes()], Clients((105.5,), (105.5,)), [VIP])
    assert (moved.lost, moved.cut, moved.faults) == (1, 1, ())


@pytest.mark.parametrize(
    ("said", "clients", "fault"),
    [
        (record("none", haproxy_loaded="6"), QUIET, "h1 haproxy loaded"),
        (record("reload"), QUIET, "nothing has changed"),
        (record("reload", haproxy_loaded="6"), Clients((101.0,), ()), "1 requests lost"),
        (record("reload", haproxy_loaded="6"), Clients((), (101.0,)), "1 connections cut, and the plan counts 0"),
        (record("reload", 3, haproxy_loaded="6"), QUIET, "0 connections cut, and the plan counts 3"),
    ],
)
def test_what_is_not_as_predicted_is_a_fault(said: dict[str, Any], clients: Clients, fault: str) -> None:
    found = row(said, [], clients, [VIP])
    assert [fault in each for each in found.faults] == [True]
    assert fault in table([found]) and "0 of 1 kinds of change were as predicted" in table([found])


def test_losses_of_another_change_are_not_counted() -> None:
    found = row(record("reload", haproxy_loaded="6"), [goes(at=99.0)], Clients((99.0, 111.0), (100.0,)), [VIP])
    assert (found.lost, found.cut, found.faults) == (0, 0, ())


def test_a_client_that_was_late_itself_has_lost_nothing() -> None:
    outages = [{"at_ms": 1000, "requests": 2}]
    for stall, error, lost in ((20_000, "TimeoutError", ()), (500, "TimeoutError", (101.0, 101.0))):
        probe = {"began": 100.0, "outages": outages, "longest_stall_ms": stall, "errors": {error: 2}}
        assert Clients.of([probe], []).lost == lost
    refused = {"began": 100.0, "outages": outages, "longest_stall_ms": 20_000, "errors": {"ConnectionRefusedError": 2}}
    assert Clients.of([refused], []).lost == (101.0, 101.0)


def test_a_vip_must_go_where_the_plan_says() -> None:
    said = record("vip_move", keepalived_loaded="8")
    said["vips"] = [{"address": VIP, "moves": [{"origin": "h1", "target": "h2"}]}]
    assert row(said, [goes(), comes("h2")], QUIET, [VIP]).faults == ()
    (fault,) = row(said, [goes(), comes("h1")], QUIET, [VIP]).faults
    assert fault == f"{VIP} went nowhere, and was to go h1 -> h2"


def test_the_command_ends_with_1_where_something_is_not_as_predicted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = {"began": 100.0, "requests": 7, "outages": [{"at_ms": 1000, "requests": 2}]}
    seen = {"records": [record("reload", haproxy_loaded="6")]}
    (tmp_path / "events.json").write_text(json.dumps({"events": {"h1": WROTE}}))
    for probes, failures, least, code in (([], [], 1, 0), ([probe], [], 1, 1), ([], ["no"], 1, 1), ([], [], 2, 1)):
        (tmp_path / "part.json").write_text(json.dumps({**seen, "failures": failures}))
        (tmp_path / "part-client.json").write_text(json.dumps({"probes": probes, "holds": []}))
        assert command.main(str(tmp_path), str(least)) == code
    said = capsys.readouterr().out
    assert "2 requests lost" in said and "not made: no" in said
