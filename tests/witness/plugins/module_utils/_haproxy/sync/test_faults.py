# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault at every command on the way to a real HAProxy: file and process end as they were, or the message says what
does not."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process import runtime

from ..running_haproxy import needs_haproxy

pytestmark = needs_haproxy

FAULTS = ["error", "error after", "hang", "reset", "truncated"]
#: Commands that change something in ``desired``: those that the faults are put at.
CHANGING = re.compile("set |add |enable |del ")


class Meddler:
    """Stands between a client and HAProxy's socket, and puts a fault at the n-th changing command, once."""

    def __init__(self, path, real, fault, position):
        self.real, self.fault, self.left = real, fault, position
        self.met = ""
        self.over = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with (
            contextlib.suppress(OSError),
            client,
            socket.socket(socket.AF_UNIX) as haproxy,
            client.makefile("rb") as lines,
        ):
            haproxy.connect(self.real)
            for line in lines:
                faulty = False
                if CHANGING.match(line.decode()):
                    faulty = self.left == 0
                    self.left -= 1
                if not faulty:
                    client.sendall(self._ask(haproxy, line))
                elif not self._spoil(client, haproxy, line):
                    return

    def _ask(self, haproxy, line):
        haproxy.sendall(line)
        reply = b""
        while not reply.endswith(b"\n> "):
            reply += haproxy.recv(1 << 16)
        return reply

    def _spoil(self, client, haproxy, line):
        self.met = line.decode().strip()
        if self.fault == "error":
            client.sendall(b"Internal error.\n\n> ")
            return True
        if self.fault == "lie":
            client.sendall(b"\n> ")
            return True
        reply = self._ask(haproxy, line)
        if self.fault == "error after":
            client.sendall(b"Internal error.\n\n> ")
            return True
        if self.fault == "hang":
            self.over.wait(20)
        elif self.fault == "truncated":
            client.sendall(reply[:-3])
        return False

    def close(self):
        self.over.set()
        self.listener.close()


def desired(haproxy):
    """Five kinds of change at once; none but the last deletion's session wait takes time."""
    return haproxy.servers(
        one={"weight": 5, "maxconn": 9},
        two=None,
        three={"address": "127.0.0.1", "port": 3, "check": True, "inter": "1h", "weight": 2},
    )


COUNT = 8


@pytest.fixture
def meddled(start, tmp_path, monkeypatch):
    """A HAProxy, and a way to it with a fault at one of the changing commands."""
    monkeypatch.setattr(runtime, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(
        runtime.Runtime.__init__, "__defaults__", (0.5, 1.0, *runtime.Runtime.__init__.__defaults__[2:])
    )
    meddlers = []

    def meddle(fault, position):
        haproxy = start()
        meddlers.append(Meddler(tmp_path / "meddler.sock", haproxy.address, fault, position))
        return haproxy, meddlers[0], str(tmp_path / "meddler.sock")

    yield meddle
    for meddler in meddlers:
        meddler.close()


def test_the_way_itself_does_nothing(meddled):
    haproxy, meddler, way = meddled("error", 1000)
    assert haproxy.backend(servers=desired(haproxy), socket=way)["impact"] == "runtime"
    assert 1000 - meddler.left == COUNT


@pytest.mark.parametrize("position", range(COUNT))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_file_and_process_as_they_were(meddled, fault, position):
    haproxy, meddler, way = meddled(fault, position)
    before = haproxy.states()
    pid = haproxy.pid()
    with pytest.raises(EdgeError) as failed:
        haproxy.backend(servers=desired(haproxy), socket=way)
    assert meddler.met
    assert failed.value.facts == {"restored": True}
    if fault.startswith("error"):
        assert repr(meddler.met) in str(failed.value)
    assert haproxy.file.read_bytes() == haproxy.before
    assert haproxy.states() == before, failed.value
    assert haproxy.pid() == pid
    assert haproxy.loaded()
    assert haproxy.backend(servers=haproxy.servers())["changed"] is False


def test_what_was_set_is_read_back(meddled):
    haproxy, meddler, way = meddled("lie", 0)
    before = haproxy.states()
    with pytest.raises(EdgeError, match=r"accepted every command, but .*server one: maxconn 0 -> 9"):
        haproxy.backend(servers=desired(haproxy), socket=way)
    assert meddler.met == "set maxconn server b/one 9"
    assert haproxy.states() == before
    assert haproxy.file.read_bytes() == haproxy.before
    assert haproxy.loaded()


def test_a_process_that_goes_away_for_good_is_named(meddled):
    haproxy, meddler, way = meddled("reset", 3)
    spoil = meddler._spoil

    def end(*words):
        meddler.listener.close()
        (haproxy.socket.parent / "meddler.sock").unlink()
        return spoil(*words)

    meddler._spoil = end
    with pytest.raises(
        EdgeError, match=r"Restoring the previous state failed too:\n.*may have part of the change.*reload"
    ):
        haproxy.backend(servers=desired(haproxy), socket=way)
    assert haproxy.file.read_bytes() == haproxy.before
    assert not haproxy.loaded()
    assert haproxy.backend(servers=haproxy.servers())["impact"] == "reload"
