# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime API's client, with a real HAProxy by every kind of socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import (
    Runtime,
    RuntimeRefused,
    _is_closed,
)

from ..running_haproxy import HAPROXY, free_port, needs_haproxy, until


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("runtime")


@pytest.fixture(scope="module")
def haproxy(directory):
    """A HAProxy with a socket of every kind: name -> address, and its process."""
    port = free_port()
    sockets = {
        "unix": f"{directory}/admin.sock",
        "unix@": f"unix@{directory}/admin.sock",
        "tcp": f"127.0.0.1:{port}",
        "ipv4@": f"ipv4@127.0.0.1:{port}",
        "severity": f"{directory}/severity.sock",
        "operator": f"{directory}/operator.sock",
        "user": f"{directory}/user.sock",
        "short": f"{directory}/short.sock",
        "master": f"{directory}/master.sock",
    }
    file = directory / "haproxy.cfg"
    file.write_text(
        f"""global
    stats socket {sockets["unix"]} mode 600 level admin
    stats socket 127.0.0.1:{port} level admin
    stats socket {sockets["severity"]} mode 600 level admin severity-output string
    stats socket {sockets["operator"]} mode 600 level operator
    stats socket {sockets["user"]} mode 600 level user
    stats timeout 500ms
    hard-stop-after 1s
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
backend b
    balance leastconn
    server one 127.0.0.1:1
    server two 127.0.0.1:2 disabled weight 7
"""
    )
    process = subprocess.Popen(
        [HAPROXY, "-W", "-S", f"{sockets['master']},level,admin", "-f", str(file)], stderr=subprocess.DEVNULL
    )
    assert until(lambda: os.path.exists(sockets["master"]))
    yield sockets, process
    process.terminate()
    process.wait(timeout=10)


@needs_haproxy
@pytest.mark.parametrize("kind", ["unix", "unix@", "tcp", "ipv4@", "severity", "master"])
def test_each_command_has_its_own_reply(haproxy, kind):
    sockets, _process = haproxy
    with Runtime(sockets[kind]) as runtime:
        version, nothing, unknown, message, help_text = runtime.ask(
            ["show version", "set server b/one weight 5", "no such command", "set server b/no weight 5", "help"]
        )
        assert version.count("\n") == 0
        assert nothing == ""
        assert unknown.startswith("Unknown command")
        assert message == "No such server."
        assert "show info" in help_text
        assert runtime.ask([]) == []
        assert runtime.ask(["show version"]) == [version]
        assert runtime.version == tuple(int(part) for part in version.partition("-")[0].split("."))
        assert runtime.master == (kind == "master")


@needs_haproxy
@pytest.mark.parametrize("kind", ["unix", "master"])
def test_thousands_of_commands_fill_no_buffer(haproxy, kind):
    sockets, _process = haproxy
    count = 4000 if kind == "unix" else 1000
    with Runtime(sockets[kind]) as runtime:
        replies = runtime.ask([f"get weight b/{'one' if number % 2 else 'two'}" for number in range(count)])
        assert len(replies) == count
        assert set(replies[::2]) == {"7 (initial 7)"}
        assert all(reply.startswith("<!DOCTYPE") is False and reply for reply in replies)
        big = runtime.ask(["show stat"] * (count // 4))
        assert {reply.splitlines()[0] for reply in big} == {big[0].splitlines()[0]}


@needs_haproxy
def test_a_change_succeeds_or_names_command_and_reply(haproxy):
    sockets, _process = haproxy
    with Runtime(sockets["unix"]) as runtime:
        runtime.change(
            [
                "set server b/one addr 127.0.0.3 port 5",
                "set server b/one addr 127.0.0.3 port 5",
                "set server b/one state drain",
                "set server b/one weight 9",
                "set maxconn server b/one 5",
                "add server b/new 127.0.0.1:80 check",
                "enable health b/new",
                "set server b/new state maint",
                "del server b/new",
            ]
        )
        with pytest.raises(RuntimeRefused, match=r"refused 'set server b/gone weight 5': No such server") as refused:
            runtime.change(["set server b/one weight 3", "set server b/gone weight 5", "set server b/no weight 5"])
        assert (refused.value.command, refused.value.reply) == ("set server b/gone weight 5", "No such server.")


@needs_haproxy
@pytest.mark.parametrize(("kind", "allowed"), [("operator", True), ("user", False)])
def test_what_the_level_forbids_is_an_error(haproxy, kind, allowed):
    sockets, _process = haproxy
    with Runtime(sockets[kind]) as runtime:
        assert runtime.ask(["show stat"])[0].startswith("# pxname")
        with pytest.raises(RuntimeRefused, match="Permission denied"):
            runtime.change(["add server b/x 127.0.0.1:1"])


@needs_haproxy
def test_a_connection_that_haproxy_has_closed_is_opened_again(haproxy):
    sockets, _process = haproxy
    with Runtime(sockets["unix"]) as runtime:
        runtime.ask(["show version"])
        first = runtime._connection
        # As after an idle time, which HAProxy 2.6 does not always see end in interactive mode.
        first.shutdown(socket.SHUT_WR)
        assert until(lambda: _is_closed(first))
        runtime.ask(["show version"])
        assert runtime._connection is not first


@needs_haproxy
def test_after_a_reload_the_new_worker_answers(haproxy):
    sockets, process = haproxy

    def pid(kind):
        with Runtime(sockets[kind]) as runtime:
            (info,) = runtime.ask(["show info"])
        return next(line for line in info.splitlines() if line.startswith("Pid:"))

    before = pid("unix")

    def is_reloaded():
        process.send_signal(signal.SIGUSR2)  # again where a master that has just begun has missed it
        return until(lambda: pid("master") != before, 3)

    assert until(is_reloaded)
    assert until(lambda: pid("unix") == pid("master"))
