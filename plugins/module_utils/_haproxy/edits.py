# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a document, collected line by line and made at once.

What is added can be taken away again and leaves the very bytes that were there. The one place where that needs care
is the end of a file without a final line feed, which HAProxy refuses to read: lines added there get one, and the
first of them ends in a mark of white space, so that taking them away takes the line feed too. Where that line goes and
others stay, the mark passes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import PROXY_KEYWORDS, Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import Word
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.rewording import reword
from ansible_collections.k8s_edge.ha.plugins.module_utils._spans import Replacement, apply_replacements, line_ending

#: "Before me there was no line feed."
UNENDED = "\t "
_INDENT = re.compile(r"[ \t]*")
INDENT_OF_NEW_FILES = "    "


class Edits:
    """``summaries`` says in words what is done, a line each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.summaries: list[str] = []
        self._replaced: list[tuple[int, Replacement]] = []
        self._inserted: dict[int, list[str]] = {}
        self._sections: dict[int, list[str]] = {}
        self._deleted: set[int] = set()
        self._eol = line_ending(document.text)

    def replace(self, index: int, start: int, end: int, text: str) -> None:
        """Put ``text`` in the place of ``[start, end)`` of a line's content."""
        offset = self.document.lines[index].start
        self._replaced.append((index, Replacement(offset + start, offset + end, text)))

    def reword(self, index: int, old: Sequence[Word], text: str) -> None:
        """Let some words of a line say ``text``."""
        for replacement in reword(old, text):
            self.replace(index, *replacement)

    def insert(self, after: int, content: str) -> None:
        """A new line behind line ``after``, -1 for the top; several at one place stay in the order they come."""
        self._inserted.setdefault(after, []).append(content)

    def delete(self, index: int) -> None:
        self._deleted.add(index)

    def insert_section(self, contents: list[str], after: int) -> None:
        """A new section behind line ``after``, -1 for the top, set off by one empty line: before it at the end of
        the file and behind a line that says something; behind it elsewhere."""
        lines = self.document.lines
        at_end = after + 1 == len(lines)
        follows = after < 0 or (not at_end and self.document.content(after) == "")
        if (after >= 0 and not follows) or (at_end and self._sections.get(after)):
            contents = ["", *contents]
        elif not at_end:
            contents = [*contents, ""]
        self._sections.setdefault(after, []).extend(contents)

    def delete_section(self, section: Section) -> None:
        """Its lines, the comments indented under them, and the one empty line that sets it off. A comment above the
        header stays: nobody knows what else it speaks of."""
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
        """The indentation of a section's lines; of the file's other proxies where it has none; else four spaces."""
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
            # A new section comes behind the new lines of the one above it.
            self._inserted[after] = self._inserted.get(after, []) + contents
        self._sections = {}
        runs = self._runs()
        replacements = [item for index, item in self._replaced if index not in self._deleted]
        replacements += [mark for first, last in runs for mark in self._passed_on(first, last)]
        replacements += [self._insertion(after, contents) for after, contents in self._inserted.items()]
        lines = self.document.lines
        replacements += [Replacement(self._run_start(first, last), lines[last].end, "") for first, last in runs]
        return apply_replacements(self.document.text, replacements)

    def _passed_on(self, first: int, last: int) -> list[Replacement]:
        """The mark of a run of deleted lines on what comes after them now: new lines, or the line behind."""
        if not first or not self.document.content(first).endswith(UNENDED):
            return []
        for after in (first - 1, last):
            if self._inserted.get(after):
                self._inserted[after] = [self._inserted[after][0] + UNENDED, *self._inserted[after][1:]]
                return []
        if last + 1 == len(self.document.lines):
            return []
        at = self.document.lines[last + 1].start + len(self.document.content(last + 1))
        return [Replacement(at, at, UNENDED)]

    def _insertion(self, after: int, contents: list[str]) -> Replacement:
        eol = self._eol
        if after < 0:
            return Replacement(0, 0, "".join(content + eol for content in contents))
        at = self.document.lines[after].end
        if after in self._deleted or self.document.ending(after).endswith("\n"):
            return Replacement(at, at, "".join(content + eol for content in contents))
        first, rest = contents[0] + UNENDED, contents[1:]
        return Replacement(at, at, "".join([eol, first, eol] + [content + eol for content in rest]))

    def _runs(self) -> list[tuple[int, int]]:
        """The deleted lines as runs: (first, last)."""
        runs: list[tuple[int, int]] = []
        for index in sorted(self._deleted):
            if runs and runs[-1][1] == index - 1 and index - 1 not in self._inserted:
                runs[-1] = runs[-1][0], index
            else:
                runs.append((index, index))
        return runs

    def _run_start(self, first: int, last: int) -> int:
        """Where a run begins: with the line feed before it, if that came with the run and nothing follows it now."""
        start = self.document.lines[first].start
        at_end = last + 1 == len(self.document.lines) and first > 0
        if at_end and self.document.content(first).endswith(UNENDED) and not {first - 1, last} & self._inserted.keys():
            return start - len(self.document.ending(first))
        return start


def indent_of(content: str) -> str:
    """The white space a line begins with."""
    match = _INDENT.match(content)
    return match.group() if match is not None else ""
