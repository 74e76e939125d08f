# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A HAProxy that at every start takes port, weight and state of its servers from a state file."""

from __future__ import annotations

import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import free_port, needs_haproxy, until

pytestmark = needs_haproxy


@pytest.fixture
def remembering(start, tmp_path):
    """A HAProxy that starts with the servers of a state file, written once they were changed by hand."""
    path = tmp_path / "state"
    path.touch()
    running = start(more=f"    load-server-state-from-file local\n    server-state-file-name {path}\n")
    running.tell("set server b/two weight 3", "set server b/one state maint")
    path.write_text(running.ask("show servers state b") + "\n")
    return running


def test_a_reload_with_a_state_file_gives_what_the_file_says(remembering):
    other = free_port()
    servers = [{"name": "one", "port": other}, {"name": "two", "address": "127.0.0.3"}]
    planned = remembering.backend(check_mode=True, servers=servers, balance="leastconn")
    assert planned["impact"] == "reload"
    done = remembering.backend(servers=servers, balance="leastconn")
    assert done["impact"] == "reload"
    upstream = remembering.upstream.port
    assert remembering.states() == {
        "one": ("127.0.0.1", other, 1, 0, "ready"),
        "two": ("127.0.0.3", upstream, 7, 20, "ready"),
    }
    assert any("server one: port" in step and f"-> {other}" in step for step in done["steps"])
    again = remembering.backend(servers=servers, balance="leastconn")
    assert (again["changed"], again["steps"]) == (False, [])


def test_a_reload_leaves_to_the_state_file_what_a_task_does_not_manage(remembering):
    done = remembering.backend(name="b", balance="leastconn")
    assert done["impact"] == "reload"
    assert remembering.states()["one"][4] == "maint"
    assert remembering.states()["two"][2] == 3


def test_a_port_from_the_state_file_is_not_loaded(remembering):
    text = remembering.file.read_text()
    upstream, other = remembering.upstream.port, free_port()
    remembering.file.write_text(text.replace(f"server one 127.0.0.1:{upstream}", f"server one 127.0.0.1:{other}"))
    time.sleep(0.05)
    remembering.reload()
    params = {"path": str(remembering.file), "unit": "none.service", "socket": None}
    assert until(lambda: information(params, System(), False)["runtime"] is not None)
    told = information(params, System(), False)
    assert told["loaded"] is False
    assert f"b/one has port {upstream}" in told["loaded_reason"]
    remembering.backend(servers=[{"name": "one"}, {"name": "two"}])
    assert remembering.states()["one"][1] == other
    assert information(params, System(), False)["loaded"] is True


def test_a_file_that_was_put_back_counts_over_what_a_failed_change_left_in_the_state_file(remembering, tmp_path):
    """As role haproxy does it: the file is copied back, the unit reloaded, and then the servers are given as they are
    read."""
    good = remembering.file.read_text()
    remembering.backend(servers=[{"name": "one"}, {"name": "two", "weight": 9, "port": free_port()}])
    (tmp_path / "state").write_text(remembering.ask("show servers state b") + "\n")
    remembering.file.write_text(good)
    time.sleep(0.05)
    remembering.reload()
    params = {"path": str(remembering.file), "unit": "none.service", "socket": None}
    assert until(lambda: information(params, System(), False)["runtime"] is not None)
    assert remembering.states()["two"][2] == 9
    config = information(params, System(), False)["config"]
    assert [each["load_server_state_from_file"] for each in config["backends"]] == ["local"]
    remembering.config(listens=config["listens"], backends=config["backends"], validate=False)
    assert remembering.states()["two"][:3] == ("127.0.0.2", remembering.upstream.port, 7)
    assert information(params, System(), False)["loaded"] is True
