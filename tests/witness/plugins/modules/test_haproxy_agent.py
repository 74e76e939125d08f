# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server and servers with an agent check: real HAProxy, and an agent that says what the test wants."""

from __future__ import annotations

import socket
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.action import server_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from .test_haproxy_server import OPTIONS, state_of


class Agent:
    """Says ``word`` to whoever asks."""

    def __init__(self, word):
        self.word = word
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(f"{self.word}\n".encode())


@pytest.fixture
def agent():
    found = Agent("up")
    yield found
    found.listener.close()


@pytest.fixture
def haproxy(live_haproxy, agent):
    return live_haproxy(
        "\nfrontend front\n    bind 127.0.0.1:{front}\n    default_backend b\nbackend b\n"
        f"    server one 127.0.0.1:{{a}} weight 10 agent-check agent-port {agent.port} agent-inter 300ms\n"
        "    server two 127.0.0.1:{b} weight 10\n    server three 127.0.0.1:{c}\n"
    )


@pytest.fixture
def run(haproxy):
    def call(check_mode=False, **params):
        options = {**OPTIONS, "backend": ["b"], "name": ["one"], "path": str(haproxy.file), **params}
        return server_action(options, System(), check_mode)

    return call


def until(haproxy, wanted):
    for _again in range(100):
        if state_of(haproxy, "b/one") == wanted:
            return
        threading.Event().wait(0.05)
    raise AssertionError(state_of(haproxy, "b/one"))


@pytest.mark.parametrize("word", ["drain", "maint"])
def test_ready_fails_where_the_agent_holds_the_server_out(run, haproxy, agent, word):
    agent.word = word
    until(haproxy, (word, 10))
    assert "b/one has an agent (agent-check)" in str(run(check_mode=True, state="ready")["warnings"])
    with pytest.raises(EdgeError, match=r"b/one \(" + word + r".*agent \(agent-check\) reverted it"):
        run(state="ready")
    until(haproxy, (word, 10))
    with pytest.raises(EdgeError, match="reverted it"):
        run(state="ready", wait=True, timeout=5)
    with pytest.raises(EdgeError, match=f"held in {word} by its agent"):
        run(wait=True, timeout=1)


def test_ready_stays_where_the_agent_has_nothing_against_it(run, haproxy):
    haproxy.ask("set server b/one state drain")
    done = run(state="ready", wait=True, timeout=5)
    assert (done["changed"], state_of(haproxy, "b/one")) == (True, ("ready", 10))
    assert run(state="ready")["changed"] is False


def test_an_agent_that_says_ready_takes_a_drained_server_back(run, haproxy, agent):
    agent.word = "ready"
    with pytest.raises(EdgeError, match=r"\(drain\), and the server's agent"):
        run(state="drain")
    until(haproxy, ("ready", 10))


def test_an_agent_that_says_a_weight_takes_another_back(run, haproxy, agent):
    agent.word = "50%"
    until(haproxy, ("ready", 5))
    with pytest.raises(EdgeError, match=r"\(weight 9\), and the server's agent"):
        run(weight="9")
    until(haproxy, ("ready", 5))
