# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of one line of haproxy.cfg, split as HAProxy does (manual, section 2.2 "Quoting and escaping").

A word's *meaning* is what HAProxy makes of it: quotes and backslashes resolved, variables not expanded. Inside double
quotes ``$`` is active; there the meaning has a null character before it, so that a variable never equals the same
letters written literally. No other null character can occur: HAProxy ends a line at one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LIVE_DOLLAR = "\0$"

#: Characters that need the full lexer. Some of them, beyond ASCII and from 0x1C to 0x1F, are white space for Python but
#: not for HAProxy.
_SPECIAL = re.compile("[\"'\\\\\r\0\x1c-\x1f]")
_PLAIN_WORD = re.compile(r"[^ \t\v\f]+")
#: A part of a word in which every character stands for itself, by the quote around it.
_PLAIN = {
    "": re.compile("[^ \t\v\f\r\0\"'\\\\#]+"),
    "'": re.compile("[^'\r\0]+"),
    '"': re.compile('[^"\\\\$\r\0]+'),
}
_HEX = re.compile(r"x([0-9a-fA-F]{2})")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", " ": " ", "\\": "\\", "#": "#", '"': '"', "'": "'"}


class Word(NamedTuple):
    """``[start, end)`` in the line; ``meaning`` as HAProxy reads it."""

    start: int
    end: int
    meaning: str


class Lexed(NamedTuple):
    """``fault`` says why HAProxy would refuse the line, or is None. ``lost`` is the rest of the line where HAProxy
    silently ends it: at a carriage return or a null character, and at an empty word (``""``; 3.2 and later report it,
    3.4 and later refuse the line)."""

    words: list[Word]
    fault: str | None = None
    lost: str = ""


def meanings(line: str) -> list[str]:
    """The words of a line by meaning only: faster, for lines that are only read."""
    plain = _plain(line)
    return [word.meaning for word in lex(line).words] if plain is None else plain.split()


def lex(line: str) -> Lexed:
    """The words of a line with their positions. Never fails: for a faulty line, the words up to the fault."""
    plain = _plain(line)
    if plain is None:
        return _lex_special(line.rstrip("\r"))
    return Lexed([Word(*match.span(), match.group()) for match in _PLAIN_WORD.finditer(plain)])


def is_special(line: str) -> bool:
    """Whether a line has more than words, blanks and a comment."""
    return _plain(line) is None


def _plain(line: str) -> str | None:
    """A line without its comment, if it has only words and blanks; else None."""
    plain = line.partition("#")[0]
    return plain if plain.isascii() and _SPECIAL.search(plain) is None else None


def _lex_special(line: str) -> Lexed:
    words: list[Word] = []
    # Before the first word HAProxy skips a carriage return too.
    at, size = len(line) - len(line.lstrip(" \t\v\f\r")), len(line)
    while at < size:
        character = line[at]
        if character in " \t\v\f":
            at += 1
        elif character == "#":
            break
        elif character in "\r\0":
            return Lexed(words, None, line[at:])
        else:
            end, meaning, fault = _word(line, at)
            if fault is not None:
                return Lexed(words, fault)
            if not meaning:
                return Lexed(words, None, line[at:])
            words.append(Word(at, end, meaning))
            at = end
    return Lexed(words)


def _word(line: str, start: int) -> tuple[int, str, str | None]:
    """One word from ``start``: its end, its meaning, and a fault or None."""
    pieces: list[str] = []
    quote = ""
    at, size = start, len(line)
    while at < size:
        plain = _PLAIN[quote].match(line, at)
        if plain is not None:
            pieces.append(plain.group())
            at = plain.end()
            continue
        character = line[at]
        if character in "\r\0" or (not quote and character in " \t\v\f#"):
            break
        at += 1
        if character == "\\":
            piece, at = _escape(line, at, quote)
            if piece is None:
                return at, "", "an incomplete \\x sequence"
            pieces.append(piece)
        elif character == "$":
            pieces.append(LIVE_DOLLAR)
        else:
            quote = "" if quote else character
    if quote:
        return at, "", "an unmatched {} quote".format("single" if quote == "'" else "double")
    return at, "".join(pieces), None


def _escape(line: str, at: int, quote: str) -> tuple[str | None, int]:
    """The character for an escape sequence whose backslash is before ``at``, and where it ends; None for an incomplete
    one. What is no escape sequence stays as it is: ``\\1`` in a regular expression."""
    following = line[at : at + 1]
    if following == "x":
        code = _HEX.match(line, at)
        return (None, at) if code is None else (_byte(int(code.group(1), 16)), code.end())
    if following in _ESCAPES and following:
        return _ESCAPES[following], at + 1
    if following == "$" and quote:
        return "$", at + 1
    return "\\", at


def _byte(number: int) -> str:
    """A byte as Python represents it in a text read from a file: beyond ASCII, a single one is a surrogate."""
    return bytes((number,)).decode("ascii", "surrogateescape")
