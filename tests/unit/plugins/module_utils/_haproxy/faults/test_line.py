# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that HAProxy reads as something else, whatever line they stand on; and lines like them that are right."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.line import misread
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings

#: (section, line, the words that are wrong)
WRONG = [
    ("backend", "server-template x 3 a.example:80 weight x", "weight x"),
    ("backend", "server-template x 3 a.example:80 maxconn 5x check", "maxconn 5x"),
    ("backend", "server-template x 3 a.example:0", "a.example:0"),
    ("backend", "server s 10.0.0.1:70000", "10.0.0.1:70000"),
    ("backend", "server s fd00::1:80", "fd00::1:80"),
    ("backend", "server s 10.0.0.1:80 check rise 3x", "rise 3x"),
    ("backend", "server s 10.0.0.1:80 check inter 1us", "inter 1us"),
    ("backend", "server s 10.0.0.1:80 slowstart 1us", "slowstart 1us"),
    ("backend", "server s 10.0.0.1:80 source fd00::1", "source fd00::1"),
    ("backend", "server s 10.0.0.1:80 source [fd00::1]:0", "[fd00::1]:0"),
    ("backend", "server s 10.0.0.1:80 socks4 10.0.0.2:0", "socks4 10.0.0.2:0"),
    ("backend", "server s 10.0.0.1:80 weight 300", "weight 300"),
    ("backend", "default-server maxconn abc", "maxconn abc"),
    ("backend", "source fd00::1:80", "source fd00::1:80"),
    ("backend", "source 10.0.0.1:0", "source 10.0.0.1:0"),
    ("listen", "dispatch fd00::1:80", "dispatch fd00::1:80"),
    ("backend", "balance uri len 5x", "len 5x"),
    ("backend", "balance url_param id check_post many", "check_post many"),
    ("backend", "option redispatch abc", "redispatch abc"),
    ("backend", "no option redispatch abc", "redispatch abc"),
    ("backend", "option httpchk GET / WWW/1.1", "WWW/1.1"),
    ("backend", "http-check send meth GET ver abc hdr Host x", "abc"),
    ("backend", "http-check expect status 999", "999"),
    ("backend", "http-check expect min-recv abc string ok", "min-recv abc"),
    ("backend", "http-check connect port 5x", "port 5x"),
    ("backend", "tcp-check expect min-recv abc string ok", "min-recv abc"),
    ("backend", "tcp-check connect addr fd00::1:80", "addr fd00::1:80"),
    ("backend", "stick-table type string len 5x size 1m", "len 5x"),
    ("defaults", "retries 5x", "retries 5x"),
    ("defaults", "maxconn lots", "maxconn lots"),
    ("defaults", "fullconn 5x", "fullconn 5x"),
    ("frontend", "http-request set-nice abc", "set-nice abc"),
    ("frontend", "http-request return status 200x", "status 200x"),
    ("frontend", "http-request redirect location / code 302x", "code 302x"),
    ("frontend", "http-request capture req.hdr(a) len 5x", "len 5x"),
    ("frontend", "capture request header Host len 5x", "len 5x"),
    ("frontend", "log fd00::1:514 local0", "log fd00::1:514"),
    ("frontend", "log 10.0.0.1:0 local0", "log 10.0.0.1:0"),
    ("frontend", "log 10.0.0.1 len 5x local0", "len 5x"),
    ("frontend", "stats auth joe", "no colon"),
    ("frontend", "bind fd00::1:80", "fd00::1:80"),
    ("frontend", "bind :80,10.0.0.1:0", "10.0.0.1:0"),
    ("frontend", "bind :80 maxconn 5x", "maxconn 5x"),
    ("global", "tune.maxaccept 5x", "tune.maxaccept 5x"),
    ("global", "maxsslrate abc", "maxsslrate abc"),
    ("global", "cpu-map 1 0x", "0x"),
    ("global", "stats socket ipv4@127.0.0.1:0 level admin", "127.0.0.1:0"),
    ("global", "stats socket fd00::1:99", "fd00::1:99"),
    ("global", "stats socket /run/s maxconn 5x", "maxconn 5x"),
    ("peers", "peer a fd00::1:80", "fd00::1:80"),
    ("peers", "server b 10.0.0.1:5 weight x", "weight x"),
    ("peers", "bind 127.0.0.1:0", "127.0.0.1:0"),
    ("resolvers", "nameserver a 127.0.0.1:0", "127.0.0.1:0"),
    ("resolvers", "resolve_retries 5x", "resolve_retries 5x"),
    ("mailers", "mailer a fd00::5:25", "fd00::5:25"),
    ("cache", "max-age abc", "max-age abc"),
    ("ring", "maxlen abc", "maxlen abc"),
    ("ring", "server x 127.0.0.1:0", "127.0.0.1:0"),
    ("log-forward", "bind fd00::1:514", "fd00::1:514"),
    ("log-forward", "dgram-bind 127.0.0.1:0", "127.0.0.1:0"),
    ("log-forward", "maxconn 5x", "maxconn 5x"),
    ("fcgi-app", "log-stderr fd00::1:514 local0", "log-stderr fd00::1:514"),
    ("backend", "server s 127.1:80", "server 127.1:80"),
    ("backend", "server s 010.0.0.1:80", "server 010.0.0.1:80"),
    ("backend", "server s 0x7f000001", "server 0x7f000001"),
    ("backend", "server s 10.0.0.1:80 check weight", "weight has no value"),
    ("backend", "server-template s 5x a.example:80", "server-template s 5x"),
    ("backend", "server-template s 1x-3 a.example:80", "server-template s 1x-3"),
    ("backend", "retries -5", "0 to 2147483647"),
    ("backend", "fullconn 99999999999", "fullconn 99999999999"),
    ("backend", "balance leastconn foo", "follows balance leastconn"),
    ("backend", "option httpchk GET readyz", "URI readyz"),
    ("backend", "option httpchk GET", "URI GET"),
    ("backend", "option httpchk get /readyz", "method get"),
    ("backend", "http-check send meth GET uri readyz", "URI readyz"),
    ("frontend", "http-request set-nice 5000", "-1024 to 1024"),
    ("frontend", "capture request header A len 0", "len 0"),
    ("frontend", "log-tag a b", "follows log-tag a"),
    ("frontend", "stats auth joe:", "no colon and password"),
    ("frontend", "stats refresh 5us", "5us is less than a millisecond"),
    ("frontend", "tcp-request inspect-delay 999us", "999us"),
    ("resolvers", "timeout retry 5us", "5us"),
    ("userlist", "user joe insecure-password", "insecure-password has no value"),
    ("global", "stats maxconn 5x", "maxconn 5x"),
    ("global", "uid root", "uid root"),
    ("global", "maxconn -5", "maxconn -5"),
    ("global", "unix-bind mode 99x", "not octal"),
    ("global", "unix-bind uid x", "uid x"),
    ("global", "chroot var/lib", "chroot var/lib"),
    ("global", "numa-cpu-mapping off", "off follows numa-cpu-mapping"),
]

RIGHT = [
    ("backend", "server s [fd00::1]:80 weight 5 maxconn 0 check inter 2s slowstart 30s"),
    ("backend", "server s 10.0.0.1:+10 source 10.0.0.9:1024-2000 addr 10.0.0.8:81"),
    ("backend", 'server s "${HOST}":"$PORT" maxconn "$MAX"'),
    ("backend", "server s {{ address }}:{{ port }} weight {{ weight }}"),
    ("backend", "server s /run/app.sock agent-check agent-send hello\\n"),
    ("backend", "server-template x 1-3 _http._tcp.a.example resolvers r"),
    ("backend", "source 0.0.0.0 usesrc clientip"),
    ("backend", "option redispatch"),
    ("backend", "option redispatch -1"),
    ("backend", "option httpchk GET /readyz HTTP/1.1"),
    ("backend", "option httpchk HEAD / HTTP/1.1\\r\\nHost:\\ a"),
    ("backend", "http-check expect status 200-399,404"),
    ("backend", "http-check send meth GET uri / ver HTTP/1.1 hdr ver abc"),
    ("backend", "balance uri whole depth 3 len 12"),
    ("backend", "stick-table type string len 32 size 1m expire 30m store conn_cnt"),
    ("frontend", "bind :::80,*:81 v4v6"),
    ("frontend", "bind /run/s mode 660 name 'the one'"),
    ("frontend", "bind :8000-8010"),
    ("frontend", "log 127.0.0.1:514 len 1024 local0 info"),
    ("frontend", "log global"),
    ("frontend", "log [fd00::1]:514 local0"),
    ("frontend", "http-request set-nice %[int(5)]"),
    ("frontend", 'http-request return status 200 content-type text/plain lf-string "status %[src]"'),
    ("global", "stats socket /run/haproxy/admin.sock mode 660 level admin"),
    ("global", "cpu-map auto:1/1-4 0-3"),
    ("global", "cpu-map 1/all odd"),
    ("resolvers", "nameserver a tcp@127.0.0.1:53"),
    ("peers", "server me"),
    ("peers", "peer me 127.0.0.1:10000"),
    ("cache", "total-max-size 64"),
    ("backend", "server s 0:80 max-reuse -1 pool-max-conn -1"),
    ("backend", "server s *:80 allow-0rtt backup"),
    ("backend", "option httpchk /readyz"),
    ("backend", "option httpchk"),
    ("backend", "option httpchk OPTIONS *"),
    ("backend", "http-check send meth GET uri-lf %[str(a)]"),
    ("backend", "max-keep-alive-queue -1"),
    ("backend", "balance source"),
    ("backend", "timeout queue 0"),
    ("frontend", "stats refresh 1000us"),
    ("frontend", "stats auth $USER:$PASS"),
    ("userlist", "user joe groups password"),
    ("global", "tune.maxaccept -1"),
    ("global", "chroot /var/lib/haproxy"),
    ("global", "unix-bind prefix /run user joe mode 660"),
]


@pytest.mark.parametrize(("kind", "line", "wrong"), WRONG)
def test_what_would_be_misread_is_found(kind, line, wrong):
    found = list(misread(kind, meanings(line)))
    assert len(found) == 1, found
    assert wrong in " ".join(found[0])


@pytest.mark.parametrize(("kind", "line"), RIGHT)
def test_what_is_right_passes(kind, line):
    assert list(misread(kind, meanings(line))) == []


TEXT = """\
defaults
    mode tcp
backend old
    server a 10.0.0.1:80 weight x
    server b 10.0.0.2:80 verify none
frontend web
    bind 127.0.0.1:8080
    bind :::8085 v4v6
    bind :9000-9010
    bind /run/q.sock
    bind 127.0.0.1:8443 interface lo
"""


def test_a_change_is_not_blamed_for_what_was_on_its_line_before():
    desired = {"name": "old", "servers": [{"name": "a", "maxconn": 5}, {"name": "b", "weight": 5}]}
    changed = plan_backend(TEXT, desired)
    assert "server a 10.0.0.1:80 weight x maxconn 5\n" in changed.text
    with pytest.raises(InputError, match="maxlen abc"):
        plan_config(TEXT, {"sections": [{"type": "ring", "name": "r", "directives": ["maxlen abc"]}]})


def test_a_last_line_is_not_blamed_for_losing_its_line_feed():
    text = "global\n    server b ::1\n    server b ::1"
    added = plan_backend(text, {"name": "new", "servers": [{"name": "a", "address": "10.0.0.1", "port": 80}]})
    assert plan_backend(added.text, {"name": "new", "state": "absent"}).text == text


@pytest.mark.parametrize(
    "bind",
    [
        {"address": "ipv4@127.0.0.1", "port": 8080},
        {"address": "::", "port": 8085},
        {"address": "ipv6@::", "port": 8085},
        {"address": "*", "port": 9005},
        {"address": "/run/q.sock"},
        {"address": "unix@/run/q.sock"},
        {"address": "127.0.0.1", "port": 8443, "interface": "lo"},
    ],
)
def test_an_address_bound_twice_is_found_however_it_is_spelled(bind):
    with pytest.raises(InputError, match="is bound in frontend web already"):
        plan_config(TEXT, {"frontends": [{"name": "other", "bind": [bind]}]})


@pytest.mark.parametrize(
    "bind",
    [
        {"address": "127.0.0.1", "port": 8081},
        {"address": "*", "port": 8085},
        {"address": "127.0.0.1", "port": 8080, "interface": "lo"},
        {"address": "::1", "port": 8085},
        {"address": "*", "port": 9011},
        {"address": "127.0.0.1", "port": 8443},
        {"address": "/run/p.sock"},
        {"address": "abns@/run/q.sock"},
    ],
)
def test_addresses_that_differ_are_let_be(bind):
    assert plan_config(TEXT, {"frontends": [{"name": "other", "bind": [bind]}]}).summaries


def test_tls_options_without_tls_are_told():
    server = {"name": "s", "address": "10.0.0.1", "port": 443}
    for options in ({"verify": "required"}, {"sni": "str(a)"}, {"alpn": "h2", "ciphers": "ALL"}):
        (told,) = plan_backend(TEXT, {"name": "new", "servers": [{**server, **options}]}).warnings
        assert told.startswith("backend new: server s: without ssl")
        assert ", ".join(options) in told
    bind = {"address": "127.0.0.2", "port": 443, "crt": ["/a"]}
    assert "with crt." in plan_config(TEXT, {"frontends": [{"name": "f", "bind": [bind]}]}).warnings[0]
    assert plan_backend(TEXT, {"name": "old", "servers": [{"name": "a"}, {"name": "b", "weight": 5}]}).warnings == ()


@pytest.mark.parametrize(
    "more",
    [
        {"servers": [{"name": "s", "address": "10.0.0.1", "verify": "none", "ssl": True}]},
        {"servers": [{"name": "s", "address": "10.0.0.1", "verify": "none", "check_ssl": True}]},
        {"servers": [{"name": "s", "address": "10.0.0.1", "verify": "none"}], "default_server": {"ssl": True}},
        {"default_server": {"verify": "none"}},
    ],
)
def test_tls_options_with_tls_pass(more):
    assert plan_backend(TEXT, {"name": "new", **more}).warnings == ()


def test_tls_may_come_from_defaults():
    text = TEXT.replace("mode tcp\n", "mode tcp\n    default-server ssl\n")
    server = {"name": "s", "address": "10.0.0.1", "verify": "none"}
    assert plan_backend(text, {"name": "new", "servers": [server]}).warnings == ()
