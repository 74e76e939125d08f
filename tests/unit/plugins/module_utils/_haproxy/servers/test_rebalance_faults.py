# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_rebalance with a HAProxy that fails at each command in turn: it stops, and tells what it had closed."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers import rebalance
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from .test_faults import FakeHaproxy

PARAMS = {
    "backend": ["b"],
    "tolerance": 0,
    "rate": 1000,
    "min_age": 0,
    "timeout": 20,
    "allow_missing": False,
    "path": "/nowhere",
}
#: What a run without faults asks: read; read, sessions, six to close; read, sessions.
COMMANDS = 3 + 4 + 6 + 4
#: The level, which is no more than a hint.
LEVELS = (0, 3, 13)


class FakeSessions(FakeHaproxy):
    """Eight sessions on the first of four servers; one that is shut down comes back to the emptiest at once."""

    def __init__(self, *args, **more):
        self.sessions = dict.fromkeys(range(8), "one")
        self.closed = 0
        super().__init__(*args, **more)

    def _reply(self, command):
        held = {name: list(self.sessions.values()).count(name) for name in self.servers}
        if command == "show sess":
            return "".join(f"0x{n:x}: proto=tcpv4 be=b srv={name} age=9s\n" for n, name in self.sessions.items())
        if command.startswith("shutdown session "):
            del self.sessions[int(command.split()[-1], 16)]
            self.sessions[100 + self.closed] = min(held, key=lambda name: held[name])
            self.closed += 1
            return ""
        if command.startswith("show stat"):
            rows = "".join(f"b,{name},0,{count},UP,10,\n" for name, count in held.items())
            return f"# pxname,svname,qcur,scur,status,weight,algo\n{rows}b,BACKEND,0,8,UP,40,leastconn\n"
        return super()._reply(command)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setattr(rebalance, "Runtime", lambda address: Runtime(address, time_limit=0.2, patience=0.2))
    monkeypatch.setattr(rebalance, "PAUSE", 0.01)
    started = []

    def start(*args):
        started.append(FakeSessions(str(tmp_path / "fake.sock"), *args))
        return started[-1]

    yield start
    for haproxy in started:
        haproxy.stop()


@pytest.fixture
def run(tmp_path):
    return lambda: rebalance.rebalance_action({**PARAMS, "socket": str(tmp_path / "fake.sock")}, System(), False)


def test_without_faults_each_look_has_a_connection(fake, run):
    haproxy = fake()
    done = run()
    assert (done["closed"], haproxy.closed) == (6, 6)
    assert sorted(haproxy.sessions.values()) == sorted(["one", "two", "three", "four"] * 2)
    assert (haproxy.connections, haproxy.count) == (3, COMMANDS)


@pytest.mark.parametrize(
    ("fault", "at"),
    [("error", at) for at in range(COMMANDS) if at not in LEVELS]
    + [(fault, at) for fault in ("hang", "reset", "truncated") for at in range(COMMANDS)],
)
def test_a_fault_at_any_command_ends_it(fake, run, fault, at):
    haproxy = fake(fault, at)
    with pytest.raises(EdgeError) as no:
        run()
    # What it tells was closed was; a command that broke off in the middle may have been done too.
    told = no.value.facts.get("closed", 0)
    assert told <= haproxy.closed <= 6
    if fault == "error":
        assert told == haproxy.closed
