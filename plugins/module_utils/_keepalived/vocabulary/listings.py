# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in keepalived's configuration: blocks with one item on each line (``virtual_ipaddress { … }``), and lines with
several named parts (``sorry_server ADDRESS PORT``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import Scalar, Shape


class Part(NamedTuple):
    """One part of an item: ``keyword VALUE``, or the keyword alone where ``kind`` is None, or the value alone where
    there is no keyword."""

    name: str
    kind: Kind | None
    keywords: tuple[str, ...] = ()
    required: bool = False


def head(name: str, kind: Kind, required: bool = True) -> Part:
    """A part without a keyword."""
    return Part(name, kind, (), required)


def option(name: str, kind: Kind | None, *keywords: str) -> Part:
    """A part with a keyword: its name, unless ``keywords`` are given."""
    return Part(name, kind, keywords or (name,))


class Grammar:
    """An item is a dictionary of parts: first those without a keyword, in order, then the others in any order.

    ``older`` names parts whose keyword may be omitted right after the first ones, in this order, as older versions
    wrote them. The normal form is the sorted parts that are present; an item that cannot be parsed is its text, which
    equals nothing.
    """

    def __init__(self, *parts: Part, older: Sequence[str] = ()) -> None:
        self.heads = [part for part in parts if not part.keywords]
        self.options = [part for part in parts if part.keywords]
        self.older = {
            len(self.heads) + place: part for place, name in enumerate(older) for part in parts if part.name == name
        }
        self.by_keyword = {keyword: part for part in self.options for keyword in part.keywords}

    def argument(self) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        for part in self.heads + self.options:
            spec[part.name] = dict(part.kind.argument) if part.kind is not None else {"type": "bool"}
            if part.required:
                spec[part.name]["required"] = True
        return spec

    def normal(self, item: dict[str, Any]) -> Any:
        return {
            part.name: True if part.kind is None else part.kind.normal(item[part.name])
            for part in self.heads + self.options
            if item.get(part.name) is not None and item[part.name] is not False
        }

    def read(self, words: Sequence[str]) -> Any:
        found: dict[str, Any] = {}
        at = 0
        for part in self.heads:
            if part.kind is not None and at < len(words) and self._is_head(part, words[at]):
                found[part.name] = part.kind.from_text(words[at])
                at += 1
            elif part.required:
                return " ".join(words)
        while at < len(words):
            known = self.by_keyword.get(words[at])
            bare = self.older.get(at) if known is None else None
            if bare is not None and bare.kind is not None and bare.name not in found:
                found[bare.name] = bare.kind.from_text(words[at])
                at += 1
                continue
            takes = 2 if known is not None and known.kind is not None else 1
            if known is None or known.name in found or at + takes > len(words):
                return " ".join(words)
            found[known.name] = known.kind.from_text(words[at + 1]) if known.kind is not None else True
            at += takes
        return found

    def _is_head(self, part: Part, word: str) -> bool:
        if word in self.by_keyword or part.kind is None:
            return False
        value = part.kind.from_text(word)
        return part.required or (part.kind.fits(value) and part.kind.problem(value) is None)

    def key(self, normal: Any) -> Any:
        """What identifies an item when its other parts change."""
        return normal.get(self.heads[0].name) if isinstance(normal, dict) and self.heads else normal


class Record(Scalar):
    """``keyword PART …``: one line with named parts. Where it is ``removable``, an empty value means that the line is
    absent."""

    def __init__(self, name: str, since: str, grammar: Grammar, *keywords: str, removable: bool = False) -> None:
        super().__init__(name, since, *keywords)
        self.grammar = grammar
        self.removable = removable

    def argument(self) -> dict[str, Any]:
        parts = self.grammar.argument()
        if self.removable:
            parts = {name: {key: one for key, one in part.items() if key != "required"} for name, part in parts.items()}
        return {"type": "dict", "options": parts}

    def normal(self, value: Any) -> Any:
        return None if self.removes(value) else self.grammar.normal(value)

    def removes(self, value: Any) -> bool:
        """Whether a value means that the line is absent."""
        return self.removable and all(one is None for one in value.values())

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return self.grammar.read(found[-1].arguments)


class Item(NamedTuple):
    """An item as it is in the file."""

    normal: Any
    start: int
    end: int
    statement: Statement
    list_statement: Statement


class Listing(Shape):
    """A block whose lines are items. ``ordered``: the order matters to the daemon."""

    def __init__(self, name: str, since: str, *keywords: str, ordered: bool = False) -> None:
        super().__init__(name, since, *keywords)
        self.ordered = ordered

    def key(self, normal: Any) -> Any:
        return normal

    def normal(self, item: Any) -> Any:
        raise NotImplementedError

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        raise NotImplementedError

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return [item.normal for item in self.items(document, found)]

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        current = self.items(document, found)
        desired = [self.normal(item) for item in value]
        have = [item.normal for item in current]
        alike = have == desired if self.ordered else sorted(map(_rank, have)) == sorted(map(_rank, desired))
        return alike and not any(is_opaque(item.statement) for item in current)


class Records(Listing):
    """Items that are dictionaries, one on each line."""

    def __init__(self, name: str, since: str, grammar: Grammar, *keywords: str, ordered: bool = False) -> None:
        super().__init__(name, since, *keywords, ordered=ordered)
        self.grammar = grammar

    def argument(self) -> dict[str, Any]:
        return {"type": "list", "elements": "dict", "options": self.grammar.argument()}

    def key(self, normal: Any) -> Any:
        return self.grammar.key(normal)

    def normal(self, item: Any) -> Any:
        return self.grammar.normal(item)

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.grammar.read([word.text for word in line.words]), line.start, line.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
        ]


class Repeated(Records):
    """``keyword PART …``, one line for each item; what follows the first part is secret."""

    def argument(self) -> dict[str, Any]:
        # The secret part has no_log itself.
        return dict(super().argument(), no_log=False)

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        return [statement for statement in found if is_opaque(statement) or statement.block is not None]

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.grammar.read(statement.arguments), statement.start, statement.end, statement, statement)
            for statement in found
        ]


class Sentences(Listing):
    """Items that are whole lines, as keepalived (or ``ip``) writes them: routes and rules."""

    def __init__(self, name: str, since: str, kind: Kind, *keywords: str) -> None:
        super().__init__(name, since, *keywords, ordered=True)
        self.kind = kind

    def argument(self) -> dict[str, Any]:
        return {"type": "list", "elements": "str"}

    def normal(self, item: Any) -> Any:
        return self.kind.normal(item)

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.kind.from_text(document.text[line.start : line.end]), line.start, line.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
        ]


class Words(Sentences):
    """Items that are single words, one or several on each line; the order does not matter."""

    def __init__(self, name: str, since: str, kind: Kind, *keywords: str) -> None:
        super().__init__(name, since, kind, *keywords)
        self.ordered = False

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.kind.from_text(word.text), word.start, word.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
            for word in line.words
        ]


def _rank(normal: Any) -> str:
    return repr(sorted(normal.items()) if isinstance(normal, dict) else normal)
