# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Span edits against a plain model."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.spans import (
    Replacement,
    apply_replacements,
    line_ending,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.text(max_size=3)), max_size=6))
def test_equal_to_replacing_from_the_back(text, cuts):
    spans = []
    for start, end, new in sorted(cuts):
        start, end = min(start, len(text)), min(max(start, end), len(text))
        if not spans or start > spans[-1].end:
            spans.append(Replacement(start, end, new))
    expected = text
    for span in reversed(spans):
        expected = expected[: span.start] + span.text + expected[span.end :]
    assert apply_replacements(text, spans[::-1]) == expected


def test_insertions_at_one_place_keep_their_order():
    assert apply_replacements("ad", [Replacement(1, 1, "b"), Replacement(1, 1, "c")]) == "abcd"


def test_an_insertion_before_a_deletion():
    assert apply_replacements("axd", [Replacement(1, 2, ""), Replacement(1, 1, "b")]) == "abd"


def test_overlap_is_an_error():
    with pytest.raises(ValueError, match="overlap at offset 1"):
        apply_replacements("abc", [Replacement(0, 2, ""), Replacement(1, 3, "")])


@pytest.mark.parametrize(
    ("text", "ending"), [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("\n", "\n")]
)
def test_line_ending(text, ending):
    assert line_ending(text) == ending
