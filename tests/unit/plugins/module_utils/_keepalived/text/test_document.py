# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any text can be read, and comes back the same; the tree is what keepalived's parser would see."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Block, parse, serialise
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import mask
from hypothesis import given
from hypothesis import strategies as st

#: Texts made of what matters to the parser, so that it is met often.
PIECES = st.sampled_from(
    [
        "{",
        "}",
        '"',
        "'",
        "\\",
        "#",
        "!",
        "\n",
        "\r\n",
        " ",
        "\t",
        "$A=",
        "${A}",
        "@id ",
        "include x\n",
        "~SEQ(",
        "a",
        "vrrp_instance A",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert serialise(parse(text)) == text


@given(TEXTS)
def test_a_mask_keeps_every_offset_and_every_line(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    if "$A=" in text:  # a definition is one word, over several lines too
        return
    assert [number for number, one in enumerate(masked) if one == "\n"] == [
        number for number, one in enumerate(text) if one == "\n"
    ]


@given(TEXTS)
def test_blocks_nest_within_the_text(text: str) -> None:
    document = parse(text)

    def check(block: Block, low: int, high: int) -> None:
        for child in block.blocks:
            assert low <= child.start <= child.opening < high
            assert child.opening < child.closing <= high
            check(child, child.opening + 1, child.closing)

    check(document.root, 0, len(text))


def outline(text: str) -> list[str]:
    """Headers of blocks and words of lines, indented by depth."""
    document = parse(text)
    lines: list[str] = []

    def walk(block: Block, depth: int) -> None:
        for statement in document.statements(block):
            lines.append("  " * depth + "|".join(word.text for word in statement.words))
            if statement.block is not None:
                walk(statement.block, depth + 1)

    walk(document.root, 0)
    return lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a { b c }", ["a", "  b|c"]),
        ("a{b{c}}", ["a", "  b", "    c"]),
        ("a\n\n# x {\n{\n b\n}", ["a", "  b"]),
        ("a { b # } c\n}", ["a", "  b"]),
        ("a { b ! } c\n}", ["a", "  b"]),
        ('a { b "}#!{" c\n}', ["a", "  b|}#!{|c"]),
        ("a { b '}\n", ["a", "  b|'"]),
        ('a {\n b "open {\n c\n}', ["a", '  b|"open {', "  c"]),
        ("a {\n b c\\#d\n}", ["a", "  b|c#d"]),
        ('x"y z"w', ["x|y z|w"]),
        ("$A=b { \\\n c {\n d", ["$A=b { \\\n c {", "d"]),
        ("$A= \\\n b {\\ \n# c\n  \n } # d \\\n e\nf", ["$A= \\\n b {\\ \n# c\n  \n } # d \\\n e", "f"]),
        ("$A= \\\n b {\\\n\n}\nf {\n}", ["$A= \\\n b {\\", "f"]),
        ("a { $A=b }\n}", ["a", "  $A=b }"]),
        ("$A =b {\n}", ["$A|=b"]),
        ("@x $A=b {\nc", ["$A=b {", "c"]),
        ("a {\n include x{1,2}.conf\n}", ["a", "  include|x{1,2}.conf"]),
        ("a ${B} {\n c\n}", ["a|${B}", "  c"]),
        ("a { b } c { d }", ["a", "  b", "c", "  d"]),
        ("a\u00a0b {\n}", ["a\u00a0b"]),
        ("@x b c\n@x d {\n}", ["b|c", "d"]),
    ],
)
def test_the_tree_is_what_keepalived_sees(text: str, expected: list[str]) -> None:
    assert outline(text) == expected


@pytest.mark.parametrize(("text", "line"), [("a {\n b\n}\n}\n", 4), ("\na {\n b\n", 2), ("@x a {\n@y a {\n}\n", 1)])
def test_braces_that_do_not_match_are_told_with_their_line(text: str, line: int) -> None:
    document = parse(text)
    with pytest.raises(EdgeError, match=f"line {line}:"):
        document.require_parsable()
