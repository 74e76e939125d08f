# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections and lines: nothing is lost, whatever the text."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import conditional, parse, serialise
from hypothesis import given
from hypothesis import strategies as st

PIECES = st.sampled_from(
    "global|backend b|server a 1.1.1.1:80|defaults|#|'|\\|.if 1|.else|.endif|frontend f|bind :80|from|é|\"|{% if %}"
    "| |\t|\n|\r\n|\r|\0|\udcff|\x1c|\u2028".split("|")
)


def test_the_corpus_is_large(corpus_size):
    assert corpus_size >= 60


def test_a_file_comes_back_byte_for_byte(corpus_text):
    assert serialise(parse(corpus_text)) == corpus_text


@given(st.text() | st.lists(PIECES).map("".join))
def test_any_text_comes_back(text):
    document = parse(text)
    assert serialise(document) == text
    assert [section.header for section in document.sections] == sorted(section.header for section in document.sections)


def sections(text):
    return [(section.kind, section.name) for section in parse(text).sections]


def test_sections_begin_at_their_keyword_at_any_indentation():
    text = "  global\n\tdefaults base from x\n frontend f 10.0.0.1:80\nbackend \"b c\" # no\n#backend d\n'listen' e\n"
    assert sections(text) == [
        ("global", ""),
        ("defaults", "base"),
        ("frontend", "f"),
        ("backend", "b c"),
        ("listen", "e"),
    ]


def test_defaults_may_have_a_parent_and_no_name():
    assert sections("defaults from base\n") == [("defaults", "")]
    assert sections("defaults from from base\n") == [("defaults", "from")]


def test_the_body_is_what_says_something():
    document = parse("# a\nglobal\n\n    # b\n    daemon # c\n  \nbackend b\n")
    (section, _backend) = document.sections
    assert [document.content(index) for index in document.body(section)] == ["    daemon # c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("backend b\n server a 1.1.1.1\n", False),
        ("backend b\n .if 1\n server a 1.1.1.1\n .endif\n", True),
        (".if 1\nbackend b\n server a 1.1.1.1\n.endif\n", True),
        ("backend b\n server a 1.1.1.1\n.if 1\nfrontend f\n bind :80\n.endif\n", False),
        (".if 1\nfrontend f\n bind :80\n.endif\nbackend b\n server a 1.1.1.1\n", False),
        (".endif\n.if 1\nbackend b\n server a 1.1.1.1\n", True),
        ("backend b\n.endif\n server a 1.1.1.1\n", False),
    ],
)
def test_a_section_knows_whether_conditionals_decide_about_it(text, expected):
    document = parse(text)
    assert conditional(document, document.find("backend", "b")[0]) is expected
