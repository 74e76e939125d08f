# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration as keepalived reads it on this host: files included, definitions replaced, conditions and loops
resolved. Loaded only when a text has any of these.

The rules and their order are those of read_line, replace_param, add_seq and add_lst (lib/parser.c). What only the
running daemon knows (``${_RANDOM}``, ``${_INSTANCE}``) is not replaced, so a reader can see that it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.loops import LOOPS, loop_of

#: ``find(pattern, directory) -> (directory, text)`` of every file that an include matches, in order: the directory of
#: the file, with symbolic links resolved, and its content. ``directory`` is the base of a relative pattern.
Find = Callable[[str, str], Iterable["tuple[str, str]"]]

#: keepalived's line buffer (MAXBUF), which stops a definition that refers to itself; and the limit of lines for a file.
_LONGEST_LINE = 1024
_MOST_LINES = 200000
#: How many files may be open at a time, so that a file that includes itself does not loop.
_DEEPEST = 16

_CONDITION = re.compile(r"@(\^?)([^ \t]*)[ \t]+(.*)", re.DOTALL)
_DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*(.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))")
_INCLUDE = re.compile(r"include[rmwba]?[ \t\f\v]+(.*)", re.DOTALL)
_BRACE = re.compile(r'"[^"]*(?:"|$)|([{}])')
_MARK = re.compile(r'"[^"]*(?:"|$)|[#!]')
_BLANKS = " \t"


class Definition(NamedTuple):
    """The lines that a name stands for. Several lines are only inserted where the name ends its line."""

    lines: tuple[str, ...]
    several: bool


class _Source:
    """The lines of files that are read one after the other, and the base of relative paths of the current file."""

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        self.files = iter(files)
        self.lines: Iterator[str] = iter(())
        self.directory = ""

    def line(self) -> str | None:
        """The next line, or None at the end of all files."""
        while True:
            line = next(self.lines, None)
            if line is not None:
                return line
            opened = next(self.files, None)
            if opened is None:
                return None
            self.directory, text = opened
            self.lines = iter(text.split("\n"))


def expand(text: str, directory: str, config_id: str, find: Find) -> str:
    """The text that keepalived makes of a file in ``directory``, without includes, definitions, conditions and loops; a
    brace ends its line. ``config_id`` is the name for ``@`` conditions: the host name, unless keepalived is told
    another."""
    lines: list[str] = []
    for line in _Reader(config_id, find).read(directory, text):
        if line == "{" and lines and lines[-1] not in ("{", "}") and '"' not in lines[-1]:
            lines[-1] += " {"
        else:
            lines.append(_MARK.sub(_escape, line))
        if len(lines) > _MOST_LINES:
            lines.append("~SEQ")
            break
    return "\n".join([*lines, ""])


class _Reader:
    """The state of reading: definitions, and the open files, the innermost last."""

    def __init__(self, config_id: str, find: Find) -> None:
        self.config_id = config_id
        self.find = find
        self.sources: list[_Source] = []
        self.definitions: dict[str, Definition] = {
            "_HASH": Definition(("#",), False),
            "_BANG": Definition(("!",), False),
        }
        #: The definition that continues in the next line, if any.
        self.growing: str | None = None

    def read(self, directory: str, text: str) -> Iterator[str]:
        """The lines that keepalived's parser receives, each brace as a line of its own."""
        self.sources.append(_Source([(directory, text)]))
        while self.sources:
            raw = self.sources[-1].line()
            if raw is None:
                self.sources.pop()
                continue
            raw = raw.rstrip("\r")
            if not raw:
                self.growing = None
                continue
            line = decomment(raw)
            if not line:
                continue
            if self.growing is not None:
                self._grow(line)
            else:
                yield from self._line(line)

    def _grow(self, line: str) -> None:
        name = str(self.growing)
        goes_on = line.endswith("\\")
        line = line[:-1].rstrip(_BLANKS) if goes_on else line
        if line:
            self.definitions[name] = Definition((*self.definitions[name].lines, line), True)
        if not goes_on:
            self.growing = None

    def _define(self, name: str, value: str) -> None:
        goes_on = value.endswith("\\")
        first = value[:-1].rstrip(_BLANKS) if goes_on else value
        lines = (first,) if first or not goes_on else ()
        self.definitions[name] = Definition(lines, goes_on)
        self.growing = name if goes_on else None

    def _line(self, line: str) -> Iterator[str]:
        """The lines that one line expands to. A brace outside quotes is a line of its own."""
        rest: tuple[str, ...] = ()
        again = True
        while again:
            again = False
            if line[:1] == "@":
                match = _CONDITION.match(line)
                if match is None or (match.group(2) != self.config_id) != bool(match.group(1)):
                    line = ""
                    break
                line = match.group(3)
            definition = _DEFINITION.match(line)
            if definition is not None:
                self._define(definition.group(1), definition.group(2))
                line = ""
            elif line.startswith(LOOPS):
                yield from self._loop(line)
                line = ""
            elif line[:1] != "~" and "$" in line:
                line, rest, again = self._put_in(line, rest)
        include = _INCLUDE.match(line)
        if include is not None and _PARAMETER.search(line):
            yield line
        elif include is not None:
            self._include(include.group(1).lstrip(_BLANKS))
        elif line:
            head, tail = _split(line)
            if head:
                yield head
            if tail:
                yield from self._line(tail)
        for one in rest:
            yield from self._line(one)

    def _put_in(self, line: str, rest: tuple[str, ...]) -> tuple[str, tuple[str, ...], bool]:
        """The line with its parameters replaced, the lines that follow it, and whether to process it again."""
        changed = False
        at = 0
        while len(line) < _LONGEST_LINE:
            match = _PARAMETER.search(line, at)
            if match is None:
                break
            found = self._definition(match.group(1) or match.group(2))
            if found is None or (found.several and match.end() != len(line)):
                at = match.start() + 1
                continue
            changed = True
            at = match.start()
            first = found.lines[0] if found.lines else ""
            line = line[:at] + first + line[match.end() :]
            rest = found.lines[1:] + rest
            if first.lstrip(_BLANKS).startswith("~"):
                break
        if not changed:
            return line, rest, False
        line = decomment(line)
        return line, rest, (line[:1] == "@" or "$" in line) and len(line) < _LONGEST_LINE

    def _definition(self, name: str) -> Definition | None:
        found = self.definitions.get(name)
        if found is None and name == "_PWD":
            return Definition((self.sources[-1].directory,), False)
        return found

    def _loop(self, line: str) -> Iterator[str]:
        loop = loop_of(line, lambda text: self._put_in(text, ())[0])
        if loop is None:
            yield line
            return
        for values in loop.rounds:
            for name, value in zip(loop.names, values):
                self.definitions[name] = Definition((value,), False)
            text = decomment(loop.text)
            if text:
                yield from self._line(text)

    def _include(self, pattern: str) -> None:
        """Continue with the files of an include, and then with this one."""
        if len(self.sources) < _DEEPEST:
            self.sources.append(_Source(self.find(pattern, self.sources[-1].directory)))


def decomment(line: str) -> str:
    """A line without its comment and surrounding blanks; an escaped comment mark outside quotes stands for itself. A
    backslash at the end stays the last character, also after a comment."""
    line = line.lstrip(_BLANKS)
    if "#" not in line and "!" not in line and "\\" not in line:
        return line.rstrip(_BLANKS)
    kept: list[str] = []
    quoted = cut = goes_on = False
    at = 0
    while at < len(line):
        character = line[at]
        at += 1
        if character == '"':
            quoted = quoted != (not cut)
        elif character == "\\":
            if at == len(line):
                goes_on = True
                break
            if not quoted and line[at] in "#!":
                character = line[at]
            else:
                character += line[at]
            at += 1
        elif character in "#!" and not quoted:
            cut = True
        if not cut:
            kept.append(character)
    return "".join(kept).rstrip(_BLANKS) + ("\\" if goes_on else "")


def _split(line: str) -> tuple[str, str]:
    """The text before the first brace outside quotes, or that brace; and the rest."""
    if line[0] in "{}":
        return line[0], line[1:].strip(_BLANKS)
    for match in _BRACE.finditer(line):
        if match.group(1):
            return line[: match.start()].rstrip(_BLANKS), line[match.start() :].rstrip(_BLANKS)
    return line.rstrip(_BLANKS), ""


def _escape(match: re.Match[str]) -> str:
    return match.group() if match.group()[0] == '"' else "\\" + match.group()
