# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyword that came with a version is refused on an older HAProxy, where a change brings it in."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.versions import (
    SINCE,
    examine,
    new_uses,
    too_new,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed

SERVER = {"name": "s", "address": "10.0.0.1", "port": 80}
BIND = {"address": "127.0.0.1", "port": 80}
TEXT = "backend b\n    server s 10.0.0.1:80 ws h1 weight 5\n"

#: (what is wanted, the places and keywords that have a version)
WANTED = [
    ({"backends": [{"name": "b", "servers": [{**SERVER, "ws": "h1"}]}]}, [("backend b: server s", "ws")]),
    ({"backends": [{"name": "b", "default_server": {"hash_key": "id"}}]}, [("backend b: default-server", "hash-key")]),
    (
        {"backends": [{"name": "b", "servers": [{**SERVER, "idle_ping": "30s"}]}]},
        [("backend b: server s", "idle-ping")],
    ),
    (
        {"backends": [{"name": "b", "directives": ["server-template s 2 a:80 init-state up"]}]},
        [("backend b: server-template s", "init-state")],
    ),
    (
        {"frontends": [{"name": "f", "bind": [{**BIND, "shards": "2", "thread": "1-2"}]}]},
        [("frontend f: bind 127.0.0.1:80", "thread"), ("frontend f: bind 127.0.0.1:80", "shards")],
    ),
    ({"frontends": [{"name": "f", "error_log_format": "%ci"}]}, [("frontend f: error-log-format", "error-log-format")]),
    ({"backends": [{"name": "b", "mode": "log"}]}, [("backend b: mode", "log")]),
    ({"backends": [{"name": "b", "balance": "hash src"}]}, [("backend b: balance", "hash")]),
    ({"global": {"close_spread_time": "5s"}}, [("global: close-spread-time", "close-spread-time")]),
    ({"backends": [{"name": "b", "servers": [{**SERVER, "cookie": "guid"}], "balance": "uri depth 5"}]}, []),
    ({"frontends": [{"name": "f", "bind": [{**BIND, "name": "thread"}]}]}, []),
]


class Host:
    """Stands for the host: a HAProxy of one version, or none."""

    def __init__(self, said):
        self.said = said
        self.asked = 0

    def which(self, _name):
        return "/haproxy" if self.said else None

    def run(self, _argv, *, timeout):
        assert timeout
        self.asked += 1
        return Completed(0, self.said, "", False)


def uses(before, after):
    return new_uses(parse(before), parse(after))


@pytest.mark.parametrize(("desired", "expected"), WANTED)
def test_what_has_a_version_is_found_where_it_stands(desired, expected):
    found = [(use.where, use.keyword) for use in uses("", plan_config("", desired).text)]
    assert sorted(found) == sorted(expected)


def test_what_stood_there_before_is_not_judged():
    assert uses(TEXT, TEXT.replace("weight 5", "weight 6")) == []
    assert [use.keyword for use in uses(TEXT, TEXT.replace("weight 5", "guid x"))] == ["guid"]


def test_versions_are_numbers():
    new = uses("", TEXT.replace("ws h1", "init-state up"))
    assert [problem.option for problem in too_new(new, "3.0.12")] == ["backend b: server s"]
    assert too_new(new, "3.1.0") == too_new(new, "3.10") == too_new(new, "10.0") == []


@pytest.mark.parametrize("said", ["HA-Proxy version 2.4.22-f8e3218 2023/02/14", "HAProxy version 2.4.0-1 2021/05/14"])
def test_the_refusal_names_option_versions_and_remedy(said):
    host = Host(said)
    with pytest.raises(InputError) as error:
        examine("", TEXT, host, strict=True)
    installed = said.split()[2].split("-")[0]
    assert str(error.value) == (
        f"backend b: server s: 'ws' needs HAProxy 2.5, and this host has {installed}. "
        "Leave it out, or install HAProxy 2.5 or a newer one."
    )
    assert examine("", TEXT, host, strict=False) == [str(error.value)]


def test_haproxy_is_asked_only_where_it_matters():
    host = Host("HAProxy version 2.4.0")
    assert examine(TEXT, TEXT.replace("weight 5", "weight 6"), host, strict=True) == []
    assert host.asked == 0
    assert examine("", TEXT, Host(""), strict=True) == []
    assert examine("", TEXT, Host("who knows"), strict=True) == []


def test_everything_in_the_table_is_found_on_a_line():
    for words in SINCE:
        first, _blank, second = words.partition(" ")
        head = {"server": "server s 10.0.0.1:80", "bind": "bind 127.0.0.1:80"}.get(first, first)
        found = uses("", f"listen l\n    {head} {second} x\n")
        assert [(use.keyword, use.since) for use in found] == [(second or first, SINCE[words])]
