# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change interrupts, from what HAProxy, keepalived and the kernel say."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import affected
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.sessions import MOST_SESSIONS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

SESSIONS = """\
0x5581: proto=tcpv4 src=127.0.0.1:5 fe=web be=b srv=a ts=00 epoch=0 age=0s calls=1 rate=0 cpu=0 lat=0
0x5582: proto=tcpv4 src=127.0.0.1:6 fe=web be=b srv=a ts=00 epoch=0 age=1m5s calls=1 rate=0 cpu=0 lat=0
0x5583: proto=tcpv6 src=::1:7 fe=other be=other srv=<none> ts=00 age=1s calls=1 rate=0 cpu=0 lat=0
0x5584: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=7s calls=1 rate=0 cpu=0 lat=0
"""
STAT = "# pxname,svname,qcur,qmax,scur,\nweb,FRONTEND,,,30000,\nidle,FRONTEND,,,0,\n"


class Answers:
    def __init__(self, count):
        self.replies = {
            "show info": f"Name: HAProxy\nCurrConns: {count}",
            "show stat -1 1 -1": STAT,
            "show sess": SESSIONS,
        }
        self.asked = []

    def ask(self, commands):
        self.asked += commands
        return [self.replies[command] for command in commands]


def test_sessions_that_outlive_a_second():
    told = affected.sessions(Answers(3))
    assert told == {"sessions": 2, "frontends": {"web": 1, "other": 1}, "older_than": 1}


def test_very_many_sessions_are_not_read_one_by_one():
    haproxy = Answers(MOST_SESSIONS + 1)
    assert affected.sessions(haproxy) == {"sessions": 30000, "frontends": {"web": 30000}, "older_than": 0}
    assert "show sess" not in haproxy.asked


@pytest.mark.parametrize(
    ("pid", "dump", "holds"),
    [
        (0, None, []),
        (7, None, None),
        (
            7,
            "------< VRRP Topology >------\n VRRP Instance = a\n   State = MASTER\n   Virtual IP (1):\n"
            "     10.9.9.9/32 dev eth0\n VRRP Instance = b\n   State = BACKUP\n------< Interfaces >------\n",
            [{"instance": "a", "addresses": ["10.9.9.9/32"]}],
        ),
    ],
)
def test_instances_that_are_master(pid, dump, holds, monkeypatch):
    monkeypatch.setattr(live, "service", lambda _system: live.Service(bool(pid), True, pid, 0.0, 0.0))
    monkeypatch.setattr(live, "dump", lambda _pid: dump)
    assert affected.held_instances(System()) == holds


def test_nothing_is_read_where_nothing_changes(monkeypatch):
    monkeypatch.setattr(live, "service", None)
    assert affected.of_keepalived({}, {"changed": False}, System()) == {}
    assert affected.of_ipvs({}, {"changed": False}, System()) == {}
    assert affected.of_haproxy({"path": "/x"}, {"impact": "runtime"}, System()) == {}
