# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a document, collected line by line and made at once.

Removing what was added restores exactly the earlier bytes. That needs care at the end of a file without a final line
feed, which HAProxy refuses to read: lines added there get one, and the first of them ends in a mark of white space, so
that removing them removes the line feed too. Where that line is removed and others stay, the mark moves to the next
line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    UNENDED,
    Document,
    Section,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import Word

_INDENT = re.compile(r"[ \t]*")
INDENT_OF_NEW_FILES = "    "


class Edits:
    """``summaries`` says in words what is changed, a line each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.summaries: list[str] = []
        self._replaced: list[tuple[int, tuple[int, int, str]]] = []
        self._inserted: dict[int, list[str]] = {}
        self._sections: dict[int, list[str]] = {}
        self._deleted: set[int] = set()

    def replace(self, index: int, start: int, end: int, text: str) -> None:
        """Replace ``[start, end)`` of a line's content by ``text``."""
        offset = self.document.lines[index].start
        self._replaced.append((index, (offset + start, offset + end, text)))

    def reword(self, index: int, old: Sequence[Word], text: str) -> None:
        """Replace some words of a line so that they say ``text``."""
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.rewording import reword

        for replacement in reword(old, text):
            self.replace(index, *replacement)

    def insert(self, after: int, content: str) -> None:
        """Insert a line after line ``after``, -1 for the top. Several at one place keep their order."""
        self._inserted.setdefault(after, []).append(content)

    def delete(self, index: int) -> None:
        self._deleted.add(index)

    def insert_section(self, contents: list[str], after: int) -> None:
        """Insert a section after line ``after``, -1 for the top, separated by one empty line: before it at the end of
        the file and after a non-empty line, else after it."""
        lines = self.document.lines
        at_end = after + 1 == len(lines)
        follows = after < 0 or (not at_end and self.document.content(after) == "")
        if (after >= 0 and not follows) or (at_end and self._sections.get(after)):
            contents = ["", *contents]
        elif not at_end:
            contents = [*contents, ""]
        self._sections.setdefault(after, []).extend(contents)

    def delete_section(self, section: Section) -> None:
        """Delete its lines, the comments indented under them, and the one empty line that separates it. A comment above
        the header stays: it may be about something else too."""
        document = self.document
        last = max(document.body(section), default=section.header)
        while last + 1 < section.stop and document.content(last + 1).lstrip(" \t") != document.content(last + 1):
            if not document.content(last + 1).lstrip().startswith("#"):
                break
            last += 1
        for index in range(section.header, last + 1):
            self.delete(index)
        if section.header and document.content(section.header - 1) in ("", UNENDED):
            self.delete(section.header - 1)
        elif not section.header and last + 1 < len(document.lines) and not document.content(last + 1):
            self.delete(last + 1)

    def indent(self, section: Section | None) -> str:
        """The indentation of a section's lines; where it has none, that of the file's other proxies; else four
        spaces."""
        sections = [section] if section is not None else []
        sections += [other for other in self.document.sections if other.kind in PROXY_KEYWORDS or other is section]
        for candidate in sections + self.document.sections:
            for index in self.document.body(candidate)[:1]:
                return indent_of(self.document.content(index))
        return INDENT_OF_NEW_FILES

    def render(self) -> str:
        """The text with every edit made."""
        if not (self._replaced or self._inserted or self._sections or self._deleted):
            return self.document.text
        for after, contents in self._sections.items():
            # A new section goes after the new lines of the section above it.
            self._inserted[after] = self._inserted.get(after, []) + contents
        self._sections = {}
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.rendering import Rendering

        return Rendering(self.document, self._replaced, self._inserted, self._deleted).text()


def indent_of(content: str) -> str:
    """The white space a line begins with."""
    match = _INDENT.match(content)
    return match.group() if match is not None else ""
