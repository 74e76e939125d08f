# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HAProxy on loopback with a file of its own, and the modules' actions on both."""

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
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import processes
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import rows_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
needs_haproxy = pytest.mark.skipif(HAPROXY is None, reason="needs HAProxy")

#: Every option of the modules that is about the file or the process, as Ansible would give it.
PARAMS = {"backup": False, "validate": True, "runtime": "auto", "socket": None}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=10.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Upstream:
    """A server that says its name and then keeps the connection as long as the client does."""

    def __init__(self):
        self.listener = socket.create_server(("0.0.0.0", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.sendall(b"%d\n" % self.port)
            while connection.recv(100):
                pass


class Running:
    """A HAProxy with its own file, as ``kind`` says: with a stats socket (its worker in a chroot, or its files in a
    mount namespace of its own, as in Debian's unit, or a directory beside its file, as in the newer one), or with a
    master's socket, or alone."""

    def __init__(self, directory, kind="stats", level="admin", balance="roundrobin", servers="", more=""):
        self.file = directory / "haproxy.cfg"
        self.socket = directory / "admin.sock"
        self.master_socket = directory / "master.sock"
        self.upstream = Upstream()
        self.port = free_port()
        address = f"127.0.0.1:{(tcp := free_port())}" if kind == "tcp" else self.socket
        self.address = f"127.0.0.1:{tcp}" if kind == "tcp" else str(self.socket)
        stats = "" if kind == "master" else f"    stats socket {address} mode 600 level {level}\n"
        if kind == "master":
            self.address = str(self.master_socket)
        if kind == "chroot":
            (directory / "root").mkdir()
            stats += f"    chroot {directory}/root\n"
        upstream = self.upstream.port
        self.file.write_text(
            f"global\n{stats}    hard-stop-after 2s\ndefaults\n    mode tcp\n    timeout connect 1s\n"
            "    timeout client 10s\n    timeout server 10s\n"
            f"frontend f\n    bind 127.0.0.1:{self.port}\n    default_backend b\n"
            f"backend b\n    balance {balance}\n{more}"
            + (
                servers
                or f"    server one 127.0.0.1:{upstream}\n    server two 127.0.0.2:{upstream} weight 7 maxconn 20\n"
            )
        )
        self.before = self.file.read_bytes()
        # A process that starts in the same hundredth of a second counts as older than the file.
        time.sleep(0.03)
        words = {"alone": ["-db"], "master": ["-W", "-S", f"{self.master_socket},level,admin"]}.get(kind, ["-W"])
        words += ["-f", str(directory / "conf.d")] if kind == "directory" else []
        alone = ["unshare", "--mount"] if kind == "own mounts" else []
        self.process = subprocess.Popen([*alone, HAPROXY, *words, "-f", str(self.file)], stderr=subprocess.DEVNULL)
        place = self.master_socket if kind == "master" else self.socket
        assert until(lambda: (kind == "tcp" or place.exists()) and self.asks())
        assert until(lambda: processes.has_loaded(self.pid(), str(self.file)).loaded)

    def asks(self):
        try:
            return bool(self.ask("show info"))
        except EdgeError:
            return False

    def ask(self, command):
        with Runtime(self.address, patience=5) as runtime:
            return runtime.ask([command])[0]

    def tell(self, *commands):
        with Runtime(self.address, patience=5) as runtime:
            runtime.change(commands)

    def pid(self):
        return int(self.ask("show info").partition("\nPid: ")[2].partition("\n")[0])

    def version(self):
        with Runtime(self.address, patience=5) as runtime:
            return runtime.version

    def states(self, backend="b"):
        """Server name -> (address, port, weight, maxconn, state), as the process has it."""
        with Runtime(self.address, patience=5) as runtime:
            return {name: tuple(row.state) for name, row in rows_of(runtime, [backend])[backend].items()}

    def loaded(self):
        return processes.has_loaded(self.pid(), str(self.file)).loaded

    def backend(self, check_mode=False, name="b", **options):
        params = {**PARAMS, "path": str(self.file), "name": name, "state": "present", **options}
        return file_action(plan_backend)(params, System(), check_mode)

    def config(self, check_mode=False, **options):
        params = {**PARAMS, "path": str(self.file), "purge": False, **options}
        return file_action(plan_config)(params, System(), check_mode)

    def servers(self, **changes):
        """The two servers as they are, with other options for some; None leaves one out."""
        kept = {"one": {"name": "one"}, "two": {"name": "two"}}
        for name, options in changes.items():
            if options is None:
                del kept[name]
            else:
                kept[name] = {"name": name, **options}
        return list(kept.values())

    def reload(self):
        before = self.pid()
        for _again in range(5):  # a master that is just reading its file does not hear it
            self.process.send_signal(signal.SIGUSR2)
            if until(lambda: self.pid() != before):
                return
        raise AssertionError("HAProxy did not reload.")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.upstream.listener.close()
