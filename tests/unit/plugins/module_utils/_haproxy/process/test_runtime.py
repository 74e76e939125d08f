# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime API's client, with a HAProxy that answers wrongly."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import (
    Runtime,
    is_plain,
    succeeded,
)


@pytest.mark.parametrize(
    "command",
    [
        "show info; disable server b/one",
        "a\nb",
        "",
        "  ",
        "a\\;b",
        "a\rb",
        "set map x <<",
        "a\0",
        "a\x1bb",
        "prompt",
        " quit",
        "@1 show info",
        "@!12",
        "x" * 9000,
    ],
)
def test_what_is_not_one_command_is_not_sent(command):
    assert not is_plain(command)
    with pytest.raises(EdgeError, match="Nothing was sent"):
        Runtime("/no/such/socket").ask(["show info", command])


@pytest.mark.parametrize(
    ("command", "reply", "success"),
    [
        ("set weight b/s 1", "", True),
        ("set weight b/s 1", "No such server.", False),
        ("add server b/s 1:1", "New server registered.", True),
        ("add server b/s 1:1", "unknown keyword 'x'", False),
        ("del server b/s", "Server deleted.", True),
        ("del server b/s", "New server registered.", False),
        ("set server b/s addr 1 port 2", "port changed from '1' to '2' by 'stats socket command'", True),
        ("set server b/s addr x", "Invalid addr 'x' by 'stats socket command'", False),
        ("no such command", "Unknown command", False),
    ],
)
def test_what_success_looks_like(command, reply, success):
    assert succeeded(command, reply) is success


@pytest.mark.parametrize("address", ["", "relative.sock", "host", "host:0", "host:port", "fd@3", "[::1]", "what@h:1"])
def test_what_is_no_address(address):
    with pytest.raises(EdgeError, match="not the address of a runtime socket"):
        Runtime(address)


@pytest.mark.parametrize(
    ("address", "family", "target"),
    [
        ("/a/b", socket.AF_UNIX, "/a/b"),
        ("unix@/a/b", socket.AF_UNIX, "/a/b"),
        ("127.0.0.1:9", socket.AF_INET, ("127.0.0.1", 9)),
        ("*:9", socket.AF_INET, ("127.0.0.1", 9)),
        (":9", socket.AF_INET, ("127.0.0.1", 9)),
        ("tcp@h.example:9", socket.AF_INET, ("h.example", 9)),
        ("[::2]:9", socket.AF_INET6, ("::2", 9)),
        ("ipv6@:9", socket.AF_INET6, ("::1", 9)),
        ("ipv6@::2:9", socket.AF_INET6, ("::2", 9)),
    ],
)
def test_addresses_as_haproxy_writes_them(address, family, target):
    runtime = Runtime(address)
    assert (runtime._family, runtime._target) == (family, target)


def test_a_socket_that_is_not_there(tmp_path):
    with pytest.raises(EdgeError, match=r"gone\.sock: No such file"):
        Runtime(str(tmp_path / "gone.sock"), patience=0).ask(["show info"])


def test_a_door_that_opens_again(tmp_path):
    path = tmp_path / "late.sock"

    def open_late():
        time.sleep(0.1)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            # The first to come meets a process that ends.
            server.accept()[0].close()
            connection, _peer = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"\n> ")
                connection.recv(100)
                connection.sendall(b"ok\n\n> ")

    threading.Thread(target=open_late, daemon=True).start()
    assert Runtime(str(path), patience=10).ask(["show info"]) == ["ok"]


@pytest.fixture
def scripted(tmp_path):
    """A socket that says what a test wants, line by line; None for a silence, an empty text to hang up."""
    path = tmp_path / "scripted.sock"
    answers: list[bytes | None] = []
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            connection, _peer = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"\n> ")
                connection.recv(1 << 16)
                for answer in answers:
                    if answer is None:
                        over.wait(10)
                    else:
                        connection.sendall(answer)
                        time.sleep(0.01)

        threading.Thread(target=serve, daemon=True).start()
        yield str(path), answers
        over.set()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([None], "did not answer in time"),
        ([b"one\n\n> tw", None], "did not answer in time"),
        ([b"one\n\n> two\n"], "answered 1 of 2 commands .* whether 'show b' was executed is not known"),
        ([], "answered 0 of 2"),
        ([b"one\n\n> two\n\n> three\n\n> "], "more than was requested"),
    ],
)
def test_a_conversation_that_breaks_is_an_error(scripted, said, message):
    path, answers = scripted
    answers.extend(said)
    with pytest.raises(EdgeError, match=message):
        Runtime(path, time_limit=0.2).ask(["show a", "show b"])


def test_replies_are_whole_however_they_come(scripted):
    path, answers = scripted
    text = b"first line\n\n  > second\n\n> \n> third\n\n> "
    answers.extend(text[place : place + 1] for place in range(len(text)))
    assert Runtime(path).ask(["show a", "show b", "show c"]) == ["first line\n\n  > second", "", "third"]
