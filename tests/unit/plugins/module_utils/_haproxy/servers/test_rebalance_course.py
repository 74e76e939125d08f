# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thought behind haproxy_rebalance: shares, whose sessions are picked, and that its bounds hold for any backend."""

from __future__ import annotations

import math

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance_course import (
    BALANCED,
    CLOSE,
    STUCK,
    Bounds,
    Course,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.rebalance_share import (
    Session,
    pick,
    read_sessions,
    receiving_servers,
    shares,
    skewed,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server
from hypothesis import given
from hypothesis import strategies as st


def server(name, sessions=0, weight=1, limit=0, admin=0, operational=2, **more):
    rest = {
        "effective_weight": weight,
        "usual_weight": weight,
        "queued": 0,
        "status": "UP",
        "checked": True,
        "warming": False,
        "backup": False,
        "follows": "",
        **more,
    }
    return Server(
        backend="b",
        name=name,
        admin=admin,
        operational=operational,
        weight=weight,
        sessions=sessions,
        limit=limit,
        **rest,
    )


@pytest.mark.parametrize(
    ("total", "servers", "expected"),
    [
        (60, [server("x"), server("y"), server("z")], [20, 20, 20]),
        (60, [server("x", weight=10), server("y", weight=20)], [20, 40]),
        (60, [server("x", limit=10), server("y"), server("z")], [10, 25, 25]),
        (60, [server("x", limit=10), server("y", limit=22), server("z")], [10, 22, 28]),
        (60, [server("x", limit=10), server("y", limit=10)], [10, 10]),
        (60, [server("x", weight=100, effective_weight=25), server("y", weight=100)], [12, 48]),
        (0, [server("x")], [0]),
        (9, [], []),
    ],
)
def test_shares_go_by_weight_and_stop_at_maxconn(total, servers, expected):
    assert list(shares(total, sorted(servers, key=lambda each: each.name)).values()) == pytest.approx(expected)


def test_only_those_that_take_connections_have_a_share():
    servers = [
        server("up"),
        server("maint", admin=1),
        server("drain", admin=8),
        server("down", operational=0),
        server("nothing", weight=0),
        server("follows", admin=2),
        server("spare", backup=True),
    ]
    assert [each.name for each in receiving_servers(servers)] == ["up"]
    assert [each.name for each in receiving_servers(servers[1:])] == ["spare"]


@pytest.mark.parametrize(
    ("held", "tolerance", "names"),
    [
        ([20, 20, 20], 0, []),
        ([21, 20, 20], 0, []),
        ([22, 19, 20], 0, ["a", "b"]),
        ([22, 20, 18], 10, []),
        ([23, 19, 18], 10, ["a"]),
        ([60, 0, 0], 10, ["a", "b", "c"]),
        ([60, 0, 0], 100, ["a"]),
        ([0, 0, 0], 0, []),
    ],
)
def test_tolerance_is_percent_of_a_share_both_ways(held, tolerance, names):
    servers = [server(name, count) for name, count in zip("abc", held)]
    assert [each.name for each in skewed(servers, tolerance)] == names


SHOWN = """0x7f01: proto=tcpv4 src=10.0.0.9:5000 fe=f be=b srv=one ts=00 epoch=0 age=1m2s calls=2 exp=59m
0x7f02: proto=tcpv4 src=10.0.0.9:5001 fe=f be=b srv=two ts=00 epoch=0 age=3d4h calls=2 exp=
0x7f03: proto=tcpv6 src=::1:5002 fe=f be=b srv=<none> ts=00 epoch=0 age=0s calls=2 exp=
0x7f04: proto=unix_stream src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=1 exp=9s
0x7f05: proto=tcpv4 src=10.0.0.9:5003 fe=f be=c srv=one ts=00 epoch=0 age=? calls=2 exp=59m
"""


def test_sessions_are_read():
    assert read_sessions(SHOWN) == [
        Session("0x7f01", "b/one", 62),
        Session("0x7f02", "b/two", 3 * 86400 + 4 * 3600),
        Session("0x7f05", "c/one", 0),
    ]
    assert read_sessions("") == []


def test_the_oldest_of_the_fullest_are_picked_and_no_young_ones():
    sessions = [Session(f"0x{n:x}", title, n) for n, title in enumerate(["b/a", "b/b"] * 10)]
    picked = pick(sessions, {"b/a": 3, "b/b": 1}, 3, 5)
    assert [(each.title, each.age) for each in picked] == [("b/a", 18), ("b/a", 16), ("b/a", 14)]
    assert len(pick(sessions, {"b/a": 3, "b/b": 1}, 99, 5)) == 4
    assert pick(sessions, {"b/a": 3}, 99, 19) == []
    assert pick(sessions, {}, 99, 0) == []


class Backend:
    """A backend whose clients come back as its algorithm has it; ``delay`` looks later."""

    def __init__(self, held, weights, limits, comes_back, delay):
        self.servers = {name: server(name, 0, weight, limit) for name, weight, limit in zip("abcdef", weights, limits)}
        self.sessions = [(f"b/{name}", number) for name, count in zip("abcdef", held) for number in range(count)]
        self.comes_back = comes_back
        self.waiting = []
        self.delay = delay
        self.lowest = self.held()

    def held(self):
        return {name: sum(title == f"b/{name}" for title, _age in self.sessions) for name in self.servers}

    def now(self):
        held = self.held()
        return [each._replace(sessions=held[name]) for name, each in self.servers.items()]

    def show(self):
        return [Session(f"0x{place:x}", title, age) for place, (title, age) in enumerate(self.sessions)]

    def close(self, chosen):
        gone = {int(session.number, 16) for session in chosen}
        self.waiting += [(self.delay, self.sessions[place][0]) for place in gone]
        self.sessions = [each for place, each in enumerate(self.sessions) if place not in gone]
        held = self.held()
        self.lowest = {name: min(self.lowest[name], held[name]) for name in held}

    def tick(self):
        due = [title for left, title in self.waiting if left <= 0]
        self.waiting = [(left - 1, title) for left, title in self.waiting if left > 0]
        for title in due:
            self.sessions.append((self.land(title), 0))

    def land(self, title):
        if self.comes_back == "stick":
            return title
        held = self.held()
        room = [each for each in self.servers.values() if not each.limit or held[each.name] < each.limit]
        return f"b/{min(room, key=lambda each: held[each.name] / each.weight).name}" if room else title


def go(backend, bounds, looks=400):
    course = Course(backend.now(), bounds)
    for _each in range(looks):
        step = course.look(backend.now(), backend.show())
        if step.what in (BALANCED, STUCK):
            break
        if step.what == CLOSE:
            assert len(step.sessions) <= bounds.batch
            backend.close(step.sessions)
            course.note(step.sessions)
        backend.tick()
    return course, step


backends = st.integers(2, 6).flatmap(
    lambda count: st.builds(
        Backend,
        held=st.lists(st.integers(0, 40), min_size=count, max_size=count),
        weights=st.lists(st.integers(1, 4), min_size=count, max_size=count),
        limits=st.lists(st.sampled_from([0, 0, 0, 50]), min_size=count, max_size=count),
        comes_back=st.sampled_from(["leastconn", "stick"]),
        delay=st.integers(0, 4),
    )
)


@given(backends, st.integers(1, 20), st.sampled_from([0, 10, 30]))
def test_nobody_gives_more_than_its_surplus_nor_falls_below_its_share(backend, batch, tolerance):
    before = {each.title: each.sessions for each in backend.now()}
    share = shares(sum(before.values()), backend.now())
    course, step = go(backend, Bounds(tolerance, 0, batch))
    for title, closed in course.closed.items():
        assert closed <= max(0, before[title] - math.ceil(share[title]))
        if closed:
            assert backend.lowest[title.partition("/")[2]] >= math.ceil(share[title])
    if backend.comes_back == "leastconn":
        assert step.what == BALANCED, (step, before, backend.held())
    elif course.closed_total:
        assert step.what == STUCK


def test_sixty_on_one_of_three_become_twenty_each():
    backend = Backend([60, 0, 0], [1, 1, 1], [0, 0, 0], "leastconn", 3)
    course, step = go(backend, Bounds(10, 0, 5))
    assert step.what == BALANCED
    assert max(backend.held().values()) <= 22
    assert course.closed_total <= 40


def test_clients_that_come_back_to_where_they_were_are_soon_left_alone():
    backend = Backend([60, 0, 0], [1, 1, 1], [0, 0, 0], "stick", 0)
    course, step = go(backend, Bounds(10, 0, 5))
    assert (step.what, step.reason) == (STUCK, "the clients reconnected to the servers that they were on")
    assert course.closed_total <= 10


def test_clients_that_do_not_come_back_are_waited_for():
    backend = Backend([60, 0, 0], [1, 1, 1], [0, 0, 0], "leastconn", 10**6)
    course, step = go(backend, Bounds(10, 0, 5))
    assert step.reason == "40 of the closed clients have not reconnected"
    assert course.closed_total == 40


def test_young_sessions_are_waited_for():
    backend = Backend([30, 0], [1, 1], [0, 0], "leastconn", 0)
    course, step = go(backend, Bounds(10, 100, 5))
    assert step.reason == "the surplus sessions are younger than 100 s"
    assert course.closed_total == 0


def test_a_server_in_slowstart_gets_time():
    cold = [server("a", 50, 100), server("b", 10, 100, effective_weight=20, warming=True)]
    course = Course(cold, Bounds(10, 0, 5))
    assert course.look(cold, ()).reason == "a server is in slowstart"
    warm = [each._replace(effective_weight=100, warming=False) for each in cold]
    step = course.look(warm, [Session(f"0x{n}", "b/a", 5) for n in range(50)])
    assert (step.what, len(step.sessions)) == (CLOSE, 5)
    idle = [each._replace(sessions=0) for each in cold]
    assert Course(idle, Bounds(10, 0, 5)).look(idle, ()).what == BALANCED


def test_a_server_that_goes_down_meanwhile_leaves_more_to_the_others():
    three = [server("a", 60), server("b"), server("c")]
    course = Course(three, Bounds(10, 0, 100))
    assert course.excess() == {"b/a": 40}
    course.look([three[0], three[1], three[2]._replace(operational=0)], ())
    assert course.excess() == {"b/a": 30}
