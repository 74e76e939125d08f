# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy.cfg as lines and sections of a text. Nothing is lost: ``serialise(parse(text)) == text`` for any text.

HAProxy reads line by line. A line whose first word is a section keyword begins a section, at any indentation (manual,
section 2.1). The words of a line are parsed only when needed.

A HAProxy newer than our tables has more section keywords. A word that is a directive of no section, and that is
indented no deeper than the header above it, is taken for a section keyword: an edit must not change what may be another
section. Where the file's indentation does not tell the two apart, ``unclear`` says so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.section_keywords import SECTIONS

SECTION_KEYWORDS = frozenset(SECTIONS)
_BLANKS = frozenset(" \t\v\f\r")
PROXY_KEYWORDS = ("frontend", "backend", "listen")

_LINE = re.compile("[ \t\v\f\r]*([^ \t\v\f\r\n\0#]*)[^\n]*\n?")
#: What an unknown section keyword may look like; template languages and the preprocessor use other characters.
_WORD = re.compile("[a-z][a-z0-9_-]*")
#: Cache of the texts of one run and their documents: several parts of a run parse the same text.
_PARSED: dict[str, Document] = {}
_KEPT = 4
_BRANCHES = {".if": 1, ".endif": -1, ".elif": 0, ".else": 0}
#: Mark at the end of a line that was added after a line without a line feed.
UNENDED = "\t "


class Line(NamedTuple):
    """``[start, end)`` with its line ending. ``keyword`` is the first word by meaning, empty on blank lines and
    comments."""

    start: int
    end: int
    keyword: str


class Section(NamedTuple):
    """``lines[header]`` is the header; the section's lines end before ``lines[stop]``. ``depth`` counts the ``.if``
    open at the header. ``words`` are the header's words by meaning."""

    kind: str
    name: str
    header: int
    stop: int
    depth: int
    words: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


class Document(NamedTuple):
    """``depth`` is how many ``.if`` are open at the end of the text: zero, unless the file is broken."""

    text: str
    lines: list[Line]
    sections: list[Section]
    depth: int

    def content(self, index: int) -> str:
        """A line without its ending."""
        line = self.lines[index]
        return self.text[line.start : line.end].rstrip("\n").rstrip("\r")

    def ending(self, index: int) -> str:
        """A line's ending; empty on a last line without one."""
        line = self.lines[index]
        return self.text[line.start + len(self.content(index)) : line.end]

    def body(self, section: Section) -> list[int]:
        """The non-empty lines of a section, without the header and without preprocessor lines: a ``.if`` before the
        next header does not belong to this section."""
        lines = self.lines
        return [
            index
            for index in range(section.header + 1, section.stop)
            if lines[index].keyword and lines[index].keyword[0] != "."
        ]

    def find(self, kind: str, name: str) -> list[Section]:
        return [section for section in self.sections if section.kind == kind and section.name == name]


def parse(text: str) -> Document:
    """A text as a document. Never fails."""
    document = _PARSED.get(text)
    if document is None:
        if len(_PARSED) == _KEPT:
            _PARSED.clear()
        document = _PARSED[text] = _parsed(text)
    return document


def _parsed(text: str) -> Document:
    lines = [Line(match.start(), match.end(), match.group(1)) for match in _LINE.finditer(text)]
    if lines and lines[-1].start == lines[-1].end:
        lines.pop()
    headers: list[tuple[int, int]] = []
    depth = indent = 0
    for index, (start, end, keyword) in enumerate(lines):
        if keyword in _BRANCHES:
            depth = max(0, depth + _BRANCHES[keyword])
            continue
        if '"' in keyword or "'" in keyword or "\\" in keyword:
            keyword = next(iter(meanings(text[start:end].rstrip("\n"))), keyword)
            lines[index] = Line(start, end, keyword)
        if keyword in SECTION_KEYWORDS:
            headers.append((index, depth))
            indent = _indent(text, start)
        elif not keyword or (text[start] != keyword[0] and not indent):
            continue
        elif headers and _indent(text, start) <= indent and may_begin_section(keyword):
            headers.append((index, depth))
            indent = _indent(text, start)
    stops = [index for index, _depth in headers[1:]] + [len(lines)]
    document = Document(text, lines, [], depth)
    for (header, level), stop in zip(headers, stops):
        words = tuple(meanings(document.content(header)))
        name = words[1].replace("\0", "") if _has_name(words) else ""
        document.sections.append(Section(words[0], name, header, stop, level, words))
    return document


def serialise(document: Document) -> str:
    """The text of a document, from its lines."""
    return "".join([document.text[start:end] for start, end, _keyword in document.lines])


def conditional(document: Document, section: Section) -> bool:
    """Whether a ``.if`` applies to the section or to any of its non-empty lines."""
    depth = section.depth
    for index in range(section.header, section.stop):
        keyword = document.lines[index].keyword
        if keyword in _BRANCHES:
            depth = max(0, depth + _BRANCHES[keyword])
        elif depth and keyword and keyword[0] != ".":
            return True
    return False


def unclear(document: Document, section: Section) -> int | None:
    """The index of the first line that may belong to a section or begin another one: its keyword is unknown, and
    neither the lines before it nor those after it are indented deeper. None where there is none."""
    place = document.sections.index(section)
    for other in document.sections[place : place + 2]:
        if other.kind not in SECTION_KEYWORDS:
            around = document.body(document.sections[max(0, document.sections.index(other) - 1)])[-1:]
            around += document.body(other)[:1]
            indent = _indent(document.text, document.lines[other.header].start)
            if not any(_indent(document.text, document.lines[index].start) > indent for index in around):
                return other.header
    return None


def may_begin_section(keyword: str) -> bool:
    """Whether a word is a directive of no known version."""
    if _WORD.fullmatch(keyword) is None:
        return False
    # Imported here: a file whose lines are indented under their headers does not need it.
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.directive_keywords import DIRECTIVES

    return keyword not in DIRECTIVES


def _indent(text: str, start: int) -> int:
    at = start
    while text[at : at + 1] in _BLANKS:
        at += 1
    return at - start


def _has_name(words: tuple[str, ...]) -> bool:
    """Whether a section has a name: ``defaults from other`` has none."""
    return len(words) > 1 and not (words[0] == "defaults" and words[1] == "from" and len(words) == 3)
