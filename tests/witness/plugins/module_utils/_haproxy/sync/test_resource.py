# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File and running process converge in one step, with a real HAProxy as the witness."""

from __future__ import annotations

import socket
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import binding
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process import serving as process
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync import apply as bring
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync import resource as converge
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import PARAMS, needs_haproxy, until

pytestmark = needs_haproxy

KINDS = ["stats", "tcp", "master", "alone", "chroot", "own mounts"]


@pytest.mark.parametrize("kind", KINDS)
def test_weight_address_limit_and_state_change_without_a_reload(start, kind):
    haproxy = start(kind=kind)
    pid = haproxy.pid()
    desired = haproxy.servers(one={"weight": 5}, two={"port": 19, "maxconn": 30, "weight": 0, "disabled": True})
    told = [haproxy.backend(servers=desired, check_mode=check_mode) for check_mode in (True, False)]
    assert told[0]["steps"] == told[1]["steps"]
    assert (told[1]["impact"], told[1]["changed"], told[1]["warnings"]) == ("runtime", True, [])
    assert [line for line in told[1]["steps"] if line.startswith("running")] == [
        "running HAProxy: backend b: server one: weight 1 -> 5",
        f"running HAProxy: backend b: server two: port {haproxy.upstream.port} -> 19",
        "running HAProxy: backend b: server two: weight 7 -> 0",
        "running HAProxy: backend b: server two: maxconn 20 -> 30",
        "running HAProxy: backend b: server two: state ready -> maint",
    ]
    assert haproxy.states() == {
        "one": ("127.0.0.1", haproxy.upstream.port, 5, 0, "ready"),
        "two": ("127.0.0.2", 19, 0, 30, "maint"),
    }
    assert haproxy.pid() == pid
    assert haproxy.loaded()
    again = haproxy.backend(servers=desired)
    assert (again["changed"], again["steps"], again["impact"], again["warnings"]) == (False, [], "none", [])


@pytest.mark.parametrize("kind", KINDS)
def test_servers_come_and_go_without_a_reload(start, kind):
    haproxy = start(kind=kind)
    pid = haproxy.pid()
    desired = haproxy.servers(
        two=None,
        three={"address": "127.0.0.1", "port": haproxy.upstream.port, "check": True, "inter": "100ms", "weight": 3},
        four={"address": "::1", "port": 4, "disabled": True, "slowstart": "10s", "init_addr": "none"},
    )
    told = haproxy.backend(servers=desired)
    assert told["impact"] == "runtime"
    assert haproxy.states() == {
        "one": ("127.0.0.1", haproxy.upstream.port, 1, 0, "ready"),
        "three": ("127.0.0.1", haproxy.upstream.port, 3, 0, "ready"),
        "four": ("::1", 4, 1, 0, "maint"),
    }
    assert haproxy.pid() == pid
    checked = next(line for line in haproxy.ask("show stat").splitlines() if line.startswith("b,three,"))
    assert until(lambda: ",L4OK," in haproxy.ask("show stat")), checked
    assert haproxy.backend(servers=desired)["changed"] is False


def test_what_a_reload_gives_is_what_live_changes_gave(start):
    haproxy = start()
    haproxy.backend(
        default_server={"weight": 20, "maxconn": 50},
        servers=haproxy.servers(two=None, three={"address": "127.0.0.3", "port": 3}, one={"weight": 2}),
    )
    live = haproxy.states()
    pid = haproxy.pid()
    haproxy.reload()
    assert haproxy.states() == live
    assert haproxy.pid() != pid
    assert live["three"] == ("127.0.0.3", 3, 20, 50, "ready")


def test_what_cannot_be_done_live_is_reloaded_and_waited_for(start):
    haproxy = start()
    pid = haproxy.pid()
    checked = haproxy.backend(check_mode=True, balance="leastconn", servers=haproxy.servers(one={"weight": 9}))
    assert haproxy.pid() == pid
    assert haproxy.file.read_bytes() == haproxy.before
    told = haproxy.backend(balance="leastconn", servers=haproxy.servers(one={"weight": 9}))
    assert told["steps"] == checked["steps"]
    assert told["steps"][-1] == "reload HAProxy: backend b: balance cannot be changed at runtime"
    assert told["impact"] == "reload"
    assert haproxy.pid() != pid
    assert haproxy.loaded()
    assert haproxy.states()["one"][2] == 9
    assert haproxy.backend(balance="leastconn")["changed"] is False


@pytest.mark.parametrize(
    ("drift", "mended"),
    [
        ("set server b/two weight 100%", []),
        ("set server b/two weight 200", ["server two: weight 200 -> 7"]),
        ("set server b/two state drain", ["server two: state drain -> ready"]),
        ("set server b/two state maint", ["server two: state maint -> ready"]),
        (
            "set server b/two addr 127.0.0.9 port 99",
            ["server two: address 127.0.0.9 -> 127.0.0.2", "server two: port 99 -> PORT"],
        ),
        ("set maxconn server b/two 3", ["server two: maxconn 3 -> 20"]),
        ("add server b/guest 127.0.0.1:7", ["server guest deleted, once its sessions have ended"]),
    ],
)
def test_what_something_else_changed_is_mended(start, drift, mended):
    haproxy = start()
    before = haproxy.states()
    haproxy.tell(drift)
    desired = haproxy.servers()
    steps = [f"running HAProxy: backend b: {line}".replace("PORT", str(haproxy.upstream.port)) for line in mended]
    checked = haproxy.backend(check_mode=True, servers=desired)
    assert (checked["steps"], checked["warnings"]) == (steps, [])
    told = haproxy.backend(servers=desired)
    assert (told["steps"], told["impact"]) == (steps, "runtime" if mended else "none")
    assert haproxy.states() == before
    assert haproxy.file.read_bytes() == haproxy.before


def test_a_server_that_something_else_deleted_comes_back(start):
    haproxy = start()
    before = haproxy.states()
    haproxy.tell("set server b/two state maint", "del server b/two")
    told = haproxy.backend(servers=haproxy.servers())
    assert told["steps"] == ["running HAProxy: backend b: server two added"]
    assert haproxy.states() == before


def test_only_servers_that_the_task_manages_are_mended(start):
    haproxy = start()
    haproxy.tell("set server b/two state drain")
    assert haproxy.backend(balance="roundrobin")["changed"] is False
    assert haproxy.states()["two"][4] == "drain"
    assert haproxy.config(backends=[{"name": "b", "servers": haproxy.servers()}])["impact"] == "runtime"
    assert haproxy.states()["two"][4] == "ready"


def test_a_file_that_was_edited_without_a_reload_is_loaded(start):
    haproxy = start()
    time.sleep(0.05)
    haproxy.file.write_bytes(haproxy.before + b"# a note\n")
    pid = haproxy.pid()
    told = haproxy.backend(servers=haproxy.servers())
    assert told["impact"] == "reload"
    assert "has not loaded" in told["steps"][0]
    assert haproxy.pid() != pid
    assert haproxy.backend(servers=haproxy.servers())["changed"] is False


def bind_elsewhere(haproxy, place, **options):
    """The frontend as it is, listening in one more place."""
    address, port = place
    frontend = {
        "name": "f",
        "bind": [{"address": "127.0.0.1", "port": haproxy.port}, {"address": address, "port": port}],
    }
    return haproxy.config(frontends=[frontend], **options)


@pytest.mark.parametrize(
    ("reason", "place"), [("another process listens", None), ("is not an address", ("192.0.2.77", 7))]
)
def test_what_could_not_be_bound_is_refused_before_anything_changes(start, reason, place):
    haproxy = start()
    pid = haproxy.pid()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = place or taken.getsockname()
        with pytest.raises(InputError, match=rf"frontend f: 'bind {place[0]}:{place[1]}'.*{reason}") as refused:
            bind_elsewhere(haproxy, place)
    assert "restored" not in refused.value.facts
    assert (haproxy.file.read_bytes(), haproxy.pid()) == (haproxy.before, pid)


def test_a_socket_in_a_missing_directory_is_refused(start, tmp_path):
    haproxy = start()
    desired = [f"{haproxy.socket} mode 600 level admin", f"{tmp_path}/gone/admin.sock level admin"]
    for check_mode in (True, False):
        with pytest.raises(InputError, match="directory that does not exist"):
            haproxy.config(check_mode, **{"global": {"stats_socket": desired}})
    assert haproxy.file.read_bytes() == haproxy.before


def test_what_it_listens_on_already_can_be_bound(start):
    haproxy = start()
    told = bind_elsewhere(haproxy, ("127.0.0.2", haproxy.port))
    assert told["impact"] == "reload"
    with socket.create_connection(("127.0.0.2", haproxy.port), timeout=5) as client:
        assert client.recv(100)


@pytest.mark.parametrize("place", [None, ("192.0.2.77", 7)])
def test_a_reload_that_fails_brings_the_last_good_file_back(start, place, monkeypatch):
    monkeypatch.setattr(binding, "_try", lambda *_where: 0)
    haproxy = start()
    pid = haproxy.pid()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(EdgeError, match="did not load") as failed:
        bind_elsewhere(haproxy, place or taken.getsockname())
    assert failed.value.facts == {"restored": True}
    assert haproxy.file.read_bytes() == haproxy.before
    assert haproxy.loaded()
    if haproxy.version() < (3, 1):
        assert haproxy.pid() != pid, "its master had given up, so it was reloaded with the old file"
    with socket.create_connection(("127.0.0.1", haproxy.port), timeout=5) as client:
        assert client.recv(100) == b"%d\n" % haproxy.upstream.port
    assert haproxy.backend(servers=haproxy.servers())["changed"] is False


def test_a_server_with_sessions_that_stay_leaves_by_a_reload_and_keeps_them(start, monkeypatch):
    monkeypatch.setattr(bring, "PATIENCE", 0.2)
    haproxy = start(more="    default-server on-marked-down shutdown-sessions\n")
    haproxy.tell("set server b/two weight 0")
    with socket.create_connection(("127.0.0.1", haproxy.port), timeout=5) as client:
        assert client.recv(100)
        pid = haproxy.pid()
        told = haproxy.backend(servers=haproxy.servers(one=None))
        assert told["impact"] == "reload"
        assert "one still has 1 sessions after" in told["steps"][-1]
        assert haproxy.pid() != pid
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert list(haproxy.states()) == ["two"]


def test_with_require_a_server_with_sessions_stays_and_everything_is_as_it_was(start, monkeypatch):
    monkeypatch.setattr(bring, "PATIENCE", 0.2)
    haproxy = start()
    haproxy.tell("set server b/two state maint")
    before = haproxy.states()
    with socket.create_connection(("127.0.0.1", haproxy.port), timeout=5) as client:
        assert client.recv(100)
        desired = haproxy.servers(one=None, new={"address": "127.0.0.1", "port": 5}, two={"weight": 1})
        with pytest.raises(EdgeError, match="one still has 1 sessions"):
            haproxy.backend(servers=desired, runtime="require")
    assert haproxy.states() == before
    assert haproxy.file.read_bytes() == haproxy.before
    assert haproxy.loaded()


@pytest.mark.parametrize("check_mode", [True, False])
def test_require_refuses_what_needs_a_reload(start, check_mode):
    haproxy = start()
    with pytest.raises(EdgeError, match=r"needs a reload of HAProxy: backend b: balance .*Nothing was changed"):
        haproxy.backend(check_mode, balance="leastconn", runtime="require", servers=haproxy.servers(one={"weight": 3}))
    assert haproxy.file.read_bytes() == haproxy.before
    assert haproxy.states()["one"][2] == 1


def test_require_refuses_where_nobody_answers(tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(
        f"global\n    stats socket {tmp_path}/gone.sock level admin\nbackend b\n    server one 127.0.0.1:1\n"
    )
    params = {**PARAMS, "path": str(path), "name": "b", "state": "present", "servers": [{"name": "one"}]}
    with pytest.raises(EdgeError, match=r"cannot be queried.*Nothing was changed"):
        file_action(plan_backend)({**params, "runtime": "require"}, System(), False)
    assert file_action(plan_backend)(params, System(), False)["warnings"] == []
    params["servers"] = [{"name": "one", "weight": 2}]
    told = file_action(plan_backend)(params, System(), False)
    assert told["impact"] == "reload"
    assert "needs a reload: HAProxy does not run" in told["warnings"][0]


def test_a_socket_that_is_none(start):
    haproxy = start()
    with pytest.raises(EdgeError, match=r"'relative\.sock' is not the address"):
        haproxy.backend(servers=haproxy.servers(), socket="relative.sock")


def test_the_socket_that_a_stopped_haproxy_left_behind(tmp_path, monkeypatch):
    path = tmp_path / "haproxy.cfg"
    left = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(left)
    path.write_text(f"global\n    stats socket {left} level admin\nbackend b\n    server one 127.0.0.1:1\n")
    params = {**PARAMS, "path": str(path), "name": "b", "state": "present", "servers": [{"name": "one"}]}
    monkeypatch.setattr(converge, "_any_haproxy", lambda path: False)
    monkeypatch.setattr(process, "daemons", lambda proc: [])
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waited for a HAProxy that does not run"))
    assert file_action(plan_backend)(params, System(), False)["warnings"] == []


def test_never_changes_the_file_only(start):
    haproxy = start()
    told = haproxy.backend(servers=haproxy.servers(one={"weight": 5}), runtime="never")
    assert told["impact"] == "reload"
    assert not haproxy.loaded()
    assert haproxy.states()["one"][2] == 1


@pytest.mark.parametrize("level", ["operator", "user"])
def test_a_socket_that_may_not_change_anything_leaves_a_reload(start, level):
    haproxy = start(level=level)
    told = haproxy.backend(servers=haproxy.servers(one={"weight": 5}))
    assert told["steps"][-1] == f"reload HAProxy: the socket's level is {level}, which may not change anything"
    assert haproxy.states()["one"][2] == 5


def test_without_a_master_the_reload_is_left_to_the_caller(start):
    haproxy = start(kind="alone")
    told = haproxy.backend(balance="leastconn")
    assert (told["impact"], told["changed"]) == ("reload", True)
    assert "Reload HAProxy yourself" in told["warnings"][0]
    again = haproxy.backend(balance="leastconn")
    assert (again["changed"], len(again["warnings"])) == (False, 1)


def test_another_haproxy_is_not_touched(start, tmp_path):
    haproxy = start()
    other = tmp_path / "other.cfg"
    other.write_bytes(haproxy.before)
    params = {
        **PARAMS,
        "path": str(other),
        "name": "b",
        "state": "present",
        "servers": haproxy.servers(one={"weight": 8}),
    }
    told = file_action(plan_backend)(params, System(), False)
    assert "not a HAProxy of this host that was started with" in told["warnings"][0]
    assert haproxy.states()["one"][2] == 1


def test_while_one_worker_takes_over_from_another_the_newer_counts(start, monkeypatch):
    haproxy = start()
    found = process.serving(str(haproxy.file), haproxy.address)
    pids = iter([found.pid - 1, found.pid - 1, found.pid])
    monkeypatch.setattr(process, "answering", lambda path, address: found._replace(pid=next(pids)))
    assert process.serving(str(haproxy.file), haproxy.address).pid == found.pid
    monkeypatch.setattr(process, "PATIENCE", 0.05)
    monkeypatch.setattr(process, "answering", lambda path, address: found._replace(pid=found.pid - 1))
    with pytest.raises(EdgeError, match=f"{found.pid} serves"):
        process.serving(str(haproxy.file), haproxy.address)


def test_a_reload_that_ends_a_slow_start_is_foretold(start):
    haproxy = start(more="    default-server slowstart 60s\n")
    assert haproxy.backend(check_mode=True, balance="leastconn")["warnings"] == []
    haproxy.tell("set server b/one state maint", "set server b/one state ready")
    (warning,) = haproxy.backend(check_mode=True, balance="leastconn")["warnings"]
    assert warning.startswith("b/one is at ")
    assert haproxy.backend(servers=haproxy.servers(one={"weight": 5}))["warnings"] == []
    assert haproxy.backend(balance="leastconn")["impact"] == "reload"
