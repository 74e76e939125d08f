# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values in keepalived's configuration, in addition to plain numbers and words.

The checks of values are in the modules kind_problems and commands, which a run without changes never loads.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind


def _text(normal: Callable[[str], Any], judge: str, *terms: Any) -> Kind:
    """``judge`` names the function in kind_problems that checks a value; ``terms`` are its further arguments."""
    return Kind({"type": "str"}, _judged(judge, *terms), str, normal)


def _judged(judge: str, *terms: Any) -> Callable[[Any], Any]:
    def problem(value: Any) -> Any:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary import (
            kind_problems,
        )

        return getattr(kind_problems, judge)(value, *terms)

    return problem


def plain(longest: int = 500) -> Kind:
    """One unquoted word."""
    return _text(str, "plain", longest)


def interface() -> Kind:
    """The name of a network interface: at most 15 characters, no slash, no colon."""
    return _text(str, "interface")


def path() -> Kind:
    """An absolute path of a file."""
    return _text(str, "path")


def address(prefix: str = "never") -> Kind:
    """An IPv4 or IPv6 address. ``prefix``: ``never``, ``optional``, or ``always`` (keepalived would assume /32 or
    /128).

    The normal form is the kernel's spelling, with the prefix length unless ``prefix`` is ``never``.
    """

    def normal(text: str) -> str:
        found = parse_address(text)
        if found is None:
            return text
        return found.host if prefix == "never" else "{0}/{1}".format(found.host, found.full_prefix)

    return _text(normal, "address", prefix)


def upper(*words: str) -> Kind:
    """One of some words that keepalived reads in upper and lower case; written in capital letters."""
    return Kind({"type": "str", "choices": list(words)}, _judged("upper", words), str, str.upper)


def sentence(pattern: str, example: str) -> Kind:
    """Several words on one line that must match a pattern as a whole."""
    return _text(lambda text: " ".join(text.split()), "sentence", pattern, example)


def user() -> Kind:
    """A user, and optionally a group."""
    return sentence(r"[A-Za-z0-9_.\-]+(?: [A-Za-z0-9_.\-]+)?", "keepalived_script")


def pattern() -> Kind:
    """A regular expression in double quotes, verbatim."""
    return Kind({"type": "str"}, _judged("pattern"), '"{0}"'.format, str)


def password() -> Kind:
    """auth_pass: at most 8 characters."""
    return Kind({"type": "str", "no_log": True}, _judged("password"), str, str)


def hmac_key() -> Kind:
    """A key of auth_hmac: 32 to 64 bytes as text, the same as ``hex:`` digits, or ``file:`` and a path."""
    return Kind({"type": "str", "no_log": True}, _judged("hmac_key"), str, str)


def weight(limit: int) -> Kind:
    """A weight, alone or followed by ``reverse``. 254 is refused where keepalived would reduce it to 253."""

    def normal(text: str) -> str:
        number, _space, rest = " ".join(text.split()).partition(" ")
        return "{0} {1}".format(int(number), rest).strip() if re.fullmatch("[+-]?[0-9]+", number) else text

    return _text(normal, "weight", limit)


def command() -> Kind:
    """A program and its arguments. The normal form is quoted only where needed; a command with a backslash stays
    verbatim, including its quotes."""
    return Kind({"type": "str"}, _of_commands("problem"), _of_commands("to_text"), _of_commands("normal"))


def process() -> Kind:
    """The name of a process as its command line begins, and parameters. A name with blanks is in double quotes."""
    return Kind({"type": "str"}, _of_commands("process_problem"), str, _of_commands("process_normal"))


def _of_commands(name: str) -> Callable[[str], Any]:
    def ask(text: str) -> Any:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary import commands

        return getattr(commands, name)(text)

    return ask


def noting(kind: Kind, note: str) -> Kind:
    """The same kind, with ``note`` added to its problems: what keepalived would do."""

    def problem(value: Any) -> tuple[str, str] | None:
        problem = kind.problem(value)
        return None if problem is None else ("{0} ({1})".format(problem[0], note), problem[1])

    return kind._replace(problem=problem)
