# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a reload that failed: HAProxy 3.2 and 3.4 list the worker that serves under old workers, and no other."""

from __future__ import annotations

import signal
import socket
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import workers
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import needs_haproxy, until

pytestmark = needs_haproxy


def failed_reloads(haproxy):
    try:
        with Runtime(str(haproxy.master_socket), to_worker=False) as master:
            (said,) = master.ask(["show proc"])
    except EdgeError:
        # The master is just starting anew.
        return False
    return "[failed: 0]" not in said


@pytest.mark.parametrize("kind", ["stats", "master"])
def test_the_worker_that_serves_is_asked_and_brought_along(start, kind):
    haproxy = start(kind=kind)
    pid, text = haproxy.pid(), haproxy.file.read_text()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        haproxy.file.write_text(text.replace("default_backend b", f"bind 127.0.0.1:{port}\n    default_backend b"))
        haproxy.process.send_signal(signal.SIGUSR2)
        if kind == "master":
            assert until(lambda: failed_reloads(haproxy), 20)
        time.sleep(4 if kind == "stats" else 1)
        assert until(lambda: workers(haproxy.process.pid) == [pid], 20)
        params = {"path": str(haproxy.file), "unit": "none.service", "socket": haproxy.address}
        told = information(params, System(), False)
        assert told["runtime"]["info"]["Pid"] == pid
        assert [row["srv_name"] for row in told["runtime"]["servers"] if row["be_name"] == "b"] == ["one", "two"]
        assert told["loaded"] is False
    haproxy.file.write_text(text)
    time.sleep(0.05)
    done = haproxy.backend(servers=haproxy.servers(one={"weight": 9}), socket=haproxy.address)
    assert done["impact"] == "reload"
    assert haproxy.pid() != pid
    assert haproxy.states()["one"][2] == 9
    assert information(params, System(), False)["loaded"] is True
