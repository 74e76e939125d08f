# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live side with a real HAProxy on loopback: its socket, its processes, and whether it has the file as it is."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import processes, service
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import (
    live_state,
    read_info,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import HAPROXY, free_port, needs_haproxy, until


class Running:
    """A HAProxy in master-worker mode with its own file and socket."""

    def __init__(self, directory):
        self.file = directory / "haproxy.cfg"
        self.socket = directory / "admin.sock"
        self.write(f"127.0.0.1:{free_port()}")
        time.sleep(0.02)  # a process as old as the file counts as older
        self.process = subprocess.Popen([HAPROXY, "-W", "-f", str(self.file)], stderr=subprocess.DEVNULL)
        assert until(lambda: self.socket.exists() and self.loaded().loaded)

    def write(self, bind):
        self.file.write_text(
            f"global\n    stats socket {self.socket} mode 600 level admin\ndefaults\n    mode tcp\n"
            "    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
            f"frontend f\n    bind {bind}\n    default_backend b\n"
            "backend b\n    server one 127.0.0.1:1\n    server two 127.0.0.1:2 disabled weight 7\n"
        )

    def workers(self):
        return processes.workers(self.process.pid)

    def loaded(self):
        loaded = service.is_loaded(str(self.file), {"main_pid": str(self.process.pid)})
        try:
            with Runtime(str(self.socket), patience=0) as runtime:
                pid = read_info(runtime.ask(["show info"])[0])["Pid"]
        except EdgeError:
            return loaded
        return service.as_answered(loaded, str(self.file), pid)

    def reload(self):
        before = set(self.workers())
        self.process.send_signal(signal.SIGUSR2)
        return until(lambda: set(self.workers()) - before)


@pytest.fixture
def running(tmp_path):
    haproxy = Running(tmp_path)
    yield haproxy
    haproxy.process.terminate()
    haproxy.process.wait(timeout=10)


@needs_haproxy
def test_the_live_state_is_told(running):
    with Runtime(str(running.socket)) as runtime:
        state = live_state(runtime)
    assert state["info"]["Name"] == "HAProxy"
    assert isinstance(state["info"]["Uptime_sec"], int)
    row = next(row for row in state["stat"] if row["svname"] == "two")
    assert (row["pxname"], row["weight"], row["status"]) == ("b", 7, "MAINT")
    assert [(server["srv_name"], server["srv_port"]) for server in state["servers"]] == [("one", 1), ("two", 2)]


@needs_haproxy
def test_a_file_is_loaded_until_it_changes_and_again_after_a_reload(running):
    assert running.loaded().loaded
    time.sleep(0.05)
    running.write(f"127.0.0.1:{free_port()}")
    lost = running.loaded()
    assert not lost.loaded
    assert "was changed" in lost.reason
    time.sleep(0.05)
    assert running.reload()
    assert until(lambda: running.loaded().loaded)
    time.sleep(0.05)
    running.file.chmod(0o600)
    assert not running.loaded().loaded


@needs_haproxy
def test_a_reload_that_failed_does_not_count(running):
    """The new process cannot bind; the old one goes on serving with the old file."""
    time.sleep(0.05)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running.write(f"127.0.0.1:{taken.getsockname()[1]}")
        time.sleep(0.05)
        running.process.send_signal(signal.SIGUSR2)
        assert not until(lambda: running.loaded().loaded, 1.5)
    assert running.workers()


@needs_haproxy
def test_another_file_is_not_loaded(running, tmp_path):
    other = tmp_path / "other.cfg"
    other.write_text("global\n")
    told = service.is_loaded(str(other), {"main_pid": str(running.process.pid)})
    assert (told.loaded, told.reason) == (False, f"no HAProxy with {other} is running")


@needs_haproxy
def test_without_systemd_the_process_is_found(running):
    told = information({"path": str(running.file), "unit": "haproxy.service", "socket": None}, NoSystemd(), False)
    assert (told["installed"], told["loaded"], told["runtime_error"]) == (True, True, None)
    assert told["version"].count(".") >= 1
    assert told["runtime"]["info"]["Pid"] in running.workers()
    assert told["config"]["backends"][0]["servers"][1] == {
        "name": "two",
        "address": "127.0.0.1",
        "port": 2,
        "disabled": True,
        "weight": 7,
    }


class NoSystemd(System):
    def which(self, name):
        return None if name == "systemctl" else super().which(name)
