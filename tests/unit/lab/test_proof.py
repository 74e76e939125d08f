# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab import proof
from lab.command import LabError
from lab.proof import Probe

RUN = """
TASK [keepalived : Configure] ****
ok: [haproxy-1]

PLAY RECAP *********************************************************************
haproxy-1                  : ok=9    changed={0}    unreachable=0    failed=0    skipped=2    rescued=0    ignored=0
localhost                  : ok=99   changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
haproxy-2                  : ok=11   changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""
SAID = {"requests": 100, "failed": 0, "answered_by": {"kube-1": 50, "kube-2": 50}, "outages": [], "longest_stall_ms": 3}


def probe(**changes: object) -> Probe:
    return Probe.of("10.77.0.100", {**SAID, **changes})


def test_recap() -> None:
    counts = proof.recap(RUN.format(8))
    assert counts["haproxy-1"]["changed"] == 8
    assert counts["haproxy-2"]["ok"] == 11
    with pytest.raises(LabError, match="PLAY RECAP"):
        proof.recap("ERROR! the playbook could not be found")


def test_converged_says_where_things_changed() -> None:
    assert proof.converged(proof.recap(RUN.format(8))) == "8 changes on haproxy-1"
    assert proof.converged(proof.recap(RUN.format(0))) == "nothing to change on 2 hosts"


def test_a_second_run_changes_nothing() -> None:
    seen = proof.idempotent(proof.recap(RUN.format(0)))
    assert seen == "changed=0 on all 2 hosts; at most 10 tasks per host beside gathering facts"
    with pytest.raises(LabError, match="haproxy-1 changed=1"):
        proof.idempotent(proof.recap(RUN.format(1)))


def test_one_holder() -> None:
    assert proof.one_holder("10.77.0.100", ["haproxy-1"]) == "haproxy-1"
    with pytest.raises(LabError, match="is on none"):
        proof.one_holder("10.77.0.100", [])
    with pytest.raises(LabError, match="is on haproxy-1, haproxy-2"):
        proof.one_holder("10.77.0.100", ["haproxy-1", "haproxy-2"])


def test_all_answer() -> None:
    seen = proof.all_answer([probe(), probe()], ["kube-1", "kube-2"])
    assert seen == "200 requests answered by kube-1, kube-2; none failed"
    with pytest.raises(LabError, match="came from kube-3"):
        proof.all_answer([probe()], ["kube-1", "kube-2", "kube-3"])
    with pytest.raises(LabError, match="1 of 100 requests to"):
        proof.all_answer([probe(failed=1)], ["kube-1", "kube-2"])


def test_outage() -> None:
    one = probe(outages=[{"length_ms": 1691}])
    assert proof.outage(one) == "10.77.0.100 silent for 1.69 s (probe late by at most 3 ms)"
    two = probe(outages=[{"length_ms": 10}, {"length_ms": 900}])
    assert proof.outage(two) == "10.77.0.100 silent for 0.90 s in 2 pieces (probe late by at most 3 ms)"


def test_an_outage_must_begin_and_end() -> None:
    with pytest.raises(LabError, match="never stopped answering"):
        proof.outage(probe())
    with pytest.raises(LabError, match="did not answer again within 8 s"):
        proof.outage(probe(outages=[{"length_ms": 10}, {"length_ms": 8000, "unfinished": 1}]))


def test_table() -> None:
    rows = [("the lab", "6 hosts", "2.8 s"), ("VIP", "on a\non b", "12.1 s")]
    assert proof.table(rows) == "the lab  6 hosts   2.8 s\nVIP      on a     12.1 s\n         on b"
