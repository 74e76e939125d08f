# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in keepalived's configuration: blocks with one item to a line (``virtual_ipaddress { … }``), and lines that
hold several named parts (``sorry_server ADDRESS PORT``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import Document, Statement, is_opaque
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.shapes import MASKED, Scalar, Shape
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind


class Part(NamedTuple):
    """One part of an item: ``keyword VALUE``, or the bare keyword where ``kind`` is None, or the bare value where
    there is no keyword."""

    name: str
    kind: Kind | None
    keywords: tuple[str, ...] = ()
    required: bool = False


def head(name: str, kind: Kind, required: bool = True) -> Part:
    return Part(name, kind, (), required)


def option(name: str, kind: Kind | None, *keywords: str) -> Part:
    return Part(name, kind, keywords or (name,))


class Grammar:
    """An item is a dictionary of parts: first those without a keyword, in order, then the others in any order.

    Its normal form is the sorted parts that are there; what cannot be read is its text and equals nothing.
    """

    def __init__(self, *parts: Part) -> None:
        self.heads = [part for part in parts if not part.keywords]
        self.options = [part for part in parts if part.keywords]
        self.by_keyword = {keyword: part for part in self.options for keyword in part.keywords}

    def argument(self) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        for part in self.heads + self.options:
            spec[part.name] = dict(part.kind.argument) if part.kind is not None else {"type": "bool"}
            if part.required:
                spec[part.name]["required"] = True
        return spec

    def complaints(self, path: str, item: dict[str, Any]) -> Iterable[Problem]:
        for part in self.heads + self.options:
            value = item.get(part.name)
            if value is None:
                if part.required:
                    yield Problem(_join(path, part.name), None, "is missing", "Every entry needs it.")
            elif part.kind is not None:
                complaint = part.kind.complain(value)
                if complaint:
                    shown = MASKED if part.kind.argument.get("no_log") else value
                    yield Problem(_join(path, part.name), shown, *complaint)

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
        return part.required or (part.kind.fits(value) and part.kind.complain(value) is None)

    def text(self, item: dict[str, Any]) -> str:
        pieces = []
        for part in self.heads + self.options:
            value = item.get(part.name)
            if value is None or value is False:
                continue
            if part.keywords:
                pieces.append(part.keywords[0])
            if part.kind is not None:
                pieces.append(part.kind.to_text(value))
        return " ".join(pieces)

    def key(self, normal: Any) -> Any:
        """What makes an item the same item when its other parts change."""
        return normal.get(self.heads[0].name) if isinstance(normal, dict) and self.heads else normal


class Record(Scalar):
    """``keyword PART …``: one line with named parts. Where it is ``removable``, no part means that there is no line."""

    def __init__(self, name: str, grammar: Grammar, *keywords: str, removable: bool = False) -> None:
        super().__init__(name, *keywords)
        self.grammar = grammar
        self.removable = removable

    def argument(self) -> dict[str, Any]:
        parts = self.grammar.argument()
        if self.removable:
            parts = {name: {key: one for key, one in part.items() if key != "required"} for name, part in parts.items()}
        return {"type": "dict", "options": parts}

    def complaints(
        self, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
    ) -> Iterable[Problem]:
        return () if self.removes(value) else self.grammar.complaints(option, value)

    def normal(self, value: Any) -> Any:
        return None if self.removes(value) else self.grammar.normal(value)

    def removes(self, value: Any) -> bool:
        """Whether a value means that there is no such line."""
        return self.removable and all(one is None for one in value.values())

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return self.grammar.read(found[-1].arguments)

    def lines(self, value: Any) -> list[tuple[int, str]]:
        if self.removes(value):
            return []
        return [(0, " ".join((self.keyword, self.grammar.text(value))).rstrip())]


class Item(NamedTuple):
    """An item as it stands in the file."""

    normal: Any
    start: int
    end: int
    statement: Statement
    list_statement: Statement


class Listing(Shape):
    """A block whose lines are items. ``ordered`` where the order means something to the daemon."""

    def __init__(self, name: str, *keywords: str, ordered: bool = False) -> None:
        super().__init__(name, *keywords)
        self.ordered = ordered

    def key(self, normal: Any) -> Any:
        return normal

    def normal(self, item: Any) -> Any:
        raise NotImplementedError

    def item_text(self, item: Any) -> str:
        raise NotImplementedError

    def item_shown(self, item: Any) -> str:
        """An item in messages."""
        return self.item_text(item)

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        raise NotImplementedError

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return [item.normal for item in self.items(document, found)]

    def lines(self, value: Any) -> list[tuple[int, str]]:
        if not value:
            return []
        return [(0, self.keyword + " {"), *((1, self.item_text(item)) for item in value), (0, "}")]

    def complaints(
        self, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
    ) -> Iterable[Problem]:
        seen: list[Any] = []
        there = [one.normal for one in self.items(document, found)] if document is not None and found else []
        for number, item in enumerate(value):
            path = "{0}[{1}]".format(option, number)
            if there and self.normal(item) in there:
                there.remove(self.normal(item))
                seen.append(self.key(self.normal(item)))
                continue
            bad = list(self.item_complaints(path, item))
            yield from bad
            key = None if bad else self.key(self.normal(item))
            if key is not None and key in seen:
                reason = "stands twice in the list, and keepalived would drop or repeat it"
                yield Problem(path, self.item_shown(item), reason, "Name it once.")
            seen.append(key)

    def item_complaints(self, path: str, item: Any) -> Iterable[Problem]:
        raise NotImplementedError

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        current = self.items(document, found)
        wanted = [self.normal(item) for item in value]
        have = [item.normal for item in current]
        alike = have == wanted if self.ordered else sorted(map(_rank, have)) == sorted(map(_rank, wanted))
        return alike and not any(is_opaque(item.statement) for item in current)


class Records(Listing):
    """Items that are dictionaries, one to a line."""

    def __init__(self, name: str, grammar: Grammar, *keywords: str, ordered: bool = False) -> None:
        super().__init__(name, *keywords, ordered=ordered)
        self.grammar = grammar

    def argument(self) -> dict[str, Any]:
        return {"type": "list", "elements": "dict", "options": self.grammar.argument()}

    def key(self, normal: Any) -> Any:
        return self.grammar.key(normal)

    def normal(self, item: Any) -> Any:
        return self.grammar.normal(item)

    def item_text(self, item: Any) -> str:
        return self.grammar.text(item)

    def item_complaints(self, path: str, item: Any) -> Iterable[Problem]:
        return self.grammar.complaints(path, item)

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.grammar.read([word.text for word in line.words]), line.start, line.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
        ]


class Repeated(Records):
    """``keyword PART …``, a line for each item; what follows the first part is secret."""

    def argument(self) -> dict[str, Any]:
        # The part that is secret says so itself.
        return dict(super().argument(), no_log=False)

    def lines(self, value: Any) -> list[tuple[int, str]]:
        return [(0, " ".join((self.keyword, self.item_text(item)))) for item in value]

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        return [statement for statement in found if is_opaque(statement) or statement.block is not None]

    def item_shown(self, item: Any) -> str:
        return str(item[self.grammar.heads[0].name])

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.grammar.read(statement.arguments), statement.start, statement.end, statement, statement)
            for statement in found
        ]


class Sentences(Listing):
    """Items that are whole lines, as keepalived (or ``ip``) writes them: routes and rules."""

    def __init__(self, name: str, kind: Kind, *keywords: str) -> None:
        super().__init__(name, *keywords, ordered=True)
        self.kind = kind

    def argument(self) -> dict[str, Any]:
        return {"type": "list", "elements": "str"}

    def normal(self, item: Any) -> Any:
        return self.kind.normal(item)

    def item_text(self, item: Any) -> str:
        return self.kind.to_text(item)

    def item_complaints(self, path: str, item: Any) -> Iterable[Problem]:
        complaint = self.kind.complain(item)
        if complaint:
            yield Problem(path, item, *complaint)

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.kind.from_text(document.text[line.start : line.end]), line.start, line.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
        ]


class Words(Sentences):
    """Items that are single words, several to a line or one: the order means nothing."""

    def __init__(self, name: str, kind: Kind, *keywords: str) -> None:
        super().__init__(name, kind, *keywords)
        self.ordered = False

    def items(self, document: Document, found: Sequence[Statement]) -> list[Item]:
        return [
            Item(self.kind.from_text(word.text), word.start, word.end, line, statement)
            for statement in found
            if statement.block is not None
            for line in document.statements(statement.block)
            for word in line.words
        ]


def _join(path: str, name: str) -> str:
    return "{0}.{1}".format(path, name) if path else name


def _rank(normal: Any) -> str:
    return repr(sorted(normal.items()) if isinstance(normal, dict) else normal)
