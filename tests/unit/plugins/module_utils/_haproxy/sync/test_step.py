# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sessions of a server mean for a change that takes it out of service."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.sessions import Session, read_sessions
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync import step
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import RuntimeChange, Target
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.state import Asked, Seen
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import Row, State
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

ONE = Target("b", "one")


def process(*ages, server="one"):
    """HAProxy with a session of each age on a server of backend b."""
    lines = [
        f"0x{at}: proto=tcpv4 src=10.0.0.9:5 fe=f be=b srv={server} ts=00 age={age} calls=1"
        for at, age in enumerate(ages)
    ]
    asked = []

    def ask(commands):
        asked.extend(commands)
        return ["\n".join(lines) + "\n"]

    return SimpleNamespace(runtime=SimpleNamespace(ask=ask), asked=asked)


def seen(sessions=1):
    return Seen(b"", None, {"b": {"one": Row(1, sessions, 1, State())}})


def test_sessions_are_read_with_their_age():
    line = "0x55d: proto=tcpv4 src=10.0.0.9:5 fe=f be=b srv=one ts=00 epoch=0x1 age={} calls=2 rate=0 cpu=0 lat=0\n"
    said = "".join(map(line.format, ["0s", "59s", "1m5s", "2h3m", "1d4h"])) + "nothing\n"
    assert [each.age for each in read_sessions(said)] == [0, 59, 65, 7380, 100800]
    assert read_sessions(line.format("3s")) == [Session("f", "b", "one", 3)]


@pytest.mark.parametrize(
    ("ages", "server", "reasons"),
    [
        (["0s", "4s"], "one", ()),
        (["4s", "5s", "1h2m"], "one", ("backend b: server one has 2 sessions that persist and would end with it",)),
        (["1m1s"], "two", ()),
    ],
)
def test_a_server_with_sessions_that_last_is_not_deleted_live(ages, server, reasons):
    assert step.lasting(process(*ages, server=server), seen(), RuntimeChange(removals=(ONE,))) == reasons


def test_sessions_are_asked_for_only_where_a_server_has_some():
    idle = process("1h1m")
    assert step.lasting(idle, seen(0), RuntimeChange(removals=(ONE,))) == ()
    assert step.ending(idle, seen(0), RuntimeChange(shutting=(ONE,))) == ()
    assert step.ending(idle, seen(), RuntimeChange()) == () and idle.asked == []


def test_maintenance_says_how_many_sessions_it_ends():
    (warning,) = step.ending(process("0s", "2s"), seen(), RuntimeChange(shutting=(ONE,)))
    assert warning == "Maintenance of b/one ends 1 session at once (on-marked-down shutdown-sessions)."
    assert step.ending(process("0s"), seen(), RuntimeChange(shutting=(ONE,))) == ()


@pytest.mark.parametrize(("age", "impacts"), [("9s", ("reload", "runtime")), ("0s", ("runtime", ""))])
def test_a_reload_for_the_sake_of_sessions_says_what_it_were_without_them(age, impacts, monkeypatch):
    monkeypatch.setattr(step.live_record, "can_record", lambda: True)
    old = b"backend b\n    mode tcp\n    server one 10.0.0.1:80\n    server two 10.0.0.2:80\n"
    new = old.replace(b"    server one 10.0.0.1:80\n", b"")
    (sessions,) = process(age).runtime.ask(["show sess"])
    answers = {"show sess": sessions, "show stat -1 4 -1": "# pxname,svname,throttle,\nb,one,,\n\n"}
    runtime = SimpleNamespace(ask=lambda commands: [answers[each] for each in commands], version=(2, 6))
    loaded = SimpleNamespace(loaded=True, reason="")
    running = SimpleNamespace(runtime=runtime, alone=True, level="admin", loaded=loaded, has_master=True)
    rows = {"b": {"one": Row(1, 1, 1, State()), "two": Row(2, 0, 1, State())}}
    asked = Asked(SimpleNamespace(path="/etc/haproxy/haproxy.cfg"), False, None, set())
    file = Plan("", "", (Step("file", SimpleNamespace(content=new)),), "none")
    plan, _next = step.with_process(asked, file, Seen(old, None, rows), running)
    assert (plan.impact, plan.idle_impact) == impacts
