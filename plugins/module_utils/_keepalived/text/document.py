# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keepalived.conf as its text and a lazy tree of its blocks.

Parsing only finds the braces; the words of a block are read when needed. Nothing is ever written from the tree:
``serialise`` returns the text, and an edit replaces spans of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import WHITE_SPACE, Word, mask, words

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.mismatch import Span

_PARAMETER = re.compile(r"\$\{?[A-Za-z_]")
#: Lines that include other files.
INCLUDES = ("include", "includer", "includem", "includew", "includeb", "includea")
_STATEMENT = re.compile(r"[^ \t\f\n\r\v][^\n]*")


class _BracesDoNotMatch(Exception):
    """Raised by the fast block parser; the slow one finds the position."""


class Block:
    """``start`` is the first character of the header; ``opening`` and ``closing`` are the offsets of the braces. For an
    unclosed block ``closing`` is the end of the text. Nested blocks are parsed on first use: of a thousand blocks, most
    are never read."""

    __slots__ = ("start", "opening", "closing", "_document", "_blocks")

    def __init__(self, start: int, opening: int, closing: int, document: Document) -> None:
        self.start = start
        self.opening = opening
        self.closing = closing
        self._document = document
        self._blocks: list[Block] | None = None

    @property
    def blocks(self) -> list[Block]:
        """The blocks directly inside."""
        if self._blocks is None:
            self._blocks = self._document.within(self.opening + 1, self.closing)
        return self._blocks

    @blocks.setter
    def blocks(self, found: list[Block]) -> None:
        self._blocks = found


class Statement:
    """One line of a block, or a nested block. ``condition`` is the ``@id`` before it, if any."""

    __slots__ = ("start", "end", "words", "block", "condition", "identity")

    def __init__(self, start: int, end: int, found: list[Word], block: Block | None) -> None:
        self.start = start
        self.end = end
        self.block = block
        self.condition = ""
        #: Cache for code that compares blocks: what identifies the block among its kind.
        self.identity: str | None = None
        if len(found) > 1 and found[0].text.startswith("@"):
            self.condition = found[0].text
            del found[0]
        self.words = found

    @property
    def keyword(self) -> str:
        return self.words[0].text if self.words else ""

    @property
    def arguments(self) -> list[str]:
        return [word.text for word in self.words[1:]]


class Document:
    """The tree of a text. ``root`` has no braces: its body is the whole text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mask = mask(text)
        self.root = Block(0, -1, len(text), self)
        self._top: list[Statement] | None = None
        #: Positions and descriptions of unmatched braces. Such a document is read, never edited.
        self.flaws: list[tuple[int, str]] = []
        try:
            self.root.blocks = self.within(0, len(text))
        except _BracesDoNotMatch:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.mismatch import matched

            spans, self.flaws = matched(self.mask)
            self.root.blocks = self._blocks(spans)

    def _blocks(self, spans: list[Span]) -> list[Block]:
        blocks = []
        for span in spans:
            block = Block(self.header_start(span.bound, span.opening), span.opening, span.closing, self)
            block.blocks = self._blocks(span.within)
            blocks.append(block)
        return blocks

    def within(self, start: int, end: int) -> list[Block]:
        """The blocks that open and close between two offsets, without nested ones."""
        find, count = self.mask.find, self.mask.count
        found: list[Block] = []
        bound = start
        while True:
            opening, closing = find("{", bound, end), find("}", bound, end)
            if opening < 0 and closing < 0:
                return found
            if closing < opening or opening < 0:
                raise _BracesDoNotMatch
            depth, at = 1, opening + 1
            while depth:
                closing = find("}", at, end)
                if closing < 0:
                    raise _BracesDoNotMatch
                depth += count("{", at, closing) - 1
                at = closing + 1
            found.append(Block(self.header_start(bound, opening), opening, closing, self))
            bound = at

    def header_start(self, bound: int, opening: int) -> int:
        """Where the header of a block begins: at the last non-empty line before its brace."""
        segment = self.mask[bound:opening].rstrip(WHITE_SPACE)
        line = segment.rfind("\n") + 1
        header = segment[line:]
        return bound + line + len(header) - len(header.lstrip(WHITE_SPACE)) if header else opening

    def statements(self, block: Block) -> Iterator[Statement]:
        """The statements directly in a block, in order."""
        if block is not self.root:
            return self._statements(block)
        if self._top is None:
            self._top = list(self._statements(block))
        return iter(self._top)

    def _statements(self, block: Block) -> Iterator[Statement]:
        at = block.opening + 1
        for child in block.blocks:
            yield from self._lines(at, child.start)
            closed = self.text[child.closing : child.closing + 1] == "}"
            at = child.closing + 1 if closed else child.closing
            yield Statement(child.start, at, self.words(child.start, child.opening), child)
        yield from self._lines(at, block.closing)

    def _lines(self, start: int, end: int) -> Iterator[Statement]:
        for match in _STATEMENT.finditer(self.mask, start, end):
            found = self.words(match.start(), match.end())
            if found:
                yield Statement(match.start(), found[-1].end, found, None)

    def words(self, start: int, end: int) -> list[Word]:
        return list(words(self.text, self.mask, start, end))

    def header(self, block: Block) -> list[str]:
        """The words before a block's opening brace, without a condition."""
        found = [word.text for word in self.words(block.start, block.opening)]
        return found[1:] if len(found) > 1 and found[0].startswith("@") else found

    def line(self, offset: int) -> int:
        """The line number of an offset, starting at 1."""
        return self.text.count("\n", 0, offset) + 1

    def require_parsable(self) -> None:
        """Raise EdgeError where the text cannot be parsed reliably, so that it must not be edited."""
        if self.flaws:
            offset, reason = self.flaws[0]
            raise EdgeError(
                "The file's braces do not match: line {0}: {1}. What belongs to which block cannot be known, so "
                "nothing is changed. Repair that line by hand first.".format(self.line(offset), reason)
            )


def is_opaque(statement: Statement) -> bool:
    """Whether a line's meaning depends on something else: a condition, a parameter, a loop, an include."""
    if statement.condition:
        return True
    first = statement.keyword
    if first.startswith(("~", "include")) and (first[0] == "~" or first in INCLUDES):
        return True
    return any("$" in word.text and _PARAMETER.search(word.text) for word in statement.words)


def parse(text: str) -> Document:
    """The document of a text. Never fails."""
    return Document(text)


def serialise(document: Document) -> str:
    """The text of a document, byte for byte."""
    return document.text
