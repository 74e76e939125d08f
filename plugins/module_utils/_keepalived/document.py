# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keepalived.conf as its text and a light tree of blocks over it.

Parsing only finds the braces; the words of a block are read when somebody asks. Nothing is ever written back from the
tree: ``serialise`` gives the text, and an edit replaces spans of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.lexer import WHITE_SPACE, Word, mask, words

_BRACE = re.compile(r"[{}]")
_PARAMETER = re.compile(r"\$\{?[A-Za-z_]")
#: Lines that bring in other files.
INCLUDES = ("include", "includer", "includem", "includew", "includeb", "includea")
_STATEMENT = re.compile(r"[^ \t\f\n\r\v][^\n]*")


class Block:
    """``start`` is the first character of the header, ``opening`` and ``closing`` are the offsets of the braces.
    ``closing`` of a block that nobody closed is the end of the text."""

    __slots__ = ("start", "opening", "closing", "blocks")

    def __init__(self, start: int, opening: int) -> None:
        self.start = start
        self.opening = opening
        self.closing = -1
        self.blocks: list[Block] = []


class Statement:
    """One line of a block, or a block within it. ``condition`` is the ``@id`` it stands under, if any."""

    __slots__ = ("start", "end", "words", "block", "condition")

    def __init__(self, start: int, end: int, found: list[Word], block: Block | None) -> None:
        self.start = start
        self.end = end
        self.block = block
        self.condition = ""
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
    """The tree over a text. ``root`` has no braces of its own: its body is the whole text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mask = mask(text)
        self.root = Block(0, -1)
        self.root.closing = len(text)
        #: Where the braces do not match and what is wrong there; such a document is read, never edited.
        self.flaws: list[tuple[int, str]] = []
        self._grow()

    def _grow(self) -> None:
        masked, flaws = self.mask, self.flaws
        current = self.root
        parents: list[Block] = []
        bound = 0
        for match in _BRACE.finditer(masked):
            at = match.start()
            if masked[at] == "{":
                segment = masked[bound:at].rstrip(WHITE_SPACE)
                line = segment.rfind("\n") + 1
                header = segment[line:]
                block = Block(bound + line + len(header) - len(header.lstrip(WHITE_SPACE)) if header else at, at)
                current.blocks.append(block)
                parents.append(current)
                current = block
            elif parents:
                current.closing = at
                current = parents.pop()
            else:
                flaws.append((at, "this } closes nothing"))
            bound = at + 1
        while parents:
            flaws.append((current.opening, "the block opened here is not closed"))
            current.closing = len(self.text)
            current = parents.pop()

    def statements(self, block: Block) -> Iterator[Statement]:
        """What stands directly in a block, in order."""
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
        """The number of the line an offset lies on, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def require_sound(self) -> None:
        """Refuse to edit what cannot be read with certainty."""
        if self.flaws:
            offset, reason = self.flaws[0]
            raise EdgeError(
                "The file's braces do not match: line {0}: {1}. What belongs to which block cannot be known, so "
                "nothing is changed. Repair that line by hand first.".format(self.line(offset), reason)
            )


def is_opaque(statement: Statement) -> bool:
    """True for a line whose meaning hangs on something else: a condition, a parameter, a loop, an include."""
    if statement.condition:
        return True
    first = statement.keyword
    if first.startswith(("~", "include")) and (first[0] == "~" or first in INCLUDES):
        return True
    return any("$" in word.text and _PARAMETER.search(word.text) for word in statement.words)


def opaque_problem(document: Document, option: str, statement: Statement) -> Problem:
    """Why a line that an option is about is left alone."""
    text = document.text[statement.start : statement.end].split("\n", 1)[0]
    reason = "is not written as keepalived reads it (line {0}): a brace is missing, or one too many"
    if is_opaque(statement):
        reason = (
            "hangs on a condition, a parameter, a loop or an include (line {0}), so what it means is not known here"
        )
    remedy = "Change that line by hand, or leave the option out of the task"
    return Problem(option, text, reason.format(document.line(statement.start)), remedy)


def parse(text: str) -> Document:
    """The document over a text. Any text has one."""
    return Document(text)


def serialise(document: Document) -> str:
    """The text of a document, to the byte."""
    return document.text
