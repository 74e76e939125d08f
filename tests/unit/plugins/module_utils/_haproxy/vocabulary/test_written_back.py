# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What haproxy_info reads, haproxy_config takes and changes nothing: the whole way, through JSON and argument spec."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import (
    config_arguments,
    file_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import printable
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT, mask_problems
from hypothesis import given, settings
from hypothesis import strategies as st

SPEC = ArgumentSpecValidator(config_arguments())


def told(text):
    """As a playbook has it, once Ansible has carried it there."""
    return json.loads(json.dumps(printable(describe(text))))


def given_back(text, config=None):
    """The plan for a text of what was read from it, or of ``config``."""
    checked = SPEC.validate(told(text) if config is None else config)
    assert checked.error_messages == []
    params = {name: value for name, value in checked.validated_parameters.items() if name not in file_options()}
    assert list(mask_problems(params)) == []
    return plan_config(text, params)


def unchanged(text):
    plan = given_back(text)
    assert plan.summaries == ()
    assert plan.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# a comment\n",
        "global\n",
        "defaults\n    timeout client \"5s\"\n    timeout server '5s'\n    timeout connect 5\\s\n",
        "defaults\n    maxconn 5 # five\n    option httplog # log\nbackend b\n    acl a src ::1 # local\n",
        "frontend f\n    bind :8000-8010\n    bind 127.0.0.1:9000-9001 name range\n",
        "frontend f\n    bind 10.0.0.1:80,10.0.0.2:81\n    bind :80,:81 mss 1000\n",
        "frontend f\n    bind :80\n    bind :80\n",
        'frontend f\n    bind "$VIP:443"\n    bind "fd@${FD}"\n    maxconn "$MOST"\n    default_backend "$WHERE"\n',
        "backend b\n    balance\n    server s :+13003\n    server t 10.0.0.1:-1000\n    server u 10.0.0.1\n",
        'backend b\n    server s 10.0.0.1:80 sni "str(a b)" agent-send "up\\n" weight "$W" cookie "c 1"\n',
        'backend b\n    server "$NAME" "${HOST}:${PORT}" check\n    description "a # b"\n    retries "$N"\n',
        "defaults\n    default-server sni a weight 2\n    default-server sni é\n",
        "userlist empty\nuserlist people\n    group g\n",
        "defaults\n    mode tcp\nlisten a\n    bind :1\ndefaults\n    mode http\nlisten b\n    bind :2\ndefaults\n",
        'backend b\n    timeout server 1s\n    timeout server 2s\n    fullconn 1\n    fullconn "$N"\n    id 4\n',
        "backend b\n    option httpchk\n    option httpchk GET /\n    log global\n    log global\n",
        'backend b\n    description Прокси\n    http-request set-header X "é"\n    option httpchk GET \xff/\n',
        "backend b\n    http-request deny if { " + " ".join(f"path /{n}" for n in range(70)) + " }\n",
        "global\n    maxconn 5\n# two\nglobal\n    maxconn 6\n    nbthread 2\n    log a local0\n",
        "frontend f\n    bind /run/f.sock mode 660 user haproxy\n    bind abns@f accept-proxy\n    bind :: \n",
        "resolvers r\n\tnameserver n 10.0.0.1:53#x\n\thold valid 10s # ten\n\nprogram p\n  command a b\n",
        "peers p\n    bind :1000 ssl crt /a.pem\n    server a 10.0.0.1:1 # b\n    default-server ssl\n",
        "unheard-of x\n    setting 1\nbackend b\n    server s 10.0.0.1:80\nunheard-of\n",
        'listen "$NAME"\n    bind :1\nlisten ok from other\n',
    ],
)
def test_every_form(text):
    unchanged(text.replace("\xff", "\udcff"))


SECRETS = """\
global
    setenv DB_PASSWORD 'hunter2 and more' # why
    presetenv API_TOKEN hunter2
userlist people
    user joe  insecure-password hunter2   # old
    user ann password $5$hunter2$abc groups g
    user ann password hunter2-again
frontend web
    bind :443 ssl crt /c.pem ca-sign-file /s.pem ca-sign-pass hunter2 generate-certificates
    stats auth admin:hunter2
    stats auth admin:hunter3
    http-request set-header Authorization "Basic aHVudGVyMg==" if { path /hunter2 }
    http-request deny if password  hunter2
backend b
    option httpchk GET / HTTP/1.0\\r\\nAuthorization:\\ Basic\\ hunter2hunter2
    http-check send hdr Authorization "Bearer hunter2hunter2"
    tcp-check send "AUTH hunter2\\r\\n" # say
    tcp-check expect string +OK
    description "password hunter2"
"""


def test_secrets_are_not_told_and_stay():
    shown = json.dumps(told(SECRETS))
    assert "hunter" not in shown
    assert shown.count(KEPT) >= 10
    assert "ca_sign_pass" not in shown
    unchanged(SECRETS)


def test_what_stands_beside_a_secret_can_be_changed():
    config = told(SECRETS)
    lines = config["sections"][0]["directives"]
    lines.insert(1, "user bob insecure-password built-in")
    config["backends"][0]["tcp_check"][1] = "expect string +PONG"
    changed = given_back(SECRETS, config)
    assert changed.text == SECRETS.replace("+OK", "+PONG").replace(
        "# old\n", "# old\n    user bob insecure-password built-in\n"
    )
    assert "hunter" not in str(changed.summaries)


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"sections": [{"type": "userlist", "name": "new", "directives": [f"user a password {KEPT}"]}]}, "sections[0]"),
        ({"sections": [{"type": "userlist", "name": "people", "directives": [f"user eve password {KEPT}"]}]}, "eve"),
        ({"frontends": [{"name": "web", "directives": [f"stats auth admin:{KEPT}"] * 3}]}, "directives[2]"),
        ({"frontends": [{"name": "web", "bind": [{"port": 443, "ca_sign_pass": KEPT}]}]}, "bind[0].ca_sign_pass"),
        ({"backends": [{"name": "b", "tcp_check": [f"send PASS {KEPT}"]}]}, "tcp_check[0]"),
        ({"backends": [{"name": "b", "description": f'"password {KEPT}"'}]}, "backends[0].description"),
    ],
)
def test_a_mark_where_there_is_no_secret_to_keep_is_refused(config, path):
    with pytest.raises(InputError) as refused:
        given_back(SECRETS, config)
    assert path in str(refused.value)
    assert KEPT in str(refused.value)


WORDS = st.sampled_from(["a", "10", "5s", "GET", "/x", "10.0.0.1", "$X", "${X}", "é", "a.b", "%[src]", "x,y", "\udcfe"])
STYLES = st.sampled_from(["{}", "{}", "{}", '"{}"', "'{}'", '"{} {}"', "{}\\ {}", "'{} #'"])
WORD = st.builds(lambda style, word: style.replace("{}", word), STYLES, WORDS)
REST = st.lists(WORD, max_size=4).map(" ".join)
GAP = st.sampled_from([" ", "  ", "\t"])
TAIL = st.sampled_from(["", "", "", " ", " # c", "\t#c", "#c"])
KEYWORDS = st.sampled_from(
    "maxconn|timeout client|timeout server|timeout connect|timeout check|option httpchk|no option httplog|log|log-tag"
    "|log-format|balance|hash-type|retries|cookie|source|mode|id|description|http-check|tcp-check|http-request|acl"
    "|stats auth|stats socket|disabled|daemon|user|nbthread|monitor-uri|default_backend|use_backend|errorfile|fullconn"
    "|stick-table|unknown-word|ssl-default-bind-options|server-state-file|http-reuse|retry-on".split("|")
)
LINES = st.builds(lambda keyword, gap, rest, tail: f"    {keyword}{gap}{rest}{tail}", KEYWORDS, GAP, REST, TAIL)
ARGUMENTS = st.lists(
    st.sampled_from(
        [
            *"check|no-check|ssl|weight 5|weight x|inter 2s|sni str(a)|verify none|crt /a.pem|crt /b.pem".split("|"),
            *"maxconn 0|name n|interface eth0|v4v6|no-sslv3|quic-force-retry|unknown|backup|source 10.0.0.1".split("|"),
            *"alpn h2,http/1.1|cookie c|addr 10.0.0.9|port 81|track b/s|mode 660|level admin|nice 3".split("|"),
        ]
    )
    | st.builds("{} {}".format, st.sampled_from(["sni", "cookie", "ca-file", "agent-send", "mode", "port"]), WORD),
    max_size=5,
).map(" ".join)
PLACES = st.sampled_from(
    [
        *"10.0.0.1:80|[::1]:80|::1:80|:80|*:80|0.0.0.0:81|:8000-8010|/run/s|abns@s|ipv4@h:1|h.example:+5|:-5".split(
            "|"
        ),
        *'10.0.0.1|"$A:80"|"${A}"|${A}:1|10.0.0.1:80,10.0.0.2:80|fd@3|"10.0.0.1:"80'.split("|"),
    ]
)
BINDS = st.builds("    bind {} {}{}".format, PLACES, ARGUMENTS, TAIL)
SERVERS = st.builds("    server NAME {} {}{}".format, PLACES, ARGUMENTS, TAIL)
DEFAULT_SERVERS = st.builds("    default-server {}{}".format, ARGUMENTS, TAIL)
ALL = LINES | BINDS | SERVERS | DEFAULT_SERVERS | st.sampled_from(["", "# c", "    # c"])
HEADERS = st.sampled_from(
    "global|defaults|defaults|defaults d|frontend f|backend b|listen l from d|userlist u|resolvers r|peers p".split("|")
)


def file_of(sections):
    """A text of sections, each of another name unless it has none, with the servers of each numbered."""
    pieces = []
    for number, (header, body) in enumerate(sections):
        words = header.split(" ", 2)
        if len(words) > 1:
            words[1] += str(number)
        pieces.append(" ".join(words))
        pieces += [line.replace("NAME", f"s{place}") for place, line in enumerate(body)]
    return "".join(f"{piece}\n" for piece in pieces)


@settings(max_examples=400)
@given(st.lists(st.tuples(HEADERS, st.lists(ALL, max_size=6)), max_size=5).map(file_of))
def test_generated_files(text):
    unchanged(text)


def test_generated_bytes_are_read_as_they_are():
    assert decode(b"\xfe") == "\udcfe"


def test_a_purge_leaves_sections_that_nobody_here_knows():
    text = "unheard-of x\n    setting 1\nresolvers r\n    nameserver n 10.0.0.1:53\n"
    assert given_back(text, {"sections": [], "purge": True}).text == "unheard-of x\n    setting 1\n"
