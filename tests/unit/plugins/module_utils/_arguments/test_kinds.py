# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values: what is refused, and that what is written reads back as what was meant."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import choice, integer, number, word
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("value", [0, 256, -1, 10**9])
def test_a_number_outside_its_range_is_refused_with_the_range(value):
    reason, remedy = integer(1, 255).problem(value)
    assert "between 1 and 255" in reason
    assert "1 to 255" in remedy


@pytest.mark.parametrize("value", [1, 255])
def test_both_ends_of_a_range_are_in_it(value):
    assert integer(1, 255).problem(value) is None


@given(st.integers(-(10**6), 10**6))
def test_an_integer_reads_back(value):
    kind = integer(-(10**6), 10**6)
    assert kind.from_text(kind.to_text(value)) == value == kind.normal(value)


@given(st.integers(1, 4095))
def test_a_decimal_reads_back(hundredths):
    kind = number(0.01, 40.95, 0.01)
    value = hundredths / 100
    assert kind.problem(value) is None
    assert kind.from_text(kind.to_text(value)) == kind.normal(value)


def test_a_decimal_off_its_step_is_refused():
    assert number(1, 255, 1).problem(0.5)[0] == "is not a multiple of 1"
    assert number(1, 255, 1).problem(300)[0] == "is not between 1 and 255"


@pytest.mark.parametrize(("text", "same"), [("1", 1.0), ("1.0", 1.0), ("0.10", 0.1), (".5", 0.5)])
def test_decimals_compare_by_value(text, same):
    assert number(0, 9).from_text(text) == number(0, 9).normal(same)


@pytest.mark.parametrize("text", ["", "x", "1x", "0x10", "1 2", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_text_that_is_no_number_equals_no_number(text):
    assert integer(0, 9).from_text(text) == text
    assert number(0, 9).from_text(text) == text


def test_a_choice_is_to_the_letter():
    kind = choice("TCP", "UDP")
    assert kind.problem("TCP") is None
    assert "TCP, UDP" in kind.problem("tcp")[1]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "is empty"),
        ("a b", "a space"),
        ("a\nb", "a line break"),
        ("a\rb", "a carriage return"),
        ("a\tb", "a tab"),
        ("a\0b", "a null character"),
        ("a#b", "the character #"),
        ("é", "U+00E9"),
        ("a\x7fb", "U+007F"),
        ("a" * 1025, "longer than 1024"),
    ],
)
def test_a_word_cannot_end_its_line(value, told):
    assert told in word(without="#").problem(value)[0]


@given(st.text(min_size=1, max_size=40))
def test_a_word_that_passes_is_one_bare_word(value):
    if word(without="#!{}\"';\\").problem(value) is None:
        assert value.split() == [value]
        assert value.isascii() and value.isprintable() and not set(value) & set("#!{}\"';\\")
