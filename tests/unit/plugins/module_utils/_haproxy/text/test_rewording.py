# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words are edited, not lines: spelling, blanks and words that we do not know stay."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.spans import apply_replacements
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.rewording import reword
from hypothesis import given
from hypothesis import strategies as st

LISTEN = [
    # before, options, after: one line of a listen section
    ("maxconn     4000  # all", {"maxconn": 5000}, "maxconn     5000  # all"),
    ("timeout  client\t 30s", {"timeouts": {"client": "1m"}}, "timeout  client\t 1m"),
    ("mode   'tcp'", {"mode": "http"}, "mode   http"),
    ("option  httpchk   GET  /x", {"options": ["httpchk GET /y"]}, "option  httpchk   GET  /y"),
    ("option  'redispatch'   3", {"options": ["redispatch 5"]}, "option  'redispatch'   5"),
    ("log   127.0.0.1:514    local0   notice", {"log": ["127.0.0.1:514 local0"]}, None),
    ("acl   a  path   /x", {"directives": ["acl a path /y"]}, "acl   a  path   /y"),
    ("acl   a  path   /x", {"directives": ["acl a path -i /x /z"]}, "acl   a  path -i   /x /z"),
    ("acl  a  path   /x  /y", {"directives": ["acl a path /y"]}, "acl  a  path  /y"),
    ('acl a hdr(x)  "y z"  w', {"directives": ["acl a hdr(x) 'y z' v"]}, 'acl a hdr(x)  "y z"  v'),
    # listeners
    (
        "bind  0.0.0.0:443   ssl  crt  /x  no-sslv3   # tls",
        {"bind": [{"port": 8443}]},
        "bind  0.0.0.0:8443   ssl  crt  /x  no-sslv3   # tls",
    ),
    ('bind  "10.0.0.1:80"  npn x', {"bind": [{"address": "10.0.0.1", "port": 81}]}, 'bind  "10.0.0.1:81"  npn x'),
    ("bind :80  quic-force-retry", {"bind": [{"port": 81, "name": "n"}]}, "bind :81  quic-force-retry name n"),
    ("bind ipv4@*:80 force-tlsv12", {"bind": [{"address": "ipv4@*", "port": 81}]}, "bind ipv4@*:81 force-tlsv12"),
    ("bind [::1]:80 no-sslv3", {"bind": [{"address": "::1", "port": 81}]}, "bind [::1]:81 no-sslv3"),
    ("bind *:80 no-sslv3", {"bind": [{"address": "10.0.0.1", "port": 80}]}, "bind 10.0.0.1:80 no-sslv3"),
    # another address and port is another listener
    ("bind 10.0.0.1:80 no-sslv3", {"bind": [{"address": "10.0.0.2", "port": 81}]}, "bind 10.0.0.2:81"),
    # servers
    ("server  a   0.0.0.0:80  x", {"servers": [{"name": "a", "port": 81}]}, "server  a   0.0.0.0:81  x"),
    ("server a  '10.0.0.1:80'", {"servers": [{"name": "a", "port": 81}]}, "server a  '10.0.0.1:81'"),
    ('server a "${IP}:80"', {"servers": [{"name": "a", "port": 81}]}, 'server a "${IP}:81"'),
    ('server a "${IP}:80"', {"servers": [{"name": "a", "address": "10.0.0.2"}]}, 'server a "10.0.0.2:80"'),
    ("server a :80", {"servers": [{"name": "a", "port": 81}]}, "server a :81"),
    ("server a 10.0.0.1", {"servers": [{"name": "a", "port": 81}]}, "server a 10.0.0.1:81"),
    ("server a ::1:80", {"servers": [{"name": "a", "port": 81}]}, "server a [::1]:81"),
    ("server a x.y:80", {"servers": [{"name": "a", "address": "fd00::2"}]}, "server a [fd00::2]:80"),
    ("server a :+13003", {"servers": [{"name": "a", "port": "+13003"}]}, "server a :+13003"),
    ("server a :+13003", {"servers": [{"name": "a", "weight": 2}]}, "server a :+13003 weight 2"),
    ("server a 10.0.0.1:-20", {"servers": [{"name": "a", "address": "10.0.0.2"}]}, "server a 10.0.0.2:-20"),
    (
        "server a 10.0.0.1:80  weight    5\t inter   2s  no-such",
        {"servers": [{"name": "a", "weight": 6, "inter": "3s"}]},
        "server a 10.0.0.1:80  weight    6\t inter   3s  no-such",
    ),
    (
        "server a 10.0.0.1:80 source  1.1.1.1  usesrc   clientip  x",
        {"servers": [{"name": "a", "source": "1.1.1.1 usesrc client"}]},
        "server a 10.0.0.1:80 source  1.1.1.1  usesrc   client  x",
    ),
    (
        "default-server   inter   2s  nonsense",
        {"default_server": {"inter": "3s"}},
        "default-server   inter   3s  nonsense",
    ),
]


@pytest.mark.parametrize(("before", "options", "after"), LISTEN, ids=[before for before, _options, _after in LISTEN])
def test_one_line_changes_by_its_words(before, options, after):
    text = f"listen l\n\t {before}\n"
    for kind, end in (("\n", "\n"), ("\r\n", "\r\n")):
        wanted = {"listens": [{"name": "l", **options}]}
        changed = plan_config(text.replace("\n", kind), wanted)
        if after is not None:
            assert changed.text == f"listen l\n\t {after}\n".replace("\n", end)
        assert plan_config(changed.text, wanted).text == changed.text


def test_from_keeps_the_headers_words():
    text = "defaults x\n    mode tcp\ndefaults y\n    mode tcp\nbackend   b   from    'x'   # c\n"
    changed = plan_backend(text, {"name": "b", "from": "y"})
    assert changed.text == text.replace("'x'", "y")


def test_a_listener_is_the_one_of_its_address_before_that_of_its_port():
    text = "frontend f\n    bind 10.0.0.1:80 no-sslv3\n    bind 10.0.0.2:80 npn x\n    bind 10.0.0.3:82\n"
    wanted = {"name": "f", "bind": [{"address": "10.0.0.2", "port": 81}, {"address": "10.0.0.1", "port": 80}]}
    changed = plan_config(text, {"frontends": [wanted]})
    assert changed.text == "frontend f\n    bind 10.0.0.1:80 no-sslv3\n    bind 10.0.0.2:81 npn x\n"
    assert changed.summaries == (
        "frontend f: bind 10.0.0.3:82 removed",
        "frontend f: bind 10.0.0.2:81: address 10.0.0.2:80 -> 10.0.0.2:81",
    )


WORDS = st.lists(st.sampled_from(["a", "b", "'c d'", "e\\ f", '"g"', "h1"]), min_size=1, max_size=6)
BLANKS = st.sampled_from([" ", "  ", "\t", " \t "])


@given(WORDS, WORDS, st.lists(BLANKS, min_size=6, max_size=6))
def test_any_words_become_any_words(old, new, blanks):
    line = "".join(word + blank for word, blank in zip(old, blanks)) + "# c"
    changed = apply_replacements(line, reword(lex(line).words, " ".join(new)))
    assert meanings(changed) == meanings(" ".join(new))
    assert changed.endswith("# c")
    if meanings(line) == meanings(" ".join(new)):
        assert changed == line
