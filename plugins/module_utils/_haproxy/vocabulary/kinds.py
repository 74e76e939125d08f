# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values that only HAProxy has, in addition to those of all planes."""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import is_ipv4, parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import (
    Kind,
    character_name,
    word,
    word_problem,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import prefixed
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings

#: The oldest HAProxy in use.
OLDEST = "2.4"
#: The longest time HAProxy supports: 31 bits of milliseconds, 24.8 days.
LONGEST_TIME = 2**31 - 1
#: HAProxy splits a line into at most this many words (MAX_LINE_ARGS).
MOST_WORDS = 64

#: Characters that no unquoted word may have: they quote, escape, comment, or end a command on the runtime socket.
NOT_IN_WORDS = "\"'\\#;"

_TIME = re.compile(r"([0-9]+)(us|ms|s|m|h|d|)")
_MICROSECONDS = {"us": 1, "ms": 1000, "": 1000, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")
#: Patterns that few runs need are compiled when they are used: in a run that changes nothing every millisecond counts.
_HOST = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?"


def _kind(problem: Callable[[Any], tuple[str, str] | None], from_text: Callable[[str], Any] = str) -> Kind:
    return Kind({"type": "str"}, problem, str, from_text)


def microseconds(text: str) -> Any:
    """``10s``, ``5000`` (milliseconds) in microseconds; anything else unchanged."""
    match = _TIME.fullmatch(text)
    return text if match is None else int(match.group(1)) * _MICROSECONDS[match.group(2)]


def time(shortest: int = 0) -> Kind:
    """A time in HAProxy's units, at least ``shortest`` microseconds; a bare number means milliseconds."""

    def problem(value: str) -> tuple[str, str] | None:
        length = microseconds(value)
        if isinstance(length, str):
            return "is not a time", "Give a number with a unit (us, ms, s, m, h, d), such as 10s; milliseconds bare."
        if length < shortest or 0 < length < 1000:
            return "is too short for HAProxy here", "Give at least 1ms."
        if length > LONGEST_TIME * 1000:
            return "is more than HAProxy can hold", f"Give at most {LONGEST_TIME} ms (24.8 days)."
        return None

    return _kind(problem, microseconds)


def bare(longest: int = 1024) -> Kind:
    """One word that needs no quoting, at most ``longest`` characters."""
    return word(NOT_IN_WORDS, longest)


def name_problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be the name of a section or a server, else None."""
    if 0 < len(value) < 256 and _NAME_CHARACTERS.issuperset(value):
        return None
    problem = word_problem(value, NOT_IN_WORDS, 255)
    if problem is None and not _NAME_CHARACTERS.issuperset(value):
        problem = "is not a name HAProxy accepts", "Use letters, digits, and the characters _ . : - only."
    return problem


NAME = _kind(name_problem)


def line_problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be (the rest of) one line of haproxy.cfg, else None."""
    if not value.strip():
        return "is empty", "Give the words of the line, or leave it out."
    for character in value:
        if not " " <= character <= "~" and character != "\t":
            escape = "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
            return (
                f"contains {character_name(character)}",
                f"An entry is one line of printable ASCII. To give HAProxy that character, write {escape}.",
            )
    lexed = lex(value)
    if lexed.fault is not None:
        return f"has {lexed.fault}", "Close every quote, and put a backslash before a literal backslash or quote."
    if lexed.lost:
        return "has an empty word, at which HAProxy ends the line", "Leave the empty quotes out."
    if not lexed.words or lexed.words[-1].end != len(value.rstrip()):
        return "has a # outside quotes, so HAProxy would ignore the rest", "Quote the # or write it as \\#."
    if len(lexed.words) >= MOST_WORDS:
        return f"has more words than HAProxy takes in one line ({MOST_WORDS})", "Split it into several lines."
    return None


def _words_of(text: str) -> Any:
    return tuple(meanings(text))


#: The rest of a line as HAProxy reads it: several words, quoting allowed.
WORDS = _kind(line_problem, _words_of)


def one_word_problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be one word of haproxy.cfg, quoted or not, else None."""
    problem = line_problem(value)
    if problem is None and len(lex(value).words) != 1:
        problem = "is several words, and HAProxy takes one here", "Leave the others out, or quote the whole of it."
    return problem


def _first_word(text: str) -> str:
    return (meanings(text) or [""])[0]


#: One word as HAProxy reads it: an expression, quoted where needed.
ONE_WORD = _kind(one_word_problem, _first_word)


def words_like(pattern: str, remedy: str) -> Kind:
    """The rest of a line, which must match a pattern."""

    def problem(value: str) -> tuple[str, str] | None:
        problem = line_problem(value)
        if problem is None and re.fullmatch(pattern, value) is None:
            problem = "is not what HAProxy takes here", remedy
        return problem

    return _kind(problem, _words_of)


def address_problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be the address (without port) of a server or listener, else None."""
    if value[:1].isdigit() and is_ipv4(value):
        return None
    problem = word_problem(value, NOT_IN_WORDS + ",$", 255)
    if problem is not None or value.startswith("/") or value == "*":
        return problem
    match = prefixed(value)
    if match is not None:
        return (
            None
            if not match.group(2) or match.group(3) == "*"
            else _family_problem(match.group(3), int(match.group(2)))
        )
    return _family_problem(value, 0)


def _family_problem(value: str, family: int) -> tuple[str, str] | None:
    host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    address = parse_address(host)
    if address is not None and address.prefix is None:
        if family and address.family != family:
            return f"is not an IPv{family} address", "Use a prefix and an address of one family."
        return None
    if "/" in host:
        return "has a prefix length", "Give the plain address."
    if ":" in host:
        return "is neither an IPv6 address nor a name", "Give the plain address, and its port in port."
    if not host.strip("0123456789."):
        return "is not an IPv4 address", "Give four numbers from 0 to 255."
    if re.fullmatch(_HOST, host) is None:
        return "is not an address or a host name", "Give an IP address, a host name, or the path of a socket."
    return None


ADDRESS = _kind(address_problem)
_PORT = r"[0-9]{1,5}"


def _port_problem(value: str) -> tuple[str, str] | None:
    if re.fullmatch(rf"[+-]?{_PORT}", value) and 1 <= int(value.lstrip("+-")) <= 65535:
        return None
    return "is not a port", "Give a number from 1 to 65535; with + or - before it, it counts from the client's port."


def _listened_problem(value: str) -> tuple[str, str] | None:
    low, dash, high = value.partition("-")
    if re.fullmatch(rf"{_PORT}(-{_PORT})?", value) and 1 <= int(low) <= int(high if dash else low) <= 65535:
        return None
    return "is not a port", "Give a number from 1 to 65535, or a range of them such as 8000-8010."


#: A server's port; with a sign it is relative to the port that the client connected to.
SERVER_PORT = _kind(_port_problem)
#: A listener's port.
BIND_PORT = _kind(_listened_problem)


def is_quotable(kind: Kind) -> bool:
    """Whether values of a kind are written verbatim, quotes included."""
    return kind.from_text in (_words_of, _first_word)


def value_of(kind: Kind, text: str) -> Any:
    """A text as a value of a kind; None where it is not one."""
    value: Any = text
    if kind.argument["type"] == "int":
        if not text.lstrip("-").isdecimal() or not text.isascii():
            return None
        value = int(text)
    return value if "\0" not in text and kind.problem(value) is None else None


def read_text(kind: Kind, text: str) -> Any:
    """A part of a line, as written, in the normal form of a kind: quotes matter only in kinds of words."""
    return kind.from_text(text if is_quotable(kind) else " ".join(meanings(text)))
