# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server with a HAProxy that fails at each command in turn: it says so, and nothing is left half done."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers import action as server_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

STATE_FIELDS = "be_name srv_name srv_op_state srv_admin_state srv_uweight srv_iweight"
NUMBER = {"ready": 0, "drain": 8, "maint": 1}
NAMES = ("one", "two", "three", "four")
PARAMS = {
    "backend": ["b"],
    "name": ["one", "two", "three"],
    "state": "drain",
    "weight": "5",
    "drain": False,
    "shutdown_sessions": False,
    "wait": False,
    "timeout": 0,
    "allow_last": False,
    "allow_missing": False,
    "path": "/nowhere",
}
#: What a run without faults asks: read; six changes; read.
COMMANDS = 12


class FakeHaproxy:
    """Answers like HAProxy; at command ``at`` (counted over all connections) it does ``fault`` instead. ``stays`` makes
    every command from there on fail the same way."""

    def __init__(self, path, fault="", at=-1, stays=False):
        self.servers = {name: [0, 10] for name in NAMES}
        self.fault, self.at, self.stays = fault, at, stays
        self.count = self.connections = 0
        self.held = []
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(path)
        self.listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listening.accept()[0]
                self.connections += 1
                self.held.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            for line in connection.makefile():
                if line == "prompt\n":
                    connection.sendall(b"\n> ")
                    continue
                number, self.count = self.count, self.count + 1
                faulty = number == self.at or (self.stays and number > self.at >= 0)
                if not self._answer(connection, line.strip(), self.fault if faulty else ""):
                    return

    def _answer(self, connection, command, fault):
        """Whether the connection goes on."""
        reply = "Permission denied\n" if fault == "error" else self._reply(command)
        whole = f"{reply}\n> ".encode()
        if fault in ("hang", "reset", "truncated"):
            if fault == "truncated":
                connection.sendall(whole[: len(whole) // 2])
            if fault != "hang":
                connection.shutdown(socket.SHUT_RDWR)
            return False
        connection.sendall(whole)
        return True

    def _reply(self, command):
        found = re.fullmatch(r"set server b/(\w+) (state|weight) (\w+)", command)
        if found:
            place, value = (0, NUMBER[found[3]]) if found[2] == "state" else (1, int(found[3]))
            self.servers[found[1]][place] = value
            return ""
        if command == "show cli level":
            return "admin\n"
        if command == "show servers state":
            lines = [f"b {name} 2 {admin} {weight} 10" for name, (admin, weight) in self.servers.items()]
            return f"1\n# be_id {STATE_FIELDS}\n" + "".join(f"1 {line}\n" for line in lines)
        rows = "".join(f"b,{name},0,0,UP,{weight}\n" for name, (_admin, weight) in self.servers.items())
        return f"# pxname,svname,qcur,scur,status,weight\n{rows}"

    def stop(self):
        self.listening.close()
        for connection in self.held:
            connection.close()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setattr(server_action, "Runtime", lambda address: Runtime(address, time_limit=0.2, patience=0.2))
    started = []

    def start(*args, **more):
        started.append(FakeHaproxy(str(tmp_path / "fake.sock"), *args, **more))
        return started[-1]

    yield start
    for haproxy in started:
        haproxy.stop()


@pytest.fixture
def run(tmp_path):
    def call(**params):
        params = {**PARAMS, "socket": str(tmp_path / "fake.sock"), **params}
        return server_action.server_action(params, System(), False)

    return call


def test_one_connection_for_everything(fake, run):
    haproxy = fake()
    assert len(run()["steps"]) == 3
    assert (haproxy.connections, haproxy.count) == (1, COMMANDS)
    assert haproxy.servers == {"one": [8, 5], "two": [8, 5], "three": [8, 5], "four": [0, 10]}
    assert not run()["changed"]
    assert (haproxy.connections, haproxy.count) == (2, COMMANDS + 3)


@pytest.mark.parametrize(
    ("fault", "at"),
    # The socket's level, asked first in each read, is no more than a hint: what may not be done is refused when tried.
    [("error", at) for at in range(COMMANDS) if at not in (0, 9)]
    + [(fault, at) for fault in ("hang", "reset", "truncated") for at in range(COMMANDS)],
)
def test_a_fault_at_any_command_leaves_all_as_it_was(fake, run, fault, at):
    haproxy = fake(fault, at)
    with pytest.raises(EdgeError):
        run()
    assert haproxy.servers == {name: [0, 10] for name in NAMES}
    assert haproxy.connections <= 2


def test_a_socket_without_levels_is_no_obstacle(fake, run):
    fake("error", 0)
    assert run()["changed"]


@pytest.mark.parametrize("fault", ["error", "hang", "reset", "truncated"])
def test_what_could_not_be_set_back_is_told_beside_the_first_reason(fake, run, fault):
    fake(fault, 5, stays=True)
    with pytest.raises(ApplyError, match=r"(?s)Restoring the previous state failed too"):
        run()


def test_a_change_that_does_not_hold_is_found(fake, run):
    haproxy = fake()
    haproxy._reply = lambda command, true=haproxy._reply: "" if "two weight" in command else true(command)
    with pytest.raises(EdgeError, match=r"After applying.*b/two: weight 10 -> 5"):
        run()
    assert haproxy.servers == {name: [0, 10] for name in NAMES}


def test_a_last_server_that_goes_meanwhile_takes_it_back(fake, run):
    """Two people drain at the same time, each the other's last server: at least one of them finds out."""
    haproxy = fake()

    def reply(command, true=haproxy._reply):
        if "three state drain" in command:
            haproxy.servers["four"][0] = 8
        return true(command)

    haproxy._reply = reply
    with pytest.raises(EdgeError, match=r"leave no server for new connections in backend b \(one, two, three, four\)"):
        run()
    assert [haproxy.servers[name] for name in ("one", "two", "three")] == [[0, 10]] * 3


def test_a_server_that_goes_while_it_is_waited_for(fake, run):
    haproxy = fake()

    def reply(command, true=haproxy._reply):
        if haproxy.count > COMMANDS + 3:
            haproxy.servers.pop("one", None)
        return true(command)

    haproxy._reply = reply
    with pytest.raises(EdgeError, match="b/one: no longer in the running HAProxy"):
        run(drain=True, timeout=5)
