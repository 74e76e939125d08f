# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server and connections that wait in the queue of a server that is taken out."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import read_stat
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.action import server_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from .test_haproxy_server import OPTIONS


@pytest.fixture
def queue(live_haproxy):
    """A HAProxy whose clients all belong to ``busy``, which takes two of eight at once."""
    haproxy = live_haproxy(
        "    timeout queue 20s\nfrontend front\n    bind 127.0.0.1:{front}\n    default_backend b\nbackend b\n"
        "    balance source\n    option redispatch\n"
        "    server one 127.0.0.1:{a} maxconn 2 weight 4\n    server two 127.0.0.1:{b} maxconn 2 weight 4\n"
    )
    haproxy.waiting = [socket.create_connection(("127.0.0.1", haproxy.port)) for _ in range(8)]
    assert haproxy.until(lambda: sum(server.queued for server in haproxy.servers().values()) == 6)
    haproxy.busy = next(server.name for server in haproxy.servers().values() if server.queued)
    yield haproxy
    for client in haproxy.waiting:
        client.close()


def most(haproxy):
    """The most sessions that the busy server had at once, as HAProxy counts them."""
    (said,) = haproxy.ask("show stat -1 4 -1")
    return next(row["smax"] for row in read_stat(said) if row["svname"] == haproxy.busy)


def call(haproxy, check_mode=False, **params):
    options = {**OPTIONS, "backend": ["b"], "name": [haproxy.busy], "path": str(haproxy.file), **params}
    return server_action(options, System(), check_mode)


def version_of(haproxy):
    with Runtime(str(haproxy.socket)) as runtime:
        return runtime.version


def test_a_queue_is_served_in_its_turn_before_its_server_is_drained(queue):
    def leave():
        for client in queue.waiting:
            time.sleep(0.2)
            client.close()

    threading.Thread(target=leave, daemon=True).start()
    done = call(queue, state="maint", drain=True, timeout=20)
    assert most(queue) == 2
    server = queue.servers()[f"b/{queue.busy}"]
    assert (server.state, server.weight, server.sessions) == ("maint", 4, 0)
    served = [step for step in done["steps"] if "waiting connections served at weight 0" in step]
    assert len(served) == (version_of(queue) >= (3, 0))


def test_a_queue_that_does_not_end_leaves_the_server_as_it_was(queue):
    if version_of(queue) < (3, 0):
        pytest.skip("up to 2.9 HAProxy gives the queue to others")
    with pytest.raises(EdgeError, match=r"has 6 connections waiting in its queue after 1 s.*No server was changed"):
        call(queue, state="drain", drain=True, timeout=1)
    server = queue.servers()[f"b/{queue.busy}"]
    assert (server.state, server.weight, most(queue)) == ("ready", 4, 2)


def test_a_flood_is_foretold(queue):
    warned = call(queue, check_mode=True, state="drain")["warnings"]
    assert len(warned) == (version_of(queue) >= (3, 0))
    assert all("6 connections wait in its queue" in warning for warning in warned)
