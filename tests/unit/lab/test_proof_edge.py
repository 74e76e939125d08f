# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from lab import proof_edge
from lab.command import LabError

NODES = ("edge-1", "edge-2", "edge-3")
RULES = """\
-A -t 10.77.0.100:80 -s rr
-a -t 10.77.0.100:80 -r 10.77.0.31:80 -g -w 1
-a -t 10.77.0.100:80 -r 10.77.0.32:80 -g -w 1
-a -t 10.77.0.100:80 -r 10.77.0.33:80 -g -w 0
"""


def probed(**changes: Any) -> dict[str, Any]:
    answered = {f"{node} to 10.77.0.50": 20 for node in NODES}
    return {"requests": 60, "failed": 0, "answered_by": answered, "outages": [], **changes}


def outage(at: int, length: int, **more: int) -> dict[str, int]:
    return {"at_ms": at, "length_ms": length, "requests": 1, **more}


def test_a_table_is_read_and_a_server_without_weight_gets_nothing() -> None:
    assert proof_edge.table(RULES) == {"10.77.0.31", "10.77.0.32"}
    assert proof_edge.table("") == set()


def test_all_serve() -> None:
    seen = proof_edge.all_serve({"10.77.0.32", "10.77.0.31"}, ["10.77.0.31", "10.77.0.32"])
    assert seen == "2 real servers in its kernel: 10.77.0.31, 10.77.0.32"
    with pytest.raises(LabError, match="has nobody instead"):
        proof_edge.all_serve(set(), ["10.77.0.31"])


def test_spread() -> None:
    seen = proof_edge.spread(probed(), NODES, "10.77.0.50")
    assert seen.startswith("60 requests answered (edge-1 20, edge-2 20, edge-3 20); each node saw the client itself")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"failed": 1}, "1 of 60 requests failed"),
        ({"answered_by": {"edge-1 to 10.77.0.50": 60}}, "no answer came from edge-2, edge-3"),
        ({"answered_by": {f"{node} to 10.77.0.31": 20 for node in NODES}}, "a node saw another: edge-1 to 10.77.0.31"),
    ],
)
def test_no_spread(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        proof_edge.spread(probed(**changes), NODES, "10.77.0.50")


def test_no_loop() -> None:
    seen = proof_edge.no_loop({"63": 200, "64": 300})
    assert seen == "of 300 packets to the VIP the director sent 200 on, each once: no loop"
    assert "sent 0 on" in proof_edge.no_loop({"64": 5})


@pytest.mark.parametrize(
    ("passes", "reason"),
    [({}, "no packet"), ({"64": 300, "63": 200, "62": 7, "9": 1}, "8 were sent on more than once, one 55 times")],
)
def test_a_loop(passes: dict[str, int], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        proof_edge.no_loop(passes)


def test_a_server_leaves() -> None:
    said = probed(failed=5, outages=[outage(2000, 100), outage(3900, 100)])
    assert proof_edge.left(said, "edge-2") == "edge-2 left 2.0 s after its first failure; 5 of 60 requests lost"
    with pytest.raises(LabError, match="had not been asked"):
        proof_edge.left(probed(), "edge-2")
    with pytest.raises(LabError, match="edge-2 did not leave"):
        proof_edge.left(probed(outages=[outage(2000, 9000, unfinished=1)]), "edge-2")


def test_silence() -> None:
    said = probed(failed=30, outages=[outage(2000, 1090)], longest_outage_ms=1090, longest_stall_ms=5)
    seen = proof_edge.silence("10.77.0.100", said, 1000)
    assert seen.startswith("10.77.0.100 silent for 1.09 s (probe late by at most 5 ms), 30 of 60 requests")
    with pytest.raises(LabError, match="never stopped answering"):
        proof_edge.silence("10.77.0.100", probed(), 1000)
    with pytest.raises(LabError, match="did not answer every request again"):
        proof_edge.silence("10.77.0.100", probed(outages=[outage(1, 9, unfinished=1)]), 1000)


def held(**changes: Any) -> dict[str, Any]:
    held_by = {f"{node} to 10.77.0.50": 15 for node in NODES[1:]}
    return {"connections": 30, "cut": 10, "cut_from": {"edge-1 to 10.77.0.50": 10}, "held_by": held_by, **changes}


def test_connections_with_living_servers_live_on() -> None:
    seen = proof_edge.connections(held(), "edge-1")
    assert seen == "20 of 30 held connections live on; edge-1 took its 10 along"
    with pytest.raises(LabError, match="were cut: 3 with edge-2"):
        proof_edge.connections(held(cut_from={"edge-1 to c": 7, "edge-2 to c": 3}), "edge-1")
    with pytest.raises(LabError, match="no connection with a living server"):
        proof_edge.connections(held(held_by={}), "edge-1")


def test_the_holder_stays() -> None:
    here, there = {"10.77.0.100": "edge-2"}, {"10.77.0.100": "edge-1"}
    seen = proof_edge.same_holder(here, here, 0, 20)
    assert seen == "10.77.0.100 is on edge-2 as before, and nobody became MASTER meanwhile"
    with pytest.raises(LabError, match="1 times where none should"):
        proof_edge.same_holder(here, there, 1, 20)
    with pytest.raises(LabError, match="2 times"):
        proof_edge.same_holder(here, here, 2, 20)
    assert "stood still for 3000 ms" in proof_edge.same_holder(here, here, 2, 3000)


ADDRESSES = {"edge-1": "10.77.0.31", "edge-2": "10.77.0.32"}
TURNS = (proof_edge.Turn("edge-1", 10, 20, 24), proof_edge.Turn("edge-2", 30, 40, 44))
TABLES = tuple(
    proof_edge.Table(begin, begin + 1, frozenset(ADDRESSES.values()) - {f"10.77.0.3{gone}"})
    for begin, gone in ((5, 0), (15, 1), (26, 0), (35, 2), (50, 0))
)


def test_an_update_of_every_node_in_turn_that_lost_nothing() -> None:
    seen = proof_edge.updated(probed(), probed(requests=9), 60, TURNS, TABLES, ADDRESSES)
    assert seen.startswith(
        "0 of 60 requests lost, and 0 of 9 that took their time\nedge-1, edge-2: each left the table"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"said": probed(failed=1, errors={"OSError": 1})}, "1 of 60 requests failed"),
        ({"slow": probed(failed=2, errors={"OSError": 2})}, "2 of 60 requests failed"),
        ({"least": 61}, "60 requests and 60 slow ones are too few"),
        ({"turns": TURNS[:1]}, "replaced were edge-1, not each node once"),
        ({"tables": (TABLES[0], *TABLES[2:])}, "edge-1 had not left the table"),
        ({"tables": TABLES[:4]}, "edge-2 did not come back into the table"),
    ],
)
def test_an_update_that_lost_something(changes: dict[str, Any], said: str) -> None:
    given = {"said": probed(), "slow": probed(), "least": 60, "turns": TURNS, "tables": TABLES, **changes}
    with pytest.raises(LabError, match=said):
        proof_edge.updated(**given, addresses=ADDRESSES)
