# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that run on the lab's hosts: what they say of what they saw."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from lab.hosts import kube_apiserver, vip_probe
from lab.hosts.vip_probe import Request

HERE = "127.0.0.1"


def test_can_be_told_to_be_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_apiserver, "NOT_READY", str(tmp_path / "not-ready"))
    assert kube_apiserver.answer("/readyz")[0] == 200
    (tmp_path / "not-ready").touch()
    assert kube_apiserver.answer("/readyz")[0] == 500
    assert kube_apiserver.answer("/livez")[0] == 200


def test_probe_of_a_closed_port_is_one_outage_without_an_end() -> None:
    said = vip_probe.summary(asyncio.run(vip_probe.probe(f"http://{HERE}:1/", 0.1, 0.01, 0.25, None)))
    assert (said["requests"], said["failed"]) == (10, 10)
    assert said["outages"][0]["requests"] == 10  # type: ignore[index]
    assert said["outages"][0]["unfinished"] == 1  # type: ignore[index]


def sequence(answers: str, every: float = 0.01) -> list[Request]:
    """`.` answered, `x` failed."""
    return [Request(i * every, i * every, "kube-1" if a == "." else None) for i, a in enumerate(answers)]


def test_outages_are_measured_from_first_failure_to_next_answer() -> None:
    assert vip_probe.outages(sequence("..xxx..x.")) == [
        {"at_ms": 20, "length_ms": 30, "requests": 3},
        {"at_ms": 70, "length_ms": 10, "requests": 1},
    ]
    assert vip_probe.outages(sequence("...")) == []
    assert vip_probe.outages([]) == []


def test_the_probe_may_have_to_ask_a_number_of_times() -> None:
    asked = asyncio.run(vip_probe.probe("http://127.0.0.1:1/", 0.002, 0.001, 1, None, least=30))
    assert len(asked) == 30


def test_a_stall_of_the_probe_is_no_outage() -> None:
    late = [Request(0.0, 0.0, "kube-1"), Request(0.01, 0.51, "kube-1")]
    said = vip_probe.summary(late)
    assert (said["longest_stall_ms"], said["longest_outage_ms"]) == (500, 0)


@pytest.mark.parametrize("wrong", [["--seconds", "0"], ["--seconds", "601"], ["--every-ms", "0"]])
def test_the_probe_is_bounded(wrong: list[str]) -> None:
    argv = [sys.executable, vip_probe.__file__, "http://127.0.0.1:1/", *wrong]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 2
    assert "at most 600" in done.stderr
