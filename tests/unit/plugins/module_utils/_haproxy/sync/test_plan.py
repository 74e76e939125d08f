# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done live, and why a reload is needed where it cannot: without a process."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import (
    Abilities,
    RuntimeChange,
    Target,
    plan_change,
    plan_return,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import (
    Row,
    drifted,
    proxies,
    read_rows,
)

NOW = Abilities((2, 6, 12), "admin")

FILE = """global
    stats socket /run/a.sock level admin
defaults
    mode tcp
    default-server inter 5s
frontend f
    bind :80
    default_backend b
backend b
    balance roundrobin
    default-server rise 4 weight 10
    server one 10.0.0.1:80 check
    server two 10.0.0.2:80 weight 20 maxconn 5
"""


def running(text, name="b"):
    """What a process that has just read a text has."""
    proxy = proxies(parse(text))[name]
    return {name: {server: Row(at + 1, 0, 1, has.state) for at, (server, has) in enumerate(proxy.servers.items())}}


def plan(old, new, *, rows=None, abilities=NOW, names=("b",)):
    return plan_change(parse(old), parse(new), set(names), rows or running(old), abilities)


def test_nothing_is_to_do_where_nothing_differs():
    assert plan(FILE, FILE) == RuntimeChange()
    spelled = FILE.replace("server two", "server   two").replace("mode tcp", "# a comment\n\n    mode 'tcp'")
    assert plan(FILE, spelled) == RuntimeChange()


@pytest.mark.parametrize(
    ("old", "new", "commands"),
    [
        ("weight 20", "weight 30", ["set server b/two weight 30"]),
        ("weight 20 ", "", ["set server b/two weight 10"]),
        ("rise 4 weight 10", "rise 4 weight 11", ["set server b/one weight 11"]),
        ("maxconn 5", "maxconn 6", ["set maxconn server b/two 6"]),
        (" maxconn 5", "", ["set maxconn server b/two 0"]),
        ("maxconn 5", "maxconn 5 disabled", ["set server b/two state maint"]),
        ("10.0.0.2:80", "10.0.0.3:80", ["set server b/two addr 10.0.0.3 port 80"]),
        ("10.0.0.2:80", "ipv4@10.0.0.2:81", ["set server b/two addr 10.0.0.2 port 81"]),
        ("10.0.0.2:80", "[::2]:80", ["set server b/two addr ::2 port 80"]),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x 10.0.0.3:81 check source 10.0.0.9 usesrc clientip\n",
            [
                "add server b/x 10.0.0.3:81 inter 5s rise 4 weight 10 check source 10.0.0.9 usesrc clientip",
                "enable health b/x",
                "set server b/x state ready",
            ],
        ),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x [::3]:81 disabled agent-check agent-port 9 init-addr none resolvers r no-check\n",
            ["add server b/x [::3]:81 inter 5s rise 4 weight 10 agent-check agent-port 9", "enable agent b/x"],
        ),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x 10.0.0.3:81 ssl-reuse no-tls-tickets\n",
            ["add server b/x 10.0.0.3:81 inter 5s rise 4 weight 10 no-tls-tickets", "set server b/x state ready"],
        ),
    ],
)
def test_what_servers_change_live(old, new, commands):
    change = plan(FILE, FILE.replace(old, new))
    assert (list(change.commands), change.reasons) == (commands, ())
    assert change.summaries


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("mode tcp", "mode http", "defaults: mode cannot be changed at runtime"),
        ("bind :80", "bind :81", "frontend f: bind cannot be changed at runtime"),
        ("roundrobin", "leastconn", "backend b: balance cannot be changed at runtime"),
        ("\nbackend b\n", "\nbackend b\n    option redispatch\n", "backend b: option redispatch cannot"),
        ("\nbackend b\n", "\nbackend c\nbackend b\n", "backend c cannot be added at runtime"),
        ("frontend f\n    bind :80\n    default_backend b\n", "", "frontend f cannot be removed at runtime"),
        ("inter 5s", "inter 6s", "defaults: default-server cannot be changed at runtime"),
        ("rise 4", "rise 5", "backend b: server one: rise cannot be changed at runtime"),
        (":80 check", ":80", "backend b: server one: check cannot be changed at runtime"),
        ("maxconn 5", "maxconn 5 shiny", "backend b: server two: shiny cannot be changed at runtime"),
        ("maxconn 5", "maxconn 6 minconn 2", "backend b: server two: minconn cannot be changed at runtime"),
        (
            "10.0.0.2:80",
            "two.example:80",
            "backend b: server two: 10.0.0.2:80 -> two.example:80 cannot be changed at runtime",
        ),
        ("10.0.0.2:80", "10.0.0.2", "backend b: server two: 10.0.0.2:80 -> 10.0.0.2 cannot be changed at runtime"),
        ("maxconn 5\n", "maxconn 5\n    server x x.example:80\n", "a host name is resolved at the start only"),
        ("maxconn 5\n", "maxconn 5\n    server x 10.0.0.3\n", "without a port it cannot be added at runtime"),
        ("maxconn 5\n", "maxconn 5\n    server x 10.0.0.3:80 cookie c\n", "server x: cookie cannot be set at runtime"),
        ("maxconn 5\n", "maxconn 5\n    server x 10.0.0.3:80 shiny\n", "server x: shiny cannot be set at runtime"),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x 10.0.0.3:80 init-state up\n",
            "server x: init-state cannot be set at runtime",
        ),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x 10.0.0.3:80 ssl verify none crt /a.pem\n",
            "/a.pem is read at the start",
        ),
        ("maxconn 5\n", "maxconn 5\n    server x 10.0.0.3:80 ssl\n", "its ssl settings come from global"),
        (
            "maxconn 5\n",
            "maxconn 5\n    server x 10.0.0.3:80 track b/one sni 'str(a;b)'\n",
            "cannot be sent to the socket",
        ),
        ("maxconn 5\n", "maxconn 5\n    server x 10.0.0.3:80 agent-send 'a b'\n", "cannot be sent to the socket"),
        ("maxconn 5\n", 'maxconn 5\n    server x 10.0.0.3:80 sni "str($HOME)"\n', "cannot be sent to the socket"),
        (
            "maxconn 5\n",
            "maxconn 5\n    server-template t 3 10.0.0.4:1\n",
            "server-template cannot be changed at runtime",
        ),
    ],
)
def test_what_needs_a_reload_says_why(old, new, reason):
    change = plan(FILE, FILE.replace(old, new, 1))
    assert any(reason in found for found in change.reasons), change
    assert (change.summaries, change.commands, change.removals) == ((), (), ())


def without_two(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith("    server two"))


def test_a_server_leaves():
    change = plan(FILE, without_two(FILE))
    assert (change.commands, change.removals, change.reasons) == ((), (("b", "two"),), ())


@pytest.mark.parametrize(
    "line", ["    use-server two if TRUE\n", "    tcp-request content reject if { srv_is_up(b/two) }\n"]
)
def test_a_server_that_others_refer_to_stays(line):
    file = FILE.replace("    server one", line + "    server one")
    assert plan(file, without_two(file)).reasons == ("backend b: server two: other lines of the file refer to it",)


@pytest.mark.parametrize(
    ("balance", "live"),
    [
        ("roundrobin", True),
        ("random(2)", True),
        ("leastconn", True),
        ("static-rr", False),
        ("source", False),
        ("hdr(host)\n    hash-type consistent", True),
        ("uri\n    hash-type map-based", False),
        ("first", True),
    ],
)
def test_a_static_balance_takes_no_servers_live(balance, live):
    file = FILE.replace("roundrobin", balance)
    added = plan(file, file + "    server x 10.0.0.3:80\n")
    weighed = plan(file, file.replace("weight 20", "weight 30"))
    removed = plan(file, without_two(file))
    for change in (added, weighed, removed):
        assert bool(change.reasons) is not live, change


@pytest.mark.parametrize("balance", ["first", "source\n    hash-type consistent"])
def test_where_the_order_counts_a_server_comes_last_or_by_a_reload(balance):
    file = FILE.replace("roundrobin", balance)
    new = "    server x 10.0.0.3:80\n"
    assert plan(file, file + new).reasons == ()
    first = file.replace("    server one", new + "    server one")
    assert "the order of servers matters" in plan(file, first).reasons[0]


@pytest.mark.parametrize(
    ("version", "experimental", "reason"),
    [((2, 3, 9), False, "this version"), ((2, 4, 0), True, ""), ((2, 6, 0), False, ""), ((3, 2, 1), False, "")],
)
def test_versions_are_told_apart(version, experimental, reason):
    file = FILE.replace(" inter 5s", "").replace("rise 4 ", "").replace("default-server\n", "")
    change = plan(file, file + "    server x 10.0.0.3:80\n", abilities=Abilities(version, "admin"))
    assert reason in "".join(change.reasons)
    assert ("experimental-mode on" in change.commands) is experimental


def test_checks_are_taken_live_from_2_6_on():
    file = FILE + "    server x 10.0.0.3:80 check\n"
    assert "cannot be set at runtime" in plan(FILE, file, abilities=Abilities((2, 5, 0), "admin")).reasons[0]


@pytest.mark.parametrize("new", [FILE.replace("weight 20", "weight 30"), without_two(FILE)])
def test_a_level_that_may_not_change_anything(new):
    assert "level is operator" in plan(FILE, new, abilities=Abilities((2, 6, 0), "operator")).reasons[0]


def test_what_the_file_cannot_know_is_no_drift():
    file = FILE.replace("10.0.0.1:80 check", "one.example:80 check resolvers r agent-check agent-port 9")
    rows = running(file)
    has = rows["b"]["one"]
    rows["b"]["one"] = has._replace(state=has.state._replace(address="10.9.9.9", weight=99, state="drain"))
    assert plan(file, file, rows=rows) == RuntimeChange()
    assert not drifted(proxies(parse(file))["b"], rows["b"])


@pytest.mark.parametrize(
    "line",
    ["    server-template t 3 10.0.0.4:1\n", "    disabled\n", ".if defined(X)\n    option redispatch\n.endif\n"],
)
def test_a_proxy_whose_servers_the_text_does_not_tell_is_left_alone(line):
    file = FILE.replace("    server one", line + "    server one")
    rows = running(file)
    rows["b"]["guest"] = rows["b"].pop("two")
    assert plan(file, file, rows=rows) == RuntimeChange()
    assert not proxies(parse(file))["b"].known


def test_the_way_back_is_from_what_is_there_to_what_was():
    before = running(FILE)
    now = running(without_two(FILE) + "    server x 10.0.0.3:80\n")
    now["b"]["one"] = now["b"]["one"]._replace(state=before["b"]["one"].state._replace(weight=1, state="drain"))
    change, lost = plan_return(parse(FILE), before, now, NOW)
    assert list(change.commands) == [
        "set server b/one weight 10",
        "set server b/one state ready",
        "add server b/two 10.0.0.2:80 inter 5s rise 4 weight 20 maxconn 5",
        "set server b/two state ready",
    ]
    assert (change.removals, lost) == ((("b", "x"),), [])


def test_what_cannot_come_back_is_named():
    before = running(FILE)
    before["b"]["guest"] = before["b"]["one"]
    _change, lost = plan_return(parse(FILE), before, running(FILE), NOW)
    assert lost == ["b/guest, which no file has, was deleted"]


def test_defaults_are_inherited_by_name_and_by_place():
    file = (
        "defaults a\n    default-server weight 2\n    balance first\ndefaults b from a\n    default-server maxconn 3\n"
        "backend x from a\n    server s 10.0.0.1:1\nbackend y\n    server s 10.0.0.1:1 weight 9\n"
        "    default-server weight 7\n    server t 10.0.0.1:1\n"
    )
    found = proxies(parse(file))
    states = {(name, server): has.state[2:4] for name in found for server, has in found[name].servers.items()}
    assert states == {("x", "s"): (2, 0), ("y", "s"): (9, 3), ("y", "t"): (7, 3)}
    assert found["y"].lines["balance"] == ("first",)


def test_rows_are_read_from_what_haproxy_says():
    servers = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port\n"
        "3 b 1 one 127.0.0.1 2 4 1 1 80\n3 b 2 two fd00::0:1 0 9 7 7 0\n3 b 3 name - 0 8 1 1 5\n"
    )
    stat = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,\nb,one,0,0,2,0,,0,\nb,two,1,0,2,0,7,0,\n"
    rows = read_rows(servers, stat)
    assert tuple(rows["one"].state) == ("127.0.0.1", 80, 1, 0, "ready")
    assert tuple(rows["two"].state) == ("fd00::1", 0, 7, 7, "maint")
    assert tuple(rows["name"].state) == (None, 5, 1, 0, "drain")
    assert [row.sessions for row in rows.values()] == [2, 3, 0]


def test_maintenance_ends_sessions_only_where_that_is_asked_for():
    shut = FILE.replace("rise 4", "on-marked-down shutdown-sessions rise 4")
    assert plan(shut, shut.replace("weight 20", "weight 20 disabled")).shutting == (Target("b", "two"),)
    assert plan(FILE, FILE.replace("weight 20", "weight 20 disabled")).shutting == ()
    assert plan(shut, shut.replace("weight 20", "weight 30")).shutting == ()
