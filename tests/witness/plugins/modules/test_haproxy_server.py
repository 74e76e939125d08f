# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server with a real HAProxy: what it sets, what it waits for, and what it refuses."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.action import server_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

CONFIG = """
frontend front
    bind 127.0.0.1:{front}
    default_backend kubeapi
backend kubeapi
    balance leastconn
    server kube-1 127.0.0.1:{a} weight 10
    server kube-2 127.0.0.1:{b} weight 10
    server kube-3 127.0.0.1:{c} weight 10
backend shop
    server kube-1 127.0.0.1:{a} check inter 200ms rise 2 fall 3
    server 007 127.0.0.1:{b} disabled
    server down 127.0.0.1:9 check inter 100ms fall 1 rise 1
backend behind
    server shadow 127.0.0.1:{a} track shop/kube-1
backend still
    balance static-rr
    server one 127.0.0.1:{a} weight 4
    server two 127.0.0.1:{b} weight 4
backend hashed
    balance source
    server kube-1 127.0.0.1:{a} weight 4
    server kube-2 127.0.0.1:{b} weight 4
"""
OPTIONS = {
    "backend": ["kubeapi"],
    "name": ["kube-1"],
    "state": None,
    "weight": None,
    "drain": False,
    "shutdown_sessions": False,
    "wait": False,
    "timeout": 0,
    "allow_last": False,
    "allow_missing": False,
    "path": "/nowhere/haproxy.cfg",
    "socket": None,
}


@pytest.fixture
def haproxy(live_haproxy):
    return live_haproxy(CONFIG)


@pytest.fixture
def run(haproxy):
    def call(check_mode=False, **params):
        return server_action({**OPTIONS, "path": str(haproxy.file), **params}, System(), check_mode)

    return call


def state_of(haproxy, title):
    server = haproxy.servers()[title]
    return server.state, server.weight


def test_state_and_weight_are_set_once_and_check_mode_says_so_before(haproxy, run):
    desired = {"name": ["kube-[12]"], "state": "drain", "weight": "5"}
    foretold = run(check_mode=True, **desired)
    assert state_of(haproxy, "kubeapi/kube-1") == ("ready", 10)
    done = run(**desired)
    assert [done[key] for key in ("changed", "steps", "impact", "diff")] == [
        foretold[key] for key in ("changed", "steps", "impact", "diff")
    ]
    assert done["steps"] == [
        "kubeapi/kube-1: ready -> drain, weight 10 -> 5",
        "kubeapi/kube-2: ready -> drain, weight 10 -> 5",
    ]
    assert done["impact"] == "runtime"
    assert done["diff"]["before"].splitlines()[0] == "kubeapi/kube-1: ready, weight 10"
    assert done["diff"]["after"].splitlines() == [
        "kubeapi/kube-1: drain, weight 5",
        "kubeapi/kube-2: drain, weight 5",
    ]
    assert [state_of(haproxy, f"kubeapi/kube-{number}") for number in (1, 2, 3)] == [
        ("drain", 5),
        ("drain", 5),
        ("ready", 10),
    ]
    assert "servers" not in done
    again = run(**desired)
    assert (again["changed"], again["steps"], again["impact"]) == (False, [], "none")
    assert again["diff"]["before"] == again["diff"]["after"]


def test_the_socket_of_level_admin_is_found_in_the_file(haproxy, run):
    assert run(weight="3")["socket"] == str(haproxy.socket)
    assert run(weight="4", path="/nowhere/haproxy.cfg", socket=str(haproxy.socket))["changed"]


@pytest.mark.parametrize(
    ("weight", "becomes"), [("0", 0), ("256", 256), ("50%", 5), ("100%", 10), ("55%", 5), ("0%", 0), ("2560%", 256)]
)
def test_weights_become_what_haproxy_makes_of_them(haproxy, run, weight, becomes):
    haproxy.ask("set server kubeapi/kube-1 weight 77")
    assert run(weight=weight)["changed"]
    assert state_of(haproxy, "kubeapi/kube-1") == ("ready", becomes)
    haproxy.ask(f"set server kubeapi/kube-2 weight {weight}")
    assert haproxy.servers()["kubeapi/kube-2"].weight == becomes
    assert not run(weight=weight)["changed"]


def test_one_name_in_every_backend(haproxy, run):
    done = run(backend=["*"], name=["kube-1"], state="maint", allow_last=True)
    assert done["steps"] == [f"{backend}/kube-1: ready -> maint" for backend in ("kubeapi", "shop", "hashed")]
    assert haproxy.servers()["behind/shadow"].status == "MAINT (via shop/kube-1)"


def test_a_server_that_the_file_disables_comes_back_and_a_name_may_be_a_number(haproxy, run):
    assert run(backend=["shop"], name=["007"], state="ready")["steps"] == ["shop/007: maint -> ready"]
    assert not run(backend=["shop"], name=["007"], state="ready")["changed"]


def test_a_drain_waits_for_the_last_session(haproxy, run):
    haproxy.connect(6)
    assert haproxy.sessions()["kubeapi/kube-1"] == 2
    end = threading.Timer(0.5, lambda: [client.close() for client in haproxy.clients])
    end.start()
    done = run(state="drain", drain=True, timeout=30)
    end.join()
    assert done["servers"][0]["sessions"] == 0
    assert done["servers"][0]["state"] == "drain"


def test_a_drain_that_does_not_end_says_what_is_left_and_stays(haproxy, run):
    haproxy.connect(6)
    with pytest.raises(
        EdgeError, match=r"kubeapi/kube-1 has 2 sessions, kubeapi/kube-2 has 2 sessions.*stay drained"
    ) as no:
        run(name=["kube-[12]"], state="maint", drain=True)
    assert no.value.facts["changed"] is True
    assert no.value.facts["steps"] == ["kubeapi/kube-1: ready -> drain", "kubeapi/kube-2: ready -> drain"]
    assert [(each["name"], each["sessions"]) for each in no.value.facts["servers"]] == [("kube-1", 2), ("kube-2", 2)]
    assert [state_of(haproxy, f"kubeapi/kube-{number}")[0] for number in (1, 2)] == ["drain", "drain"]
    assert haproxy.sessions()["kubeapi/kube-1"] == 2


def test_sessions_that_are_left_are_shut_down_where_that_is_asked_for(haproxy, run):
    haproxy.connect(6)
    before = haproxy.sessions()
    done = run(state="maint", drain=True, shutdown_sessions=True)
    shut_down = f"kubeapi/kube-1: {before['kubeapi/kube-1']} sessions shut down"
    assert done["steps"] == ["kubeapi/kube-1: ready -> maint", shut_down]
    assert haproxy.sessions() == {**before, "kubeapi/kube-1": 0}
    assert state_of(haproxy, "kubeapi/kube-1")[0] == "maint"


def test_maintenance_follows_a_drain(haproxy, run):
    """As community.general issue 1913: drain, then maintenance, and no waiting for a word that never comes."""
    done = run(state="maint", drain=True, timeout=30)
    assert done["servers"][0]["status"] == "MAINT"
    assert not run(state="maint", drain=True, timeout=30)["changed"]


def test_a_server_that_is_down_is_drained_at_once(haproxy, run):
    """As community.general issues 8092 and 9020: a server that is down never shows the word DRAIN."""
    down = {"backend": ["shop"], "name": ["down"]}
    assert haproxy.until(lambda: haproxy.servers()["shop/down"].status == "DOWN")
    done = run(**down, state="drain", drain=True, timeout=30)
    assert done["servers"][0]["status"] == "DOWN"
    assert done["servers"][0]["state"] == "drain"
    assert run(**down, state="maint", drain=True, timeout=30)["servers"][0]["status"] == "MAINT"


def test_a_server_that_is_up_and_busy_is_ready_at_once(haproxy, run):
    """As community.general issue 12286: nobody waits for the sessions of a server that is to serve."""
    haproxy.connect(3)
    assert not run(state="ready", wait=True, timeout=30)["changed"]
    with pytest.raises(InputError, match=r"drain: True needs a state in which a server gets no new sessions"):
        run(state="ready", drain=True, timeout=30)


def test_somebody_else_who_makes_it_ready_ends_a_drain(haproxy, run):
    haproxy.connect(3)
    back = threading.Timer(0.3, lambda: haproxy.ask("set server kubeapi/kube-1 state ready"))
    back.start()
    with pytest.raises(EdgeError, match="kubeapi/kube-1: ready again while being drained"):
        run(state="drain", drain=True, timeout=30)
    back.join()


def test_a_reload_ends_a_drain(haproxy, run):
    """The old process goes on answering on our connection, with the server drained; the new one sends it clients."""
    haproxy.connect(3)

    def reload():
        haproxy.reload()
        for client in haproxy.clients:
            client.close()

    meanwhile = threading.Timer(0.3, reload)
    meanwhile.start()
    with pytest.raises(EdgeError, match="kubeapi/kube-1: ready again while being drained"):
        run(state="drain", drain=True, timeout=30)
    meanwhile.join()


def test_health_is_waited_for(haproxy, run):
    shop = {"backend": ["shop"], "name": ["kube-1"]}
    run(**shop, state="maint", allow_last=True)
    done = run(**shop, state="ready", wait=True, timeout=30)
    assert done["servers"][0]["status"] == "UP"
    with pytest.raises(EdgeError, match="not up after 0 s: shop/down is DOWN"):
        haproxy.until(lambda: haproxy.servers()["shop/down"].status == "DOWN")
        run(backend=["shop"], name=["down"], wait=True)


def test_servers_that_are_ready_and_still_out_are_told(haproxy, run):
    run(backend=["shop"], state="maint", allow_last=True)
    done = run(backend=["behind"], name=["shadow"], state="ready")
    assert not done["changed"]
    assert done["warnings"] == [
        "behind/shadow follows shop/kube-1 (track) and is out of service as long as that server is."
    ]


@pytest.mark.parametrize(
    "desired", [{"state": "drain"}, {"state": "maint"}, {"weight": "0"}, {"state": "ready", "weight": "0"}]
)
def test_the_last_server_stays(haproxy, run, desired):
    run(name=["kube-[12]"], state="maint")
    for check_mode in (True, False):
        with pytest.raises(InputError, match=r"leave no server for new connections in backend kubeapi \(kube-3\)"):
            run(name=["kube-3"], check_mode=check_mode, **desired)
    assert state_of(haproxy, "kubeapi/kube-3") == ("ready", 10)
    assert run(name=["kube-3"], allow_last=True, **desired)["changed"]
    assert not run(name=["kube-3"], **desired)["changed"]


def test_the_last_server_of_a_backend_that_follows_stays_too(haproxy, run):
    run(backend=["shop"], name=["007"], state="ready")
    for check_mode in (True, False):
        with pytest.raises(InputError, match=r"leave no server for new connections in backend behind \(shadow\)"):
            run(backend=["shop"], state="drain", check_mode=check_mode)
    assert state_of(haproxy, "shop/kube-1") == ("ready", 1)


def test_a_weight_that_the_algorithm_does_not_take(haproxy, run):
    still = {"backend": ["still"], "name": ["one"]}
    with pytest.raises(InputError, match="cannot be given to still/one while HAProxy runs: its backend has balance"):
        run(**still, weight="7")
    assert run(**still, weight="0")["changed"]
    assert run(**still, weight="100%")["changed"]


def test_what_only_haproxy_knows_cannot_be_is_refused_and_nothing_of_it_stays(haproxy, run):
    """That a hash is map-based (the default) is not shown anywhere."""
    with pytest.raises(EdgeError, match=r"refused 'set server hashed/kube-1 weight 7': Backend is using a static LB"):
        run(backend=["kubeapi", "hashed"], name=["kube-[12]"], weight="7", state="drain", allow_last=True)
    assert [state_of(haproxy, f"kubeapi/kube-{number}") for number in (1, 2)] == [("ready", 10)] * 2
    assert [state_of(haproxy, f"hashed/kube-{number}") for number in (1, 2)] == [("ready", 4)] * 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"name": ["kube-9"], "state": "drain"},
            r"name: 'kube-9' is not a server of kubeapi\. There is kube-1, kube-2",
        ),
        ({"name": ["kube-1", "x*"], "state": "drain"}, r"name\[1\]: 'x\*' is not a server of kubeapi"),
        (
            {"backend": ["api"], "state": "drain"},
            r"backend: 'api' is not a backend .*\. There is kubeapi, shop, behind, still, hashed",
        ),
        (
            {"backend": ["kubeapi", "still"], "state": "drain"},
            r"backend\[1\]: 'still' has no server kube-1\. There is one, two",
        ),
        ({"backend": [], "state": "drain"}, "backend: is empty"),
        ({"name": [""], "state": "drain"}, "name: '' is empty"),
        ({}, "state: is missing, and so are weight and wait"),
        ({"weight": "x"}, "weight: 'x' is not a weight"),
        ({"weight": ""}, "weight: '' is not a weight"),
        ({"weight": "-1"}, "weight: '-1' is not a weight"),
        ({"weight": "1.5"}, "weight: '1.5' is not a weight"),
        ({"weight": "257"}, "weight: '257' is more than HAProxy accepts"),
        ({"weight": "2600%"}, "of kubeapi/kube-1's weight in the file, 10, is 260, which HAProxy limits to 256"),
        ({"weight": "9%"}, "of kubeapi/kube-1's weight in the file, 10, is less than 1, which HAProxy rounds to 0"),
        ({"state": "drain", "wait": True}, "wait: True waits for a server to be up"),
        ({"state": "drain", "shutdown_sessions": True}, "shutdown_sessions: True applies only"),
        ({"state": "drain", "drain": True, "timeout": -1}, "timeout: -1 is negative"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_changed(haproxy, run, params, message):
    before = haproxy.servers()
    for check_mode in (True, False):
        with pytest.raises(InputError, match=message):
            run(check_mode=check_mode, **params)
    assert {title: (each.state, each.weight) for title, each in haproxy.servers().items()} == {
        title: (each.state, each.weight) for title, each in before.items()
    }


@pytest.mark.parametrize("option", ["backend", "name", "weight"])
@pytest.mark.parametrize(
    "text",
    [
        "kube-1 state maint",
        "kube-1;disable server kubeapi/kube-2",
        "kube-1\ndisable server kubeapi/kube-2",
        "kube-1\rset server kubeapi/kube-2 state maint",
        "kubeapi/kube-1",
        "#1",
        "kübe-1",
        "kube-1\x00",
        "kube-1\\",
        "<<",
        "5 ; disable server kubeapi/kube-2",
        "5\n",
        "\u0665",
    ],
)
def test_no_value_becomes_a_command(haproxy, run, option, text):
    value = text if option == "weight" else [text]
    with pytest.raises(InputError, match=option):
        run(**{"state": "drain", option: value})
    assert {each.state for title, each in haproxy.servers().items() if title.startswith("kubeapi")} == {"ready"}


def test_a_pattern_may_match_nothing_where_that_is_said(run):
    done = run(name=["kube-9"], state="drain", drain=True, allow_missing=True)
    assert (done["changed"], done["servers"]) == (False, [])


@pytest.mark.parametrize("kind", ["operator", "user"])
def test_a_socket_that_may_not_is_a_failure(haproxy, run, kind):
    for check_mode in (True, False):
        with pytest.raises(EdgeError, match=f"level {kind}.*level admin"):
            run(state="drain", socket=str(getattr(haproxy, kind)), check_mode=check_mode)
    assert state_of(haproxy, "kubeapi/kube-1") == ("ready", 10)


def test_reading_needs_no_admin(haproxy, run):
    assert not run(state="ready", socket=str(haproxy.operator))["changed"]


def test_no_socket_is_a_failure(tmp_path, run):
    file = tmp_path / "other.cfg"
    file.write_text("global\n    maxconn 10\n    stats socket fd@4 level admin\n")
    with pytest.raises(InputError, match="names no socket of HAProxy's runtime API"):
        run(state="drain", path=str(file))
    with pytest.raises(EdgeError, match="cannot communicate with HAProxy"):
        run(state="drain", socket=str(tmp_path / "no.sock"))


def test_through_the_front_door(haproxy, run_module_process):
    args = {"backend": "kubeapi", "name": "kube-2", "weight": 7, "wait": True, "path": str(haproxy.file)}
    done = run_module_process("haproxy_server", args)
    assert not done.failed and done.result["changed"], done
    assert done.result["servers"] == [
        {"backend": "kubeapi", "name": "kube-2", "state": "ready", "weight": 7, "sessions": 0, "status": "no check"}
    ]
    assert not run_module_process("haproxy_server", args).result["changed"]
    haproxy.connect(3)
    failed = run_module_process(
        "haproxy_server", {**args, "wait": False, "state": "drain", "drain": True, "timeout": 0}
    )
    assert failed.failed and failed.result["changed"] and failed.result["servers"][0]["sessions"] == 1
