# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HAProxy on loopback, with servers behind it and clients in front, for the modules that work at run time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import ask_servers

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")


def until(condition, seconds=10.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Listener:
    """A server that takes connections and holds each until the other side ends it."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._hold, args=self.socket.accept()[:1], daemon=True).start()

    def _hold(self, connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(100):
                pass

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Client:
    """One long-lived connection, opened again as soon as it is closed, as a kubelet does; ``comes_back`` says so."""

    def __init__(self, port, comes_back):
        self.port = port
        self.comes_back = comes_back
        self.times = 0
        self.connection = None
        self.over = False
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self):
        while not self.over:
            with contextlib.suppress(OSError):
                self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                self.connection.settimeout(None)
                self.times += 1
                self.connection.recv(1)
            if not self.comes_back:
                return
            time.sleep(0.02)

    def close(self):
        self.over = True
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()


class LiveHaproxy:
    """``config`` is the text of the proxies; ``{front}`` in it is the front end's port, ``{a}`` ``{b}`` ``{c}`` those
    of three listeners. ``file``, ``socket`` (admin), ``operator`` and ``user`` are paths."""

    until = staticmethod(until)

    def __init__(self, directory, config, *words):
        self.listeners = [Listener() for _each in "abc"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.file, self.socket = directory / "haproxy.cfg", directory / "admin.sock"
        self.operator, self.user = directory / "operator.sock", directory / "user.sock"
        a, b, c = (listener.port for listener in self.listeners)
        self.file.write_text(
            f"global\n    stats socket {self.user} mode 600 level user\n"
            f"    stats socket {self.operator} mode 600 level operator\n"
            f"    stats socket {self.socket} mode 600 level admin\n"
            "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 1h\n    timeout server 1h\n"
            + config.format(front=self.port, a=a, b=b, c=c)
        )
        self.process = subprocess.Popen([HAPROXY, "-W", *words, "-f", str(self.file)], stderr=subprocess.DEVNULL)
        self.clients = []
        assert until(self.socket.exists), "HAProxy does not start"

    def ask(self, *commands):
        with Runtime(str(self.socket)) as runtime:
            return runtime.ask(commands)

    def servers(self):
        """``backend/name`` -> server, as HAProxy says now."""
        with Runtime(str(self.socket)) as runtime:
            return {server.title: server for server in ask_servers(runtime).servers}

    def sessions(self):
        return {title: server.sessions for title, server in self.servers().items()}

    def reload(self):
        before = self._pid(self.ask("show info"))

        def is_reloaded():
            self.process.send_signal(signal.SIGUSR2)  # again where a master that has just begun has missed it
            return until(lambda: self._pid(self.ask("show info")) != before, 3)

        assert until(is_reloaded)

    @staticmethod
    def _pid(info):
        return next(line for line in info[0].splitlines() if line.startswith("Pid:"))

    def connect(self, count, comes_back=False):
        """More clients, once all their connections are through to a server."""
        wanted = sum(self.sessions().values()) + count
        self.clients += [Client(self.port, comes_back) for _each in range(count)]
        assert until(lambda: sum(self.sessions().values()) >= wanted), self.sessions()

    def stop(self):
        for client in self.clients:
            client.close()
        self.process.terminate()
        self.process.wait(timeout=10)
        for listener in self.listeners:
            listener.close()


@pytest.fixture
def live_haproxy(tmp_path):
    """``live_haproxy(config)`` starts one, further words being for its command line; it ends with the test."""
    if HAPROXY is None:
        pytest.skip("needs HAProxy")
    started = []

    def start(config, *words):
        started.append(LiveHaproxy(tmp_path, config, *words))
        return started[-1]

    yield start
    for haproxy in started:
        haproxy.stop()
