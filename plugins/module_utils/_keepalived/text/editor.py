# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects the edits of a document: lines to insert, in the style of their neighbours, and lines to remove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.spans import (
    Replacement,
    apply_replacements,
    line_ending,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Block, Document, Statement
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import WHITE_SPACE

#: Lines to write, each with its depth relative to the place of insertion.
Lines = Sequence["tuple[int, str]"]

_BLANKS = " \t"
_DEFAULT_UNIT = "    "


class Place(NamedTuple):
    """Where a new line goes: into a block, after a statement or at its beginning; ``before`` is the next statement in
    the order of the block's table."""

    block: Block
    after: Statement | None
    before: Statement | None = None


class Editor:
    """The edits of one document. ``summaries`` describe them; ``problems`` are reasons not to make them. ``purge``:
    top-level blocks that are not in a given list are removed."""

    def __init__(self, document: Document, purge: bool = False) -> None:
        self.document = document
        self.purge = purge
        self.replacements: list[Replacement] = []
        self.summaries: list[str] = []
        self.problems: list[Problem] = []
        self.eol = line_ending(document.text)
        #: For blocks written as {}: where the closing brace moves to a line of its own.
        self._closings: dict[int, Replacement] = {}
        #: Top-level blocks to remove, as the offsets of their lines.
        self._sections: list[tuple[int, int]] = []
        self._unit: str | None = None

    def text(self) -> str:
        """The document's text with every edit made."""
        edits = [*self.replacements, *self._closings.values(), *self._section_removals()]
        return apply_replacements(self.document.text, edits) if edits else self.document.text

    def replace(self, start: int, end: int, new: str) -> None:
        self.replacements.append(Replacement(start, end, new))

    def say(self, title: str, text: str) -> None:
        """Add a summary: which block, and the change."""
        self.summaries.append(below(title, text))

    def put(self, place: Place, lines: Lines) -> None:
        """Insert lines at a place; on the top level they are separated by a blank line."""
        if place.block is self.document.root:
            self.insert_section(place.after, place.before, lines)
        else:
            self.insert(place.block, place.after, lines)

    def take(self, place: Place, statement: Statement) -> None:
        """Remove a statement from the block of a place."""
        remove = self.remove_section if place.block is self.document.root else self.remove
        remove(statement.start, statement.end)

    def remove(self, start: int, end: int) -> None:
        """Remove a span: the whole lines where nothing else is on them."""
        text, masked = self.document.text, self.document.mask
        line, after = self._line_start(start), self._line_end(end)
        alone_before = not masked[line:start].strip(WHITE_SPACE)
        alone_after = not masked[end:after].strip(WHITE_SPACE)
        if alone_before and alone_after:
            self.replace(line, after, "")
        else:
            while not alone_before and text[start - 1] in _BLANKS:
                start -= 1
            self.replace(start, end, "")

    def remove_section(self, start: int, end: int) -> None:
        """Remove a top-level block together with the blank line before it: the exact reverse of ``insert_section``."""
        masked = self.document.mask
        line, after = self._line_start(start), self._line_end(end)
        if masked[line:start].strip(WHITE_SPACE) or masked[end:after].strip(WHITE_SPACE):
            self.remove(start, end)
        else:
            self._sections.append((line, after))

    def _section_removals(self) -> list[Replacement]:
        """The sections to remove with their blank lines, each computed as if those before it were already removed."""
        text = self.document.text
        inserted = {replacement.start for replacement in self.replacements}
        gone: list[tuple[int, int]] = []
        for line, after in sorted(self._sections):
            touching = bool(gone) and gone[-1][1] == line
            start = gone[-1][0] if touching else line
            before = self._blank_line_before(start)
            if before is not None:
                start = before
            elif start == 0 and after not in inserted and text.startswith(self.eol, after):
                after += len(self.eol)
            # What is inserted right before the section stays in place, and so does its blank line.
            start = max([start, *(at for at in inserted if start < at <= line)])
            while gone and (start < gone[-1][1] or (start == gone[-1][1] and start not in inserted)):
                start = min(start, gone.pop()[0])
            last = after == len(text) and not text.endswith("\n")
            if last and start not in inserted and text.endswith(self.eol, 0, start):
                start -= len(self.eol)
            gone.append((start, after))
        return [Replacement(start, end, "") for start, end in gone]

    def insert_section(self, after: Statement | None, before: Statement | None, lines: Lines) -> None:
        """Insert a block on the top level, separated by a blank line: after a statement, or else before one (and the
        comment lines right above it), or else at the end."""
        text = self.document.text
        section = self.render(lines)
        if after is None and before is not None:
            at = self._above_comments(self._line_start(before.start))
            parted = at == 0 or self._blank_line_before(at) is not None
            self.replace(at, at, section + self.eol if parted else self.eol + section)
            return
        at = self._clean_line_end(after.end) if after is not None else len(text)
        if at == len(text) and text and not text.endswith("\n"):
            self.replace(at, at, self.eol * 2 + section[: -len(self.eol)])
        else:
            blank = self.eol if text or self.replacements else ""
            self.replace(at, at, blank + section)

    def _clean_line_end(self, offset: int) -> int:
        """The first line end, from an offset on, that is in no top-level block; the text's end if there is none."""
        ends = [offset, *(block.closing + 1 for block in self.document.root.blocks if block.closing >= offset)]
        for end in ends:
            at = self._line_end(end)
            if not self.document.mask[end:at].strip(WHITE_SPACE):
                return at
        return len(self.document.text)

    def _blank_line_before(self, line: int) -> int | None:
        """Where the previous line starts, if it is empty."""
        if line == 0 or not self.document.text.endswith(self.eol, 0, line):
            return None
        start = line - len(self.eol)
        return start if start == 0 or self.document.text[start - 1] == "\n" else None

    def _above_comments(self, line: int) -> int:
        while line > 0:
            above = self._line_start(line - 1)
            stripped = self.document.text[above:line].strip(WHITE_SPACE)
            if not stripped.startswith(("#", "!")):
                break
            line = above
        return line

    def insert(self, block: Block, after: Statement | None, lines: Lines) -> None:
        """Insert lines into a block, after one of its statements or at its beginning."""
        masked = self.document.mask
        indent = self._indent_in(block)
        at = after.end if after is not None else block.opening + 1
        line_end = self._line_end(at)
        if line_end <= block.closing and not masked[at:line_end].strip(WHITE_SPACE):
            self.replace(line_end, line_end, self.render(lines, indent))
            return
        new = self.eol + self.render(lines, indent)
        closes_next = not masked[at : block.closing].strip(WHITE_SPACE)
        self.replace(at, at, new[: -len(self.eol)] if closes_next else new)
        if at == block.opening + 1 and not masked[at : block.closing].strip(WHITE_SPACE):
            self._closings[at] = Replacement(at, block.closing, self.eol + self._indent_at(block.start))

    def render(self, lines: Lines, indent: str = "") -> str:
        """Lines as text, each with its line ending."""
        return "".join(
            "{0}{1}{2}{3}".format(indent, self.unit * depth, line, self.eol) if line else self.eol
            for depth, line in lines
        )

    @property
    def unit(self) -> str:
        """One step of indentation in this file: that of the first indented line in a block."""
        if self._unit is None:
            self._unit = _DEFAULT_UNIT
            for block in self.document.root.blocks:
                first = next(self.document.statements(block), None)
                outer = self._indent_at(block.start)
                inner = self._indent_at(first.start) if first is not None and self._begins_line(first.start) else ""
                if inner.startswith(outer) and len(inner) > len(outer):
                    self._unit = inner[len(outer) :]
                    break
        return self._unit

    def _indent_in(self, block: Block) -> str:
        for statement in self.document.statements(block):
            if self._begins_line(statement.start):
                return self._indent_at(statement.start)
        return self._indent_at(block.start) + self.unit

    def _indent_at(self, offset: int) -> str:
        """The white space at the beginning of the line with this offset."""
        line = self._line_start(offset)
        text = self.document.text
        end = line
        while end < len(text) and text[end] in _BLANKS:
            end += 1
        return text[line:end]

    def _begins_line(self, offset: int) -> bool:
        return not self.document.text[self._line_start(offset) : offset].strip(_BLANKS)

    def _line_start(self, offset: int) -> int:
        return self.document.text.rfind("\n", 0, offset) + 1

    def _line_end(self, offset: int) -> int:
        """The offset after the line feed that ends the line with this offset, or the end of the text."""
        found = self.document.text.find("\n", offset)
        return len(self.document.text) if found < 0 else found + 1


def below(title: str, text: str) -> str:
    """Text below a title, if there is any."""
    return f"{title}: {text}" if title else text
