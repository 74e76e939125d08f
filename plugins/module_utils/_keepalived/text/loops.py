# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived's loops, which repeat the rest of their line: ``~SEQ(var, start, step, end)``, ``~SEQx(…)`` in hexadecimal
digits, and ``~LST({var, …}, {value, …}, …)`` (add_seq and add_lst in lib/parser.c)."""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

LOOPS = ("~SEQ", "~LST")
#: A loop with more rounds than this is not expanded: keepalived would need minutes for it.
_MOST_ROUNDS = 10000

_SEQUENCE = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,[ \t]*([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LIST = re.compile(
    r"~LST[ \t]*\([ \t]*(\{[^}]*\}|[^ \t,}]+)[ \t]*,[ \t]*((?:\{[^}]*\}|[^{})])*)\)[ \t]*(.*)", re.DOTALL
)
_VALUES = re.compile(r"\{([^}]*)\}|([^ \t,{}]+)")
_NUMBER = re.compile(r"[ \t]*([+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+))[ \t]*")


class Loop(NamedTuple):
    """Names, their values in each round, and the text of each round."""

    names: tuple[str, ...]
    rounds: list[tuple[str, ...]]
    text: str


def loop_of(line: str, put_in: Callable[[str], str]) -> Loop | None:
    """The loop of a line; None for one that is invalid or too long. ``put_in`` replaces the parameters of a text."""
    return _sequence(line, put_in) if line.startswith("~SEQ") else _list(line)


def _sequence(line: str, put_in: Callable[[str], str]) -> Loop | None:
    match = _SEQUENCE.match(line)
    if match is None:
        return None
    hexadecimal, name, given, text = match.groups()
    numbers = [_NUMBER.fullmatch(one) for one in put_in(given).split(",")]
    if not 1 <= len(numbers) <= 3 or not all(numbers):
        return None
    found = [_number(one.group(1)) for one in numbers if one is not None]
    if len(found) == 1:
        start, step, end = (-1 if found[0] < 0 else 1), (-1 if found[0] < 1 else 1), found[0]
    elif len(found) == 2:
        start, end = found
        step = 1 if start <= end else -1
    else:
        start, step, end = found
    rising = step > 0
    if not step or (start != end and rising != (start < end)) or (hexadecimal and min(start, end) < 0):
        return None
    if abs(end - start) // abs(step) >= _MOST_ROUNDS:
        return None
    numbers_of = range(start, end + (1 if rising else -1), step)
    return Loop((name,), [(format(one, "x") if hexadecimal else str(one),) for one in numbers_of], text)


def _list(line: str) -> Loop | None:
    match = _LIST.match(line)
    if match is None:
        return None
    given, values, text = match.groups()
    names = _several(given)
    rounds = []
    for group, single in _VALUES.findall(values):
        one = _several(group) if not single else (single,)
        if len(one) > len(names):
            return None
        rounds.append(one + ("",) * (len(names) - len(one)))
    return Loop(names, rounds, text) if rounds and len(rounds) <= _MOST_ROUNDS else None


def _several(text: str) -> tuple[str, ...]:
    return tuple(one.strip(" \t") for one in text.strip("{} \t").split(","))


def _number(text: str) -> int:
    """A number as strtol reads it with base 0."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if digits[:2] in ("0x", "0X"):
        return sign * int(digits, 16)
    if digits.startswith("0") and all(one in "01234567" for one in digits):
        return sign * int(digits, 8)
    return sign * int(digits)
