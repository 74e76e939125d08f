# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How keepalived's parser reads a text: comments, quotes, and where words begin and end.

The rules are those of lib/parser.c (decomment, read_line, alloc_strvec_r). They apply line by line and in this order: a
comment is cut off (``#`` or ``!`` outside double quotes, not escaped); an include takes the rest of its line, and a
definition (``$NAME=``) that of its lines, braces included; then every brace outside double quotes is a line of its own,
wherever it was written. Single quotes have no meaning. A quote that is not closed on its line extends to the line's
end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: In a mask these characters stand for a comment and for hidden text.
BLANK, HIDDEN = " ", "_"
#: Word separators. Python's own white space has more characters than the daemon's.
WHITE_SPACE = " \t\f\n\r\v"

_SPECIAL = re.compile(r'[#!"\\][^\n]*')
_WORD = re.compile(r'"[^"\n]*"|[^ \t\f\n\r\v"{}]+')
_ESCAPED_MARK = re.compile(r"\\([#!])")
#: Patterns that few files need; re compiles them on first use. An include hides every brace in it.
_CONDITION = r"(?:@[^ \t\n]*[ \t]+)*"
_INCLUDE = r"(?m)(?:^|(?<=[{}]))[ \t]*" + _CONDITION + r"include[rmwba]?[ \t][^\n]*"
_PARAMETER = r"\$\{[A-Za-z_]\w*[ 0-9]*\}"


class Word(NamedTuple):
    """A word as the daemon reads it, and its span, quotes included."""

    text: str
    start: int
    end: int


def is_plain(text: str) -> bool:
    """Whether keepalived takes a text literally: it has no include, definition, condition or loop."""
    if "$" in text or "include" in text:
        return False
    return not (("@" in text or "~" in text) and re.search(r"(?:^|[{}\n])[ \t]*[@~]", text))


def mask(text: str) -> str:
    """The text with comments blanked and non-structural text hidden; same length, same line feeds.

    Hidden are: text in double quotes (the quotes stay), escaped characters, include patterns, ``${NAME}`` parameters,
    and definitions to their end, including line feeds, so that each is one word. Every brace left in a mask opens or
    closes a block.
    """
    masked = text
    if "#" in text or "!" in text or '"' in text or "\\" in text:
        masked = _SPECIAL.sub(_mask_rest_of_line, text)
    if "$" in masked:
        masked = re.sub(_PARAMETER, _hide, masked)
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.definitions import definitions

        for start, end in definitions(text, masked, WHITE_SPACE):
            masked = masked[:start] + HIDDEN * (end - start) + masked[end:]
    if "include" in masked:
        masked = re.sub(_INCLUDE, _hide_braces, masked)
    return masked


def words(text: str, masked: str, start: int, end: int) -> Iterator[Word]:
    """The words between two offsets of a text and its mask."""
    for match in _WORD.finditer(masked, start, end):
        first, last = match.span()
        if masked[first] == '"':
            yield Word(text[first + 1 : last - 1], first, last)
        else:
            word = text[first:last]
            yield Word(_ESCAPED_MARK.sub(r"\1", word) if "\\" in word else word, first, last)


def _mask_rest_of_line(match: re.Match[str]) -> str:
    """Mask from the first special character of a line to its end."""
    rest = match.group()
    if rest[0] in "#!":
        return _fill(rest, BLANK)
    code = _comment_start(rest)
    pieces: list[str] = []
    at = 0
    while at < code:
        quote = rest.find('"', at, code)
        pieces.append(_without_escapes(rest[at : quote if quote >= 0 else code]))
        if quote < 0:
            break
        closing = rest.find('"', quote + 1, code)
        if closing < 0:
            pieces.append(_fill(rest[quote:code], HIDDEN))
            break
        pieces.append('"' + HIDDEN * (closing - quote - 1) + '"')
        at = closing + 1
    return "".join(pieces) + _fill(rest[code:], BLANK)


def _comment_start(rest: str) -> int:
    """Where decomment() cuts: the first comment mark outside quotes; a backslash skips the next character."""
    quoted = False
    at = 0
    while at < len(rest):
        character = rest[at]
        if character == "\\":
            at += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "#!":
            return at
        at += 1
    return len(rest)


def _without_escapes(code: str) -> str:
    return _ESCAPED_MARK.sub(HIDDEN * 2, code) if "\\" in code else code


def _fill(code: str, character: str) -> str:
    """A text of the same length, with carriage returns at line ends kept."""
    kept = code.rstrip("\r")
    return character * len(kept) + code[len(kept) :]


def _hide(match: re.Match[str]) -> str:
    return HIDDEN * len(match.group())


def _hide_braces(match: re.Match[str]) -> str:
    return match.group().replace("{", HIDDEN).replace("}", HIDDEN)
