# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the planner makes of a text: minimal edits, said in words, and nothing where the meaning is there already."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config

DEFAULT_SERVER = "    default-server inter 10s weight 100"
HTTPCHK = "    option httpchk GET /old"
WEB = """\
backend web
    # how it is spread
    balance roundrobin   # for now
    option httpchk GET /old
    no option httpclose
    default-server inter 10s weight 100
    server a 10.0.0.1:80 check weight 10 unknown-keyword x # the first
    server b 10.0.0.2:80 check
    # server old 10.0.0.9:80
    server c [fd00::3]:80 backup

# after
"""


def web(**options):
    return plan_backend(WEB, {"name": "web", **options})


def difference(before, after):
    """Lines taken away and lines added."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("options", "taken", "added"),
    [
        ({"balance": "leastconn"}, "    balance roundrobin   # for now", "    balance leastconn   # for now"),
        ({"mode": "tcp"}, None, "    mode tcp"),
        ({"timeouts": {"server": "1h"}}, None, "    timeout server 1h"),
        (
            {"options": ["httpchk GET /readyz", "no httpclose"]},
            "    option httpchk GET /old",
            "    option httpchk GET /readyz",
        ),
        ({"options": ["httpchk GET /old", "httpclose"]}, "    no option httpclose", "    option httpclose"),
        ({"options": ["no httpclose"]}, HTTPCHK, None),
        (
            {"default_server": {"inter": "2s"}},
            "    default-server inter 10s weight 100",
            "    default-server inter 2s weight 100",
        ),
        (
            {"default_server": {"rise": 3}},
            "    default-server inter 10s weight 100",
            "    default-server inter 10s weight 100 rise 3",
        ),
        ({"disabled": True}, None, "    disabled"),
        ({"http_check": ["expect status 200"]}, None, "    http-check expect status 200"),
    ],
)
def test_one_option_is_one_line(options, taken, added):
    changed = web(**options)
    assert difference(WEB, changed.text) == ([taken] if taken else [], [added] if added else [])
    assert len(changed.summaries) == 1
    assert changed.impact == "reload"
    if added:
        assert changed.text.index(added) < changed.text.index("    server a")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"balance": "roundrobin"},
        {"options": ["no httpclose", "httpchk GET  /old"]},
        {"default_server": {"inter": "10000", "weight": 100}},
        {"default_server": {"inter": "10000ms"}},
        {"disabled": False},
        {"directives": []},
        {"servers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
        {"servers": [{"name": "c", "backup": True}, {"name": "b", "check": True}, {"name": "a", "weight": 10}]},
        {
            "servers": [
                {"name": "a", "address": "10.0.0.1", "port": 80},
                {"name": "b"},
                {"name": "c", "address": "FD00:0::3"},
            ]
        },
        {"servers": [{"name": "a", "backup": False, "ssl": False}, {"name": "b"}, {"name": "c"}]},
    ],
)
def test_the_same_meaning_is_no_change(options):
    unchanged = web(**options)
    assert unchanged.text == WEB
    assert (unchanged.summaries, unchanged.impact) == ((), "none")


def first_server(text, change):
    """The file with a change of server a alone."""
    return plan_backend(text, {"name": "web", "servers": [{"name": "a", **change}, {"name": "b"}, {"name": "c"}]}).text


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"weight": 20}, "server a 10.0.0.1:80 check weight 20 unknown-keyword x # the first"),
        ({"check": False}, "server a 10.0.0.1:80 weight 10 unknown-keyword x # the first"),
        ({"port": 8080}, "server a 10.0.0.1:8080 check weight 10 unknown-keyword x # the first"),
        ({"address": "fd00::9"}, "server a [fd00::9]:80 check weight 10 unknown-keyword x # the first"),
        ({"address": "/run/a.sock"}, "server a /run/a.sock check weight 10 unknown-keyword x # the first"),
        ({"backup": True}, "server a 10.0.0.1:80 check weight 10 unknown-keyword x backup # the first"),
        ({"check": False, "weight": 1}, "server a 10.0.0.1:80 weight 1 unknown-keyword x # the first"),
        (
            {"source": "10.0.0.9 usesrc client", "fall": 2},
            "server a 10.0.0.1:80 check weight 10 unknown-keyword x fall 2 source 10.0.0.9 usesrc client # the first",
        ),
    ],
)
def test_a_server_line_is_edited_word_by_word(change, line):
    changed = first_server(WEB, change)
    _taken, added = difference(WEB, changed)
    assert [entry.strip() for entry in added] == [line]
    assert first_server(changed, change) == changed


def test_servers_not_listed_go_and_comments_stay():
    changed = web(servers=[{"name": "c"}])
    assert difference(WEB, changed.text)[1] == []
    assert "    # server old 10.0.0.9:80\n    server c [fd00::3]:80 backup\n" in changed.text
    assert changed.summaries == ("backend web: server a removed", "backend web: server b removed")


def test_the_last_server_of_a_file_without_a_final_newline_is_replaced():
    changed = plan_backend("backend b\n    server a ::1", {"name": "b", "servers": [{"name": "n", "address": "::2"}]})
    assert changed.text == "backend b\n    server n [::2]\n"


@pytest.mark.parametrize("base", ["", "# only", "backend z\n    server q ::1", "backend z\r\n# bye", "backend z\n"])
@pytest.mark.parametrize("order", ["ab", "ba", "abc", "bac", "cab", "acb"])
def test_sections_taken_away_in_any_order_leave_the_bytes_that_were_there(base, order):
    text = base
    for name in sorted(order):
        text = plan_backend(text, {"name": name, "mode": "tcp"}).text
    for name in order:
        text = plan_backend(text, {"name": name, "state": "absent"}).text
    assert text == base


@pytest.mark.parametrize("going", [("b", "c"), ("c", "b"), ("d", "b", "c"), ("b", "d", "c")])
def test_servers_taken_away_in_any_order_leave_the_bytes_that_were_there(going):
    base, names = "backend z\n    server a [::1]:1", ["a"]

    def servers(text, names):
        listed = [{"name": name, "address": "::1", "port": 1} for name in names]
        return plan_backend(text, {"name": "z", "servers": listed}).text

    text = base
    for name in sorted(going):
        names.append(name)
        text = servers(text, names)
    for name in going:
        names.remove(name)
        text = servers(text, names)
    assert text == base


def test_a_port_is_changed_behind_a_variable():
    text = 'backend b\n    server a "$HOST":80 # the first\n    server b "${IP}:80" check\n'
    desired = {"name": "b", "servers": [{"name": "a", "port": 81}, {"name": "b", "port": 82}]}
    changed = plan_backend(text, desired)
    assert changed.text == 'backend b\n    server a "$HOST:81" # the first\n    server b "${IP}:82" check\n'
    assert changed.summaries == (
        "backend b: server a: address $HOST:80 -> $HOST:81",
        "backend b: server b: address ${IP}:80 -> ${IP}:82",
    )
    assert plan_backend(changed.text, desired).text == changed.text


def test_a_line_comes_behind_the_last_one_that_goes():
    changed = plan_config("global\n    log a", {"global": {"log": ["b"]}})
    assert changed.text == "global\n    log b\n"


def test_a_new_server_says_no_only_where_a_default_says_yes():
    server = {"name": "s", "address": "::1", "port": 1, "check": False}
    assert plan_backend("", {"name": "b", "servers": [server]}).text.endswith("server s [::1]:1\n")
    defaults = "defaults\n    default-server check\nbackend b\n"
    assert plan_backend(defaults, {"name": "b", "servers": [server]}).text.endswith("server s [::1]:1 no-check\n")


def test_a_new_backend_says_no_where_defaults_say_yes():
    text = "defaults\n    default-server check ssl\n"
    server = {"name": "s", "address": "::1", "port": 1, "check": False}
    desired = {"name": "b", "default_server": {"ssl": False}, "servers": [server]}
    added = plan_backend(text, desired)
    assert added.text.endswith("backend b\n    default-server no-ssl\n    server s [::1]:1 no-check\n")
    assert plan_backend(added.text, desired).text == added.text
    fewer = plan_backend(text + "backend b\n", {"name": "b", "default_server": {"ssl": False}})
    assert fewer.text.endswith("backend b\n    default-server no-ssl\n")


def test_defaults_of_the_same_call_count_too():
    server = {"name": "s", "address": "::1", "port": 1, "check": False}
    desired = {"defaults": [{"default_server": {"check": True}}], "backends": [{"name": "b", "servers": [server]}]}
    for text in ("", "backend b\n", "defaults\nbackend b\n    server s [::1]:1\n"):
        once = plan_config(text, desired)
        assert "server s [::1]:1 no-check" in once.text
        assert plan_config(once.text, desired).summaries == ()


def test_a_text_that_begins_with_no_is_a_text():
    assert "    description no smoking\n" in web(description="no smoking").text


def test_a_new_server_comes_behind_the_one_it_is_listed_behind():
    new = {"name": "n", "address": "10.0.0.7", "port": 80}
    for order, above in (
        (["n", "a", "b", "c"], "weight 100"),
        (["a", "n", "b", "c"], "# the first"),
        (["a", "b", "c", "n"], "backup"),
    ):
        text = web(servers=[new if name == "n" else {"name": name} for name in order]).text
        lines = text.split("\n")
        assert lines[lines.index("    server n 10.0.0.7:80") - 1].endswith(above)


def test_a_flag_switched_on_for_all_is_switched_off_by_its_opposite():
    text = WEB.replace("default-server", "default-server check")
    off = plan_backend(text, {"name": "web", "servers": [{"name": name, "check": False} for name in "abc"]})
    assert "server a 10.0.0.1:80 no-check weight 10" in off.text
    assert "server c [fd00::3]:80 backup no-check\n" in off.text
    on = plan_backend(off.text, {"name": "web", "servers": [{"name": name, "check": True} for name in "abc"]})
    assert "server c [fd00::3]:80 backup check\n" in on.text


def test_duplicate_servers_of_the_file_become_one():
    text = "backend web\n    server a 10.0.0.1:80\n    server a 10.0.0.2:80\n"
    assert (
        plan_backend(text, {"name": "web", "servers": [{"name": "a"}]}).text
        == "backend web\n    server a 10.0.0.1:80\n"
    )


RULES = """\
backend web
    acl one path /1
    http-request deny if one
    # about two
    acl two path /2
    http-request deny if two
    server a 10.0.0.1:80
"""


def test_further_directives_are_a_list_in_order():
    def rules(*lines):
        return plan_backend(RULES, {"name": "web", "directives": list(lines)})

    old = ["acl one path /1", "http-request deny if one", "acl two path /2", "http-request deny if two"]
    assert rules(*old).text == RULES
    assert rules(*old, "acl three path /3").text == RULES.replace("if two\n", "if two\n    acl three path /3\n")
    assert rules("acl zero path /0", *old).text == RULES.replace("web\n", "web\n    acl zero path /0\n")
    assert rules(*old[:2], *old[3:]).text == RULES.replace("    acl two path /2\n", "")
    assert rules(*old[:2], "acl two path /9", *old[3:]).text == RULES.replace("path /2", "path /9")
    swapped = rules(old[1], old[0], *old[2:])
    assert swapped.text.index("deny if one") < swapped.text.index("acl one")
    assert rules().text == "backend web\n    # about two\n    server a 10.0.0.1:80\n"


def test_a_directive_with_an_option_of_its_own_is_that_option():
    text = "backend web\n    option httpchk GET /\n    timeout server 1m\n    balance source\n    acl x always_true\n"
    desired = {"name": "web", "directives": ["option httpchk GET /", "timeout server 60s", "acl x always_true"]}
    assert plan_backend(text, desired).text == text
    changed = plan_backend(text, {"name": "web", "directives": ["timeout server 2m"]})
    assert changed.text == "backend web\n    option httpchk GET /\n    timeout server 2m\n    balance source\n"


def test_a_directive_leaves_other_lines_of_its_kind_alone_unless_they_are_rules_in_order():
    text = "backend web\n    log global\n    option httpchk\n    no option redispatch\n    http-check connect\n"

    def directives(*lines):
        return plan_backend(text, {"name": "web", "directives": list(lines)})

    assert directives("option httpchk", "no option redispatch").text == text
    assert directives("option redispatch").text == text.replace("no option", "option")
    assert directives("option httpchk GET /").text == text.replace("option httpchk", "option httpchk GET /")
    assert directives("option srvtcpka").text == text.replace("redispatch\n", "redispatch\n    option srvtcpka\n")
    assert directives("log 10.0.0.1 local0").text == text.replace("global\n", "global\n    log 10.0.0.1 local0\n")
    assert directives("http-check expect status 200").text == text.replace("connect", "expect status 200")
    listed = plan_backend(text, {"name": "web", "options": ["redispatch"]}).text
    assert listed == text.replace("    option httpchk\n", "").replace("no option", "option")
    for opposites in (["option redispatch", "no option redispatch"], ["log global", "log global"]):
        with pytest.raises(InputError, match=r"directives\[1\].*same as another line"):
            directives(*opposites)


def test_listeners_on_one_address_are_kept_apart():
    lines = ["bind :80 interface eth0", "bind :80 interface eth1 nice 5", "bind :443 thread 1", "bind :443 thread 2"]
    text = "frontend f\n" + "".join(f"    {line}\n" for line in lines)
    bind = [
        {"port": 80, "interface": "eth0"},
        {"port": 80, "interface": "eth1"},
        {"port": 443, "thread": "1"},
        {"port": 443, "thread": "2"},
    ]

    def listening(*wanted):
        return plan_config(text, {"frontends": [{"name": "f", "bind": list(wanted)}]}).text

    assert listening(*bind) == text
    assert plan_config("", {"frontends": [{"name": "f", "bind": bind}]}).text.count("bind") == 4
    assert listening(*bind[:3], {"port": 443, "thread": "3"}) == text.replace("thread 2", "thread 3")
    assert listening(*bind[:3]) == text.replace("    bind :443 thread 2\n", "")
    with pytest.raises(InputError, match="is listed twice"):
        listening(*bind, bind[0])
    with pytest.raises(InputError, match="is bound in frontend f already"):
        plan_config("", {"frontends": [{"name": "f", "bind": [*bind[:3], {"port": 443}]}]})


def test_a_section_with_conditionals_is_refused_and_others_are_not():
    text = "backend a\n    .if 1\n    server s 10.0.0.1:80\n    .endif\nbackend b\n    server s 10.0.0.1:80\n"
    with pytest.raises(InputError, match="conditionals"):
        plan_backend(text, {"name": "a", "servers": [{"name": "s"}]})
    with pytest.raises(InputError, match="conditionals"):
        plan_backend(text, {"name": "a", "state": "absent"})
    assert plan_backend(text, {"name": "b", "mode": "tcp"}).impact == "reload"


def test_a_conditional_that_follows_a_section_stays_behind_it():
    text = "defaults\n    mode tcp\n.if feature(LUA)\nfrontend f\n    bind :80\n.endif\nbackend b\n    mode tcp\n"
    changed = plan_config(text, {"defaults": [{"timeouts": {"client": "1m"}}]})
    assert changed.text == text.replace("mode tcp\n.if", "mode tcp\n    timeout client 1m\n.if")
    purged = plan_backend(text.replace("defaults\n", "backend a\n"), {"name": "a", "state": "absent"})
    assert purged.text == text[text.index(".if") :]


def test_lines_of_the_preprocessor_are_nobodys_directives():
    text = 'backend a\n    .notice "read me"\n    acl x always_true\n.diag later\n'
    assert plan_backend(text, {"name": "a", "directives": []}).text == text.replace("    acl x always_true\n", "")


def test_a_section_that_stands_twice_is_refused():
    with pytest.raises(InputError, match="is in the file 2 times"):
        plan_backend("backend a\nbackend a\n", {"name": "a", "mode": "tcp"})


def test_a_new_server_needs_an_address():
    with pytest.raises(InputError, match=r"servers\[0\].address.*new server"):
        plan_backend("backend a\n", {"name": "a", "servers": [{"name": "s", "port": 80}]})


FILE = """\
global
    log /dev/log local0
    log /dev/log local1 notice
    stats socket /run/haproxy/admin.sock mode 660 level admin
    tune.bufsize 32768

# for all
defaults
    mode http

frontend web
    bind 10.0.0.100:80 name plain
    bind 10.0.0.100:443 ssl crt /a.pem crt /b.pem alpn h2
    default_backend web

backend web
    server a 10.0.0.1:80

userlist people
    user joe password x
"""


def config(**options):
    return plan_config(FILE, options)


def test_sets_of_lines_change_line_by_line():
    changed = config(**{"global": {"log": ["/dev/log local0", "10.0.0.5 local1"]}})
    assert difference(FILE, changed.text) == (["    log /dev/log local1 notice"], ["    log 10.0.0.5 local1"])
    socket = "/run/haproxy/admin.sock mode 600 level admin"
    changed = config(**{"global": {"stats_socket": [socket]}})
    assert changed.text == FILE.replace("mode 660", "mode 600")


def test_global_options_that_are_not_given_stay():
    assert difference(FILE, config(**{"global": {"maxconn": 10}}).text) == ([], ["    maxconn 10"])
    assert difference(FILE, config(**{"global": {"directives": []}}).text) == (["    tune.bufsize 32768"], [])


def test_listeners_are_known_by_their_address():
    keep = {"address": "10.0.0.100", "port": 80}
    tls = {"address": "10.0.0.100", "port": 443, "ssl": True, "crt": ["/b.pem"]}
    changed = config(frontends=[{"name": "web", "bind": [keep, tls]}])
    assert difference(FILE, changed.text)[1] == ["    bind 10.0.0.100:443 ssl crt /b.pem alpn h2"]
    changed = config(frontends=[{"name": "web", "bind": [keep, {"port": 8080}]}])
    assert difference(FILE, changed.text) == (
        ["    bind 10.0.0.100:443 ssl crt /a.pem crt /b.pem alpn h2"],
        ["    bind *:8080"],
    )


@pytest.mark.parametrize(
    ("line", "address", "port"),
    [
        ("bind :80", "*", 80),
        ("bind *:80", "0.0.0.0", 80),
        ("bind :::80 v4v6", "::", 80),
        ("bind fd00::1:80", "fd00::1", 80),
        ("bind [fd00:0::1]:80", "fd00::1", 80),
        ("bind /run/x.sock mode 600", "/run/x.sock", None),
        ("bind ipv6@fd00::1:80", "ipv6@fd00::1", 80),
    ],
)
def test_addresses_are_compared_by_meaning(line, address, port):
    text = f"frontend f\n    {line}\n"
    assert plan_config(text, {"frontends": [{"name": "f", "bind": [{"address": address, "port": port}]}]}).text == text


def test_purge_removes_what_is_not_listed_of_the_kinds_that_are():
    assert config(purge=True).text == FILE
    changed = config(purge=True, backends=[{"name": "web"}], sections=[])
    assert "userlist" not in changed.text
    assert "frontend web" in changed.text
    with pytest.raises(InputError, match="default_backend"):
        config(purge=True, backends=[])


def test_new_sections_find_their_place():
    changed = config(
        defaults=[{"name": "tcp", "mode": "tcp"}], listens=[{"name": "l", "bind": [{"port": 1}], "from": "tcp"}]
    )
    assert changed.text.index("defaults tcp") < changed.text.index("# for all\ndefaults\n")
    assert changed.text.endswith("\nlisten l from tcp\n    bind *:1\n")
    assert config(sections=[{"type": "resolvers", "name": "r", "directives": ["nameserver n 10.0.0.1:53"]}]).text == (
        FILE + "\nresolvers r\n    nameserver n 10.0.0.1:53\n"
    )


def test_an_empty_file_becomes_a_whole_one():
    desired = {
        "global": {"daemon": True},
        "defaults": [{"mode": "tcp"}],
        "frontends": [{"name": "f", "bind": [{"port": 80}], "default_backend": "b"}],
        "backends": [{"name": "b", "servers": [{"name": "s", "address": "::1", "port": 80}]}],
    }
    whole = plan_config("", desired)
    assert whole.text == (
        "global\n    daemon\n\ndefaults\n    mode tcp\n\nfrontend f\n    bind *:80\n    default_backend b\n\n"
        "backend b\n    server s [::1]:80\n"
    )
    assert plan_config(whole.text, desired).text == whole.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"frontends": [{"name": "n", "bind": [{"port": 81}], "default_backend": "nowhere"}]}, "nowhere"),
        ({"frontends": [{"name": "n", "bind": [{"address": "10.0.0.100", "port": 80}]}]}, "bind 10.0.0.100:80"),
        ({"frontends": [{"name": "n", "directives": ["use_backend gone if TRUE"]}]}, "gone"),
        ({"listens": [{"name": "web"}]}, "overlapping"),
        ({"backends": [{"name": "n", "from": "unknown"}]}, "unknown"),
        (
            {"backends": [{"name": "n", "servers": [{"name": "s", "address": "::1", "track": "web/zz"}]}]},
            "web/zz",
        ),
    ],
)
def test_a_change_may_not_bring_names_that_nobody_has_or_two_have(options, said):
    with pytest.raises(InputError, match=said):
        config(**options)


def test_faults_that_were_there_do_not_hinder_other_changes():
    text = "frontend f\n    bind :80\n    bind :80\n    default_backend gone\n"
    assert plan_config(text, {"frontends": [{"name": "f", "mode": "tcp"}]}).impact == "reload"
