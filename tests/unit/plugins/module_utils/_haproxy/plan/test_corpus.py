# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the planner does to files of every shape: what it does not manage stays, byte for byte."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import conditional, parse
from hypothesis import given, settings
from hypothesis import strategies as st

NAME = "k8s_edge-test"
BACKEND = {
    "name": NAME,
    "mode": "tcp",
    "balance": "leastconn",
    "options": ["httpchk GET /readyz", "tcpka"],
    "http_check": ["expect status 200"],
    "timeouts": {"server": "24h", "tunnel": "24h"},
    "default_server": {"check": True, "inter": "2s"},
    "directives": ["acl local src 127.0.0.0/8", "tcp-request content accept if local"],
    "servers": [
        {"name": "one", "address": "10.0.0.1", "port": 6443, "weight": 10},
        {"name": "two", "address": "fd00::2", "port": 6443, "check": False},
    ],
}


def lines(text):
    return text.split("\n")


def editable_backends(text):
    """Names of backends of a file that a change is not refused for."""
    document = parse(text)
    names = [section.name for section in document.sections if section.kind == "backend"]
    return [
        section.name
        for section in document.sections
        if section.kind == "backend" and names.count(section.name) == 1 and not conditional(document, section)
    ]


def open_conditional(text):
    return parse(text).depth > 0


def test_a_backend_added_and_removed_leaves_the_bytes_that_were_there(corpus_text):
    if open_conditional(corpus_text):
        with pytest.raises(InputError, match="still open"):
            plan_backend(corpus_text, BACKEND)
        return
    added = plan_backend(corpus_text, BACKEND)
    assert added.impact == "reload"
    assert plan_backend(added.text, BACKEND).text == added.text
    assert added.text.endswith("\n")
    removed = plan_backend(added.text, {"name": NAME, "state": "absent"})
    assert removed.text == corpus_text


def test_a_change_of_one_option_changes_one_line(corpus_text):
    if open_conditional(corpus_text):
        return
    text = plan_backend(corpus_text, BACKEND).text
    servers = [{**BACKEND["servers"][0], "weight": 20}, BACKEND["servers"][1]]
    changed = plan_backend(text, {**BACKEND, "servers": servers})
    differing = [(old, new) for old, new in zip(lines(text), lines(changed.text)) if old != new]
    assert len(lines(text)) == len(lines(changed.text))
    assert [(old.strip(), new.strip()) for old, new in differing] == [
        ("server one 10.0.0.1:6443 weight 10", "server one 10.0.0.1:6443 weight 20")
    ]
    assert len(changed.summaries) == 1
    assert plan_backend(changed.text, BACKEND).text == text


def test_a_server_added_to_a_backend_that_is_there_and_removed_again(corpus_text):
    for name in editable_backends(corpus_text):
        document = parse(corpus_text)
        (section,) = document.find("backend", name)
        present = []
        for index in document.body(section):
            words = document.content(index).split()
            if words[0] == "server" and len(words) > 2 and '"' not in words[1] and "\\" not in words[1]:
                present.append({"name": words[1]})
        names = [server["name"] for server in present]
        try:
            before = plan_backend(corpus_text, {"name": name, "servers": present})
            added = plan_backend(before.text, {"name": name, "servers": [*present, {"name": NAME, "address": "::1"}]})
        except InputError:
            # Templates, quotes and letters that our own grammar does not take; nothing was changed.
            continue
        if len(names) == len(set(names)) and before.text != corpus_text:
            continue
        assert f"server {NAME} [::1]" in added.text or f"server {NAME} ::1" in added.text
        assert plan_backend(added.text, {"name": name, "servers": present}).text == before.text


def test_nothing_asked_for_changes_nothing(corpus_text):
    assert plan_config(corpus_text, {}).text == corpus_text
    for name in editable_backends(corpus_text):
        try:
            assert plan_backend(corpus_text, {"name": name}).text == corpus_text
        except InputError as refused:
            assert "name" in str(refused)


def test_a_global_option_given_and_given_back(corpus_text):
    document = parse(corpus_text)
    sections = [section for section in document.sections if section.kind == "global"]
    if open_conditional(corpus_text) or any(conditional(document, section) for section in sections):
        return
    changed = plan_config(corpus_text, {"global": {"spread_checks": 7}})
    assert plan_config(changed.text, {"global": {"spread_checks": 7}}).text == changed.text
    gone = [line for line in lines(corpus_text) if line.rstrip("\r") and line not in lines(changed.text)]
    assert all("spread-checks" in line for line in gone)


PIECES = st.sampled_from(
    """global|backend b| server a 1.1.1.1:80|defaults|# c||  |\t | x|frontend f| bind :80| mode http|'|é|\udcff|{% if %}
backend c|\tserver b ::1| option httplog| log global| # d""".replace("\n", "|").split("|")
)
TEXTS = st.lists(
    st.tuples(PIECES, st.sampled_from(["\n", "\n", "\n", "\r\n", "", "\r", "\x1c"])).map("".join), max_size=25
)


@settings(deadline=None, max_examples=300)
@given(TEXTS.map("".join) | st.text(max_size=60))
def test_any_text_survives_a_backend_that_comes_and_goes(text):
    if open_conditional(text) or parse(text).find("backend", NAME):
        return
    added = plan_backend(text, BACKEND)
    assert plan_backend(added.text, BACKEND).text == added.text
    assert plan_backend(added.text, {"name": NAME, "state": "absent"}).text == text


@settings(deadline=None, max_examples=200)
@given(TEXTS.map("".join), st.integers(0, 256))
def test_planning_twice_finds_nothing_left(text, weight):
    desired = {
        "purge": True,
        "global": {"maxconn": 5, "log": ["global"]},
        "defaults": [{"mode": "tcp", "options": ["tcplog"]}],
        "frontends": [{"name": "f", "bind": [{"port": 81}], "default_backend": "b"}],
        "backends": [{"name": "b", "servers": [{"name": "a", "address": "10.0.0.9", "weight": weight}]}],
    }
    try:
        once = plan_config(text, desired)
    except InputError:
        return
    twice = plan_config(once.text, desired)
    assert (twice.text, twice.summaries, twice.impact) == (once.text, (), "none")
