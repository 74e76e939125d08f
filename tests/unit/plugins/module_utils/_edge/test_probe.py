# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module vip_probe: who answers and who does not, all asked at the same time."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge import probe as module
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def probe(*endpoints, **options):
    given = {"ca_path": None, "ca": None, "timeout": 2, "retries": 0, **options}
    entries = [{"name": f"vip-{n}", "address": "127.0.0.1", "url": None, **each} for n, each in enumerate(endpoints)]
    return module.probe({"endpoints": entries, **given}, System(), True)


@pytest.fixture
def port():
    """One that answers on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def closed():
    """One that nobody listens on while the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_who_answers_and_who_does_not(port, closed):
    assert probe({"port": port})["answers"] == [{"name": "vip-0", "address": "127.0.0.1", "port": port, "problem": ""}]
    with pytest.raises(EdgeError, match=rf"^vip-1: 127.0.0.1:{closed} does not answer: .*refused\.$") as told:
        probe({"port": port}, {"port": closed})
    assert [bool(each["problem"]) for each in told.value.facts["answers"]] == [False, True]


@pytest.mark.parametrize(("status", "well"), [(200, True), (401, True), (403, True), (500, False), (503, False)])
def test_what_counts_as_an_answer_of_an_apiserver(monkeypatch, status, well):
    monkeypatch.setattr(module, "_status", lambda *_asked: status)
    endpoint = {"port": 6443, "url": "https://127.0.0.1:6443/readyz"}
    if well:
        assert probe(endpoint)["answers"][0]["problem"] == ""
    else:
        with pytest.raises(EdgeError, match=f"answers with status {status}"):
            probe(endpoint)


def test_who_speaks_no_tls_is_told(port):
    with pytest.raises(EdgeError, match="does not answer"):
        probe({"port": port, "url": f"https://127.0.0.1:{port}/readyz"}, timeout=1)


def test_it_asks_all_at_the_same_time_and_those_again_that_did_not_answer(monkeypatch):
    asked: list[str] = []
    together = threading.Barrier(8, timeout=30)

    def status(url, *_more):
        asked.append(url)
        if asked.count(url) == 1:
            together.wait()  # never ends where one waits for the other
            raise ssl.SSLError("not yet")
        return 200

    monkeypatch.setattr(module, "_status", status)
    monkeypatch.setattr(module, "_PAUSE", 0)
    answers = probe(*({"port": 1, "url": f"https://vip-{n}"} for n in range(8)), retries=1)["answers"]
    assert [each["problem"] for each in answers] == [""] * 8 and len(asked) == 16


def test_nobody_to_ask_is_well():
    assert probe()["answers"] == []
