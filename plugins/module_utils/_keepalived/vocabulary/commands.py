# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in keepalived's configuration, which it splits itself, without a shell.

A command is one word of its line, so it is quoted where it has arguments; a user and a group may follow it. Quotes of
both kinds group words, first in the line and then again in the command (alloc_strvec_quoted_escaped,
set_script_params_array). A backslash escapes twice in 2.2.7 and once in 2.3.3, so a command with a backslash is only
compared verbatim, and never written. A tracked process supports double quotes only (alloc_strvec).
"""

from __future__ import annotations

import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import word_problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import mask

_LONGEST = 500
_QUOTED_WORD = re.compile(r"""(?:[^ \t\f\n\r\v'"\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+""")
_QUOTED_PART = r"""\\(.)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'"""
_DOUBLE_QUOTED = re.compile(r'"([^"]*)"|([^ \t\f\n\r\v"]+)')
_SCRIPT = "Put the commands in a script file of their own and name that."


def split_quoted(text: str) -> list[str]:
    """A line's words where quotes group and backslashes escape. Escapes for control characters are reduced to their
    letter; they do not occur in commands."""

    def bare(match: re.Match[str]) -> str:
        escaped, double, single = match.groups()
        if escaped is not None:
            return str(escaped)
        return re.sub(r"\\(.)", r"\1", double if double is not None else single)

    return [re.sub(_QUOTED_PART, bare, match.group()) for match in _QUOTED_WORD.finditer(text)]


def join_quoted(words: list[str]) -> str:
    """A text that ``split_quoted`` splits into these words, with one kind of quotes and only where needed."""
    quote = '"' if any("'" in word for word in words) else "'"
    return " ".join(
        word
        if re.fullmatch(r"""[^\s'"\\]+""", word)
        else quote + word.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote
        for word in words
    )


def first_word(text: str) -> int:
    """Where the first word of a text ends, by the rules of ``split_quoted``."""
    match = _QUOTED_WORD.match(text)
    return match.end() if match is not None else len(text)


def problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be a program and its arguments, else None."""
    wrong = word_problem(value.replace(" ", "_"), "", _LONGEST)
    if wrong is not None:
        return wrong[0], _SCRIPT if value.strip() else wrong[1]
    if re.fullmatch(r"\s*(?:{0}\s*)*".format(_QUOTED_WORD.pattern), value) is None:
        return "has a quote that is not closed, or ends with a backslash", "Close it."
    words = split_quoted(value)
    if not words or not words[0].startswith("/"):
        return "does not begin with an absolute path", "Give the program's whole path, then its arguments."
    if "\\" in value or ("'" in value and '"' in value):
        mark = "a backslash" if "\\" in value else "quotes of both kinds"
        return "contains {0}, which versions of keepalived read differently".format(mark), _SCRIPT
    if ";" in re.sub(_QUOTED_PART, "", value):
        return "contains the character ; outside quotes, and keepalived runs no shell", _SCRIPT
    return _broken(to_text(value))


def to_text(value: str) -> str:
    """A command as one word of its line."""
    if "\\" in value:
        return value
    return "'{0}'".format(value) if '"' in value else '"{0}"'.format(value)


def normal(text: str) -> str:
    """The command in the rest of a line, quoted only where needed."""
    word = text[: first_word(text)]
    outer = split_quoted(word) if "\\" not in word else []
    joined = join_quoted(split_quoted(outer[0])) if outer else word
    return word if "\\" in joined else joined


def process_problem(value: str) -> tuple[str, str] | None:
    """(reason, remedy) where a text cannot be a process and its parameters, else None."""
    wrong = word_problem(value.replace(" ", "_"), ";'$\\", _LONGEST)
    if wrong is None and (value.count('"') % 2 or not _split(value)):
        return "has a double quote that is not closed, or names nothing", "Close it."
    return wrong or _broken(value)


def process_normal(text: str) -> str:
    """A process and its parameters, quoted only where needed."""
    return " ".join(map(_double_quoted, _split(text)))


def _split(text: str) -> list[str]:
    return [quoted or bare for quoted, bare in _DOUBLE_QUOTED.findall(text)]


def _double_quoted(word: str) -> str:
    return word if re.fullmatch(r"\S+", word) else '"{0}"'.format(word)


def _broken(text: str) -> tuple[str, str] | None:
    """(reason, remedy) of a text that keepalived would not read as one line to its end, although quotes group: the
    first step of its parser does not support escaped quotes."""
    masked = mask("x " + text)
    for mark in "{}":
        if mark in masked:
            return "contains the character {0} where keepalived would take it for a block's".format(mark), _SCRIPT
    if len(masked.rstrip(" ")) < len(("x " + text).rstrip(" ")):
        return "contains the character # or ! where keepalived would take it for a comment's", _SCRIPT
    if re.search(r"\$[{A-Za-z_]", text):
        return "contains the character $ before a name, which keepalived may replace", _SCRIPT
    return None
