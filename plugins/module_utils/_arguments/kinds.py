# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of option values: how a value is checked, written into a file, and read back for comparison.

This file has the kinds that all planes share. A plane's own kinds are in its ``vocabulary``.
"""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple


class Kind(NamedTuple):
    """``argument`` is the fragment of an argument spec (``{"type": "int"}``). ``problem(value)`` returns None or
    (reason, remedy). ``to_text(value)`` is the text in the file. ``from_text(text)`` is the normal form of that text,
    equal to ``normal(value)`` where both mean the same. A text that the kind cannot parse is returned unchanged, so it
    equals no value."""

    argument: dict[str, Any]
    problem: Callable[[Any], tuple[str, str] | None]
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]

    def normal(self, value: Any) -> Any:
        """The form in which a desired value is compared with ``from_text``."""
        return self.from_text(self.to_text(value))

    def fits(self, value: Any) -> bool:
        """Whether a result of ``from_text`` is a valid value of the option, not a text that could not be parsed."""
        types = {"int": (int,), "float": (int, float), "bool": (bool,)}.get(self.argument["type"], (str,))
        return isinstance(value, types) and value in self.argument.get("choices", (value,))


def secret(kind: Kind) -> Kind:
    """The same kind with ``no_log`` set."""
    return kind._replace(argument=dict(kind.argument, no_log=True))


def shown(kind: Kind) -> Kind:
    """The same kind with ``no_log`` off, for an option whose name only looks like a secret."""
    return kind._replace(argument=dict(kind.argument, no_log=False))


def _integer_from(text: str) -> Any:
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else text


def _number_from(text: str) -> Any:
    return round(float(text), 6) if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+", text) else text


def _number_text(value: float) -> str:
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def integer(low: int, high: int) -> Kind:
    """A whole number from low to high, both included."""
    return Kind({"type": "int"}, _within(low, high), str, _integer_from)


def number(low: float, high: float, step: float | None = None) -> Kind:
    """A decimal number from low to high, both included; a multiple of ``step`` where given (up to six digits)."""
    within = _within(low, high)

    def problem(value: float) -> tuple[str, str] | None:
        if step is not None and abs(value / step - round(value / step)) > 1e-6:
            return f"is not a multiple of {step}", f"Give a number from {low} to {high} in steps of {step}."
        return within(value)

    return Kind({"type": "float"}, problem, _number_text, _number_from)


def _within(low: float, high: float) -> Callable[[Any], tuple[str, str] | None]:
    def problem(value: Any) -> tuple[str, str] | None:
        if low <= value <= high:
            return None
        return f"is not between {low} and {high}", f"Give a number from {low} to {high}."

    return problem


def choice(*words: str) -> Kind:
    """One of the given words, case sensitive."""

    def problem(value: str) -> tuple[str, str] | None:
        if value in words:
            return None
        return "is not one of the words the daemon knows here", "Use one of: {}.".format(", ".join(words))

    return Kind({"type": "str", "choices": list(words)}, problem, str, str)


def word(without: str = "", longest: int = 1024) -> Kind:
    """One printable ASCII word without white space and without the characters in ``without``, so that no value can end
    a line, open a comment or close a block."""
    return Kind({"type": "str"}, lambda value: word_problem(value, without, longest), str, str)


def word_problem(value: str, without: str = "", longest: int = 1024) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be written as one unquoted word, else None."""
    if not value:
        return "is empty", "Give a value, or leave the option out."
    if len(value) > longest:
        return f"is longer than {longest} characters", "Shorten it."
    for character in value:
        if character in without or not "!" <= character <= "~":
            return f"contains {character_name(character)}", "Leave that character out."
    return None


def character_name(character: str) -> str:
    """A readable name of a character, for messages."""
    names = {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", " ": "a space", "\0": "a null character"}
    if character in names:
        return names[character]
    if "!" <= character <= "~":
        return f"the character {character}"
    return f"the character U+{ord(character):04X}, which is not printable ASCII"
