# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file as data: what is read can be given, and giving it changes nothing."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import stats_socket
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe

TEXT = """\
global
    maxconn 100
    daemon
    stats socket /run/haproxy/admin.sock mode 660 level admin
    log /dev/log local0
defaults base
    timeout client 1m
    option tcplog
    no option httpclose
frontend f from base
    bind [fd00::1]:443 ssl crt /a.pem crt /b.pem
    bind /run/f.sock mode 600
backend b
    balance hdr(Host)
    default-server check inter 2s
    server a "10.0.0.1":80 weight 5 no-check source 10.0.0.9 usesrc client
    http-request deny if { path "/a b" }
resolvers r
    nameserver n 10.0.0.1:53
global
    nbthread 2
"""
DATA = {
    "global": {
        "maxconn": 100,
        "daemon": True,
        "stats_socket": ["/run/haproxy/admin.sock mode 660 level admin"],
        "log": ["/dev/log local0"],
        "nbthread": 2,
    },
    "defaults": [{"name": "base", "timeouts": {"client": "1m"}, "options": ["tcplog", "no httpclose"]}],
    "frontends": [
        {
            "name": "f",
            "from": "base",
            "bind": [
                {"address": "fd00::1", "port": 443, "ssl": True, "crt": ["/a.pem", "/b.pem"]},
                {"address": "/run/f.sock", "mode": "600"},
            ],
        }
    ],
    "listens": [],
    "backends": [
        {
            "name": "b",
            "balance": "hdr(Host)",
            "default_server": {"check": True, "inter": "2s"},
            "servers": [
                {
                    "name": "a",
                    "address": "10.0.0.1",
                    "port": 80,
                    "weight": 5,
                    "check": False,
                    "source": "10.0.0.9 usesrc client",
                }
            ],
            "directives": ['http-request deny if { path "/a b" }'],
        }
    ],
    "sections": [{"type": "resolvers", "name": "r", "directives": ["nameserver n 10.0.0.1:53"]}],
}


def test_a_file_is_told_in_the_words_of_the_options():
    assert describe(TEXT) == DATA


def test_what_is_told_can_be_given_and_changes_nothing():
    text = TEXT.replace("global\n    nbthread", "# once global\n    nbthread")
    assert plan_config(text, describe(text)).text == text


def test_any_file_can_be_told(corpus_text):
    told = describe(corpus_text)
    assert "\0" not in str(told)
    try:
        same = plan_config(corpus_text, {"backends": told["backends"]})
    except (InputError, TypeError):
        # A name our grammar does not take, or a relative port, which is not a number.
        return
    # Where our grammar takes all that the file says, saying it again changes nothing, doubled servers aside.
    names = [[server["name"] for server in backend.get("servers", ())] for backend in told["backends"]]
    if all(len(set(backend)) == len(backend) for backend in names) and "********" not in str(told["backends"]):
        assert same.summaries == ()
        assert same.text == corpus_text


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("stats socket /run/a.sock mode 600", "/run/a.sock"),
        ("stats socket ipv4@127.0.0.1:9999\n stats socket unix@/run/b.sock level admin", "unix@/run/b.sock"),
        ("stats socket 127.0.0.1:9999", "127.0.0.1:9999"),
        ("stats socket fd@7", None),
        ('stats socket "${RUN}/a.sock"', None),
        ("stats timeout 1m", None),
    ],
)
def test_the_socket_is_found_in_the_file(lines, path):
    assert stats_socket(f"global\n {lines}\n") == path
