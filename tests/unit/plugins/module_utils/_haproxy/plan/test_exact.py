# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A section that is exact holds what is given, and nothing else but comments; others are not touched."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config

TEXT = """\
frontend f from d
    # mine
    bind :80 accept-proxy  # here
    bind :81
    maxconn 9
    stats auth admin:hunter2
    default_backend b
backend b
    balance source
    retries 1
    retries 2
    option tcpka
    option tcpka
    http-check expect status 200
    frobnicate
    default-server check
    default-server inter 2s check-ssl unknown-word
    server a 10.0.0.1:80 weight 5 backup
    server gone 10.0.0.2:80
"""
SERVER = {"name": "a", "address": "10.0.0.1", "port": "80"}
BACKEND = {"name": "b", "retries": 2, "options": ["tcpka"], "default_server": {"inter": "2s"}, "servers": [SERVER]}
FRONTEND = {"name": "f", "bind": [{"address": "*", "port": "80"}], "default_backend": "b"}


def test_what_is_not_given_goes_and_comments_stay():
    both = {"frontends": [{**FRONTEND, "exact": True}], "backends": [{**BACKEND, "exact": True}]}
    edited = plan_config(TEXT, both)
    assert edited.text == (
        "frontend f\n    # mine\n    bind :80  # here\n    default_backend b\n"
        "backend b\n    retries 2\n    option tcpka\n    default-server inter 2s\n    server a 10.0.0.1:80\n"
    )
    assert plan_config(edited.text, both).text == edited.text
    assert "hunter2" not in "".join(edited.summaries)
    assert {"frontend f: from d removed", "backend b: balance source removed"} <= set(edited.summaries)


@pytest.mark.parametrize("exact", [False, None])
def test_by_default_it_stays(exact):
    given = {"name": "b", "retries": 2, "exact": exact}
    assert plan_config(TEXT, {"backends": [given]}).text == TEXT
    assert plan_backend(TEXT, given).text == TEXT


def test_one_section_is_exact_and_its_neighbour_is_not():
    edited = plan_backend(TEXT, {**BACKEND, "exact": True})
    assert edited.text.startswith(TEXT[: TEXT.index("backend b")])
