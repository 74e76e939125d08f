# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a reload is followed where a master tells less than that of 2.6 does; the real one is in test_converge."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import Loaded
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process import reload
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import Process, Unasked

OLD, NEW, MASTER = 11, 12, 10


def process(pid):
    return Process(Runtime("/no/such/socket"), pid, MASTER, True, "admin", Loaded(True, ""))


@pytest.fixture
def master(monkeypatch):
    """A master that is told by a test: what it has of workers look by look, who answers, and its command line."""
    told = {"workers": [[OLD]], "answers": [OLD], "signals": 0, "line": ["haproxy"]}

    def next_of(name):
        return told[name].pop(0) if len(told[name]) > 1 else told[name][0]

    def answer(path, address):
        pid = next_of("answers")
        if pid is None:
            raise Unasked("nobody answers")
        return process(pid)

    def kill(pid, number):
        assert pid == MASTER
        told["signals"] += 1

    monkeypatch.setattr(reload, "workers", lambda pid: next_of("workers"))
    monkeypatch.setattr(reload, "answering", answer)
    monkeypatch.setattr(reload, "words_of", lambda pid: told["line"])
    monkeypatch.setattr(reload, "_reloads_of", lambda pid: reload._Reloads(0, 0, False))
    monkeypatch.setattr(reload, "_WITHOUT", 0.05)
    monkeypatch.setattr(reload, "_UNHEARD", 0.05)
    monkeypatch.setattr(os, "kill", kill)
    return told


def test_it_ends_when_the_new_worker_answers(master):
    master.update(workers=[[OLD], [OLD, NEW]], answers=[OLD, None, OLD, NEW])
    assert reload.reload(process(OLD), "/etc/h.cfg", None).pid == NEW
    assert master["signals"] == 1


def test_a_new_worker_that_ended_is_a_failure_and_the_master_is_well(master):
    master.update(workers=[[OLD], [OLD, NEW], [OLD]])
    with pytest.raises(reload.ReloadFailed, match="its new worker ended, and the old worker still serves") as failed:
        reload.reload(process(OLD), "/etc/h.cfg", None)
    assert failed.value.master_waits is False


def test_a_signal_that_nobody_heard_is_sent_again(master):
    master.update(answers=[OLD] * 6 + [NEW])
    assert reload.reload(process(OLD), "/etc/h.cfg", None).pid == NEW
    assert master["signals"] > 1


def test_a_master_that_ends_is_told(master):
    master["line"] = []
    with pytest.raises(reload.ReloadFailed, match=r"process 10\) ended while"):
        reload.reload(process(OLD), "/etc/h.cfg", None)


def test_it_does_not_wait_for_ever(master, monkeypatch):
    monkeypatch.setattr(reload, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(reload, "_UNHEARD", 9)
    with pytest.raises(reload.ReloadFailed, match=r"no new worker served .*process 11 still answers"):
        reload.reload(process(OLD), "/etc/h.cfg", None)
