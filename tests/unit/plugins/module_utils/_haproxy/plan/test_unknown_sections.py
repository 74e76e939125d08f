# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of newer HAProxys end the one before them, whether we know their keyword or not."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.versions import new_uses
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.directive_keywords import DIRECTIVES
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.section_keywords import SECTIONS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import SERVER_LINES, TABLES

SERVERS = [{"name": "a", "address": "10.0.0.1", "port": 1}, {"name": "b", "address": "10.0.0.2", "port": 1}]

#: How files are written: (indentation of headers, of the lines under them).
STYLES = {"indented": ("", "    "), "tabs": ("", "\t"), "all indented": ("  ", "    "), "headers deeper": ("  ", "")}


def file_of(keyword, style):
    header, line = STYLES.get(style, ("", ""))
    return (
        f"{header}backend b\n{line}mode tcp\n{line}server a 10.0.0.1:1\n"
        f"{header}{keyword} x\n{line}type tcp-check\n{line}tcp-check connect\n"
        f"{header}frontend f\n{line}mode tcp\n"
    )


@pytest.mark.parametrize("keyword", [*sorted(set(SECTIONS) - set(TABLES)), "no-such-section", "waf-profile"])
@pytest.mark.parametrize("style", ["indented", "tabs", "all indented"])
def test_a_section_ends_the_one_before(keyword, style):
    text = file_of(keyword, style)
    assert [section.kind for section in parse(text).sections] == ["backend", keyword, "frontend"]
    added = plan_backend(text, {"name": "b", "servers": SERVERS, "directives": []})
    assert added.text == text.replace("10.0.0.1:1\n", f"10.0.0.1:1\n{STYLES[style][1]}server b 10.0.0.2:1\n")
    gone = plan_backend(text, {"name": "b", "state": "absent"})
    assert gone.text == text[text.index(keyword) - len(STYLES[style][0]) :]


@pytest.mark.parametrize("style", ["flush left", "headers deeper"])
def test_a_known_section_ends_the_one_before_whatever_the_style(style):
    text = file_of("healthcheck", style)
    assert [section.kind for section in parse(text).sections] == ["backend", "healthcheck", "frontend"]


@pytest.mark.parametrize("call", [{"servers": SERVERS}, {"state": "absent"}, {"directives": []}])
def test_where_style_does_not_tell_an_unknown_word_a_change_is_refused(call):
    text = file_of("no-such-thing", "flush left")
    with pytest.raises(InputError, match="line 4 begins: no-such-thing is not a known keyword"):
        plan_backend(text, {"name": "b", **call})
    assert plan_backend(text, {"name": "new"}).text.startswith(text)
    assert plan_config(text, {"frontends": [{"name": "f", "maxconn": 5}]}).text == text + "maxconn 5\n"
    # As its message says.
    clear = text.replace("type", "  type").replace("tcp-check c", "  tcp-check c")
    assert plan_backend(clear, {"name": "b", "state": "absent"}).text == clear[clear.index("no-such") :]
    directive = text.replace("no-such", "  no-such")
    assert [section.kind for section in parse(directive).sections] == ["backend", "frontend"]


def test_a_change_that_would_make_an_unknown_word_unclear_is_refused():
    text = "global\nmaxconn 5\nbackend gone\n    mode tcp\nno-such-thing x\nbackend b\nmode tcp\n"
    with pytest.raises(
        InputError, match="'no-such-thing' is not a known keyword, and after this change its indentation"
    ):
        plan_backend(text, {"name": "gone", "state": "absent"})
    assert plan_backend(text, {"name": "b", "state": "absent"}).text == text[: text.index("backend b")]
    # As its message says.
    clear = text.replace("thing x\n", "thing x\n    more\n")
    assert plan_backend(clear, {"name": "gone", "state": "absent"}).text == clear.replace(
        "backend gone\n    mode tcp\n", ""
    )


def test_what_no_section_can_begin_with_stays_where_it_is():
    text = (
        "backend b\n{{ range .servers }}\n    server a 10.0.0.1:1\n{% endif %}\nNOTAKEYWORD\ntune.x 1\nstats enable\n"
    )
    assert [section.kind for section in parse(text).sections] == ["backend"]


@pytest.mark.parametrize("text", ["", "backend old\nmode tcp\nserver a 10.0.0.1:1\n", " backend old\n mode tcp\n"])
def test_a_directive_that_nobody_knows_is_not_written_as_a_section(text):
    for name in ("old", "new"):
        wanted = {"name": name, "mode": "tcp", "directives": ["brand-new x", "acl a always_true"]}
        once = plan_backend(text, wanted)
        assert [section.name for section in parse(once.text).sections] == sorted({name, "old"} & {name, *text.split()})[
            ::-1
        ]
        assert plan_backend(once.text, wanted).text == once.text
        changed = {**wanted, "directives": ["acl a always_true", "brand-newer x"]}
        assert plan_backend(plan_backend(once.text, changed).text, changed).summaries == ()


def test_an_unknown_section_that_is_read_can_be_written_and_none_can_be_added():
    text = file_of("no-such-section", "indented")
    told = describe(text)["sections"]
    assert told == [{"type": "no-such-section", "name": "x", "directives": ["type tcp-check", "tcp-check connect"]}]
    assert plan_config(text, {"sections": told, "purge": True}).text == text
    changed = plan_config(text, {"sections": [{**told[0], "directives": ["type tcp-check"]}]})
    assert changed.text == text.replace("    tcp-check connect\n", "")
    with pytest.raises(InputError, match=r"sections\[0\].type: 'no-such-section' is not a known section keyword"):
        plan_config("", {"sections": told})
    with pytest.raises(InputError, match="'backend' has options of its own"):
        plan_config("", {"sections": [{"type": "backend", "name": "b", "directives": []}]})


def test_a_section_of_a_newer_version_is_told_by_it():
    new = plan_config("", {"sections": [{"type": "healthcheck", "name": "h", "directives": ["type tcp-check"]}]})
    assert [(use.keyword, use.since) for use in new_uses(parse(""), parse(new.text))] == [("healthcheck", "3.4")]


def test_our_own_words_are_known():
    words = {words.words[0] for table in TABLES.values() for words in table.values()}
    words |= {word for lines in SERVER_LINES.values() for word in lines} | {"bind"}
    assert words <= DIRECTIVES
