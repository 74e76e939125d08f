# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_rebalance with a real HAProxy, 60 long-lived connections, and clients that come back when they are closed."""

from __future__ import annotations

import math

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers import rebalance
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.modules.test_haproxy_rebalance import OPTIONS

CONFIG = """
frontend front
    bind 127.0.0.1:{{front}}
    default_backend kubeapi
backend kubeapi
    balance {balance}
    {more}
    server kube-1 127.0.0.1:{{a}} {one}
    server kube-2 127.0.0.1:{{b}} {two}
    server kube-3 127.0.0.1:{{c}} {three}
backend idle
    balance leastconn
    server kube-1 127.0.0.1:{{a}}
"""
ALL = [f"kubeapi/kube-{number}" for number in (1, 2, 3)]


@pytest.fixture
def skewed(live_haproxy):
    """A HAProxy whose 60 clients are all on kube-1, as the others had been away."""

    def start(balance="leastconn", more="", one="", two="", three="", comes_back=True):
        haproxy = live_haproxy(CONFIG.format(balance=balance, more=more, one=one, two=two, three=three))
        haproxy.ask(*(f"set server {title} state maint" for title in ALL[1:]))
        haproxy.connect(60, comes_back)
        haproxy.ask(*(f"set server {title} state ready" for title in ALL[1:]))
        return haproxy

    return start


def run(haproxy, check_mode=False, **params):
    return rebalance.rebalance_action({**OPTIONS, "path": str(haproxy.file), **params}, System(), check_mode)


def held(haproxy):
    return [haproxy.sessions()[title] for title in ALL]


def test_sixty_connections_are_spread_again(skewed):
    haproxy = skewed()
    assert held(haproxy) == [60, 0, 0]
    foretold = run(haproxy, check_mode=True)
    assert (foretold["changed"], foretold["closed"], foretold["steps"]) == (
        True,
        40,
        ["kubeapi/kube-1: 40 of 60 sessions closed"],
    )
    assert held(haproxy) == [60, 0, 0]
    assert all(client.times == 1 for client in haproxy.clients)

    done = run(haproxy)
    assert haproxy.until(lambda: sum(held(haproxy)) == 60)
    after = held(haproxy)
    assert 18 <= min(after) <= max(after) <= 22, after
    assert done["impact"] == "runtime" and done["changed"]
    assert [each["before"] for each in done["servers"]] == [60, 0, 0]
    # Nobody was asked for more than it had too many, and nobody was closed twice.
    assert [each["closed"] for each in done["servers"]] == [done["closed"], 0, 0]
    assert done["closed"] <= 40
    assert sum(client.times - 1 for client in haproxy.clients) == done["closed"]
    assert max(client.times for client in haproxy.clients) <= 2

    again = run(haproxy)
    assert (again["changed"], again["closed"], again["steps"], again["impact"]) == (False, 0, [], "none")


def test_shares_go_by_weight_and_maxconn_and_leave_out_who_takes_nothing(skewed):
    haproxy = skewed(one="weight 10", two="weight 10", three="weight 40 maxconn 12")
    haproxy.ask("set server kubeapi/kube-2 state drain")
    done = run(haproxy, tolerance=5)
    assert [each["share"] for each in done["servers"]] == [48.0, 0.0, 12.0]
    after = held(haproxy)
    assert after[1] == 0 and after[2] <= 12 and after[0] >= 48
    assert done["closed"] <= 12
    assert (
        max(int(row.split(",")[5]) for row in haproxy.ask("show stat -1 4 -1")[0].splitlines() if "kube-3" in row) <= 12
    )


def test_a_server_in_slowstart_gets_time(live_haproxy):
    haproxy = live_haproxy(
        CONFIG.format(
            balance="leastconn", more="", one="", two="weight 1", three="weight 1 slowstart 3s check inter 100ms"
        )
    )
    haproxy.ask(*(f"set server {title} state maint" for title in ALL[1:]))
    haproxy.connect(30, True)
    haproxy.ask("set server kubeapi/kube-3 state ready")
    warming = haproxy.servers()["kubeapi/kube-3"]
    assert warming.warming and warming.effective_weight < 1
    run(haproxy)
    assert not haproxy.servers()["kubeapi/kube-3"].warming
    assert held(haproxy)[0] <= 17


def test_the_rate_bounds_each_look(skewed, monkeypatch):
    haproxy = skewed()
    monkeypatch.setattr(rebalance, "PAUSE", 0.05)
    batches = []
    close = rebalance._close

    def counted(runtime, course, sessions):
        batches.append(len(sessions))
        close(runtime, course, sessions)

    monkeypatch.setattr(rebalance, "_close", counted)
    run(haproxy, rate=20)
    assert set(batches) == {1}
    assert 1 < len(batches) <= 40


def test_clients_that_come_back_to_the_same_server_end_it(skewed):
    haproxy = skewed(more="stick-table type ip size 10\n    stick on src")
    with pytest.raises(EdgeError, match="the clients reconnected to the servers that they were on") as no:
        run(haproxy, rate=10)
    assert no.value.facts["closed"] <= 15
    assert no.value.facts["changed"]
    assert haproxy.until(lambda: held(haproxy) == [60, 0, 0])


def test_clients_that_stay_away_are_told(skewed):
    haproxy = skewed(comes_back=False)
    with pytest.raises(
        EdgeError,
        match=r"kubeapi is not balanced \(kube-1 has 20 of 20, .*40 of the closed clients have not reconnected",
    ):
        run(haproxy, timeout=2)
    assert held(haproxy) == [20, 0, 0]


def test_roundrobin_does_what_it_can_and_says_what_to_expect(skewed):
    haproxy = skewed(balance="roundrobin")
    foretold = run(haproxy, check_mode=True)
    assert "kubeapi has balance roundrobin, not leastconn" in foretold["warnings"][0]
    with pytest.raises(
        EdgeError, match=r"the clients did not reconnect to servers with free capacity\. 40 sessions were closed"
    ):
        run(haproxy)
    assert held(haproxy)[0] < 40


@pytest.mark.parametrize("balance", ["source", "first"])
def test_an_algorithm_that_sends_them_back_is_refused(skewed, balance):
    haproxy = skewed(balance=balance)
    for check_mode in (True, False):
        with pytest.raises(InputError, match="sends a client to the same server again"):
            run(haproxy, check_mode=check_mode)
    assert held(haproxy) == [60, 0, 0]


def test_after_a_reload_the_new_process_counts(skewed, monkeypatch):
    """What is left in the old one is nobody's to spread: it ends with its sessions."""
    haproxy = skewed()
    close = rebalance._close

    def reload_behind(*args):
        close(*args)
        haproxy.reload()

    monkeypatch.setattr(rebalance, "_close", reload_behind)
    done = run(haproxy, rate=10)
    assert done["closed"] == 5, "the first few, which came back to the new process and are well spread there"


def test_young_sessions_are_left_alone(skewed):
    haproxy = skewed()
    foretold = run(haproxy, check_mode=True, min_age=600)
    assert not foretold["changed"]
    assert foretold["warnings"] == ["kubeapi/kube-1: 40 more sessions are surplus, but younger than 600 s now."]
    with pytest.raises(EdgeError, match=r"the surplus sessions are younger than 600 s\. 0 sessions were closed"):
        run(haproxy, min_age=600, timeout=0)
    assert held(haproxy) == [60, 0, 0]


def test_nothing_to_balance(skewed):
    haproxy = skewed()
    assert not run(haproxy, backend=["idle"])["changed"]
    assert not run(haproxy, backend=["none"], allow_missing=True)["changed"]
    assert run(haproxy, backend=["*"])["changed"]


def test_a_session_that_ended_meanwhile_is_none_of_ours(skewed, monkeypatch):
    haproxy = skewed()
    read = rebalance.read_sessions

    def one_too_many(reply):
        sessions = read(reply)
        return [*sessions, sessions[0]._replace(number="0x1", age=10**6)] if sessions else []

    monkeypatch.setattr(rebalance, "read_sessions", one_too_many)
    done = run(haproxy)
    assert sum(client.times - 1 for client in haproxy.clients) == done["closed"]


@pytest.mark.parametrize("kind", ["operator", "user"])
def test_a_socket_that_may_not_is_a_failure(skewed, kind):
    haproxy = skewed()
    for check_mode in (True, False):
        with pytest.raises(EdgeError, match=f"level {kind}"):
            run(haproxy, socket=str(getattr(haproxy, kind)), check_mode=check_mode)
    assert held(haproxy) == [60, 0, 0]


def test_a_backend_that_is_not_there(live_haproxy):
    haproxy = live_haproxy(CONFIG.format(balance="leastconn", more="", one="", two="", three=""))
    with pytest.raises(InputError, match=r"backend: 'api' is not a backend .* There is kubeapi, idle"):
        run(haproxy, backend=["api"])


def test_through_the_front_door(skewed, run_module_process):
    haproxy = skewed()
    args = {"backend": "kubeapi", "path": str(haproxy.file), "rate": 200, "min_age": 0}
    foretold = run_module_process("haproxy_rebalance", args, check_mode=True)
    assert foretold.result["closed"] == 40, foretold
    done = run_module_process("haproxy_rebalance", args)
    assert not done.failed and done.result["changed"], done
    assert math.isclose(sum(each["share"] for each in done.result["servers"]), 60, abs_tol=2)
    failed = run_module_process("haproxy_rebalance", {**args, "rate": 0})
    assert failed.failed and "rate: 0.0 is not above 0" in failed.result["msg"]
