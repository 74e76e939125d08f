# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nested blocks: a block is read and compared by a table of shapes, at any depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    INCLUDES,
    Block,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import Grammar, Listing
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import Shape


class Matching(NamedTuple):
    """Entries with their blocks (one, or none yet, or several that cannot be told apart), and the blocks without an
    entry."""

    pairs: list[tuple[Any, list[Statement]]]
    left: list[Statement]


class Table:
    """The shapes of one kind of block, in the order in which a new block is written."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes
        self.rank = {keyword: number for number, shape in enumerate(shapes) for keyword in shape.keywords}

    def arguments(self) -> dict[str, Any]:
        return {shape.name: shape.argument() for shape in self.shapes}

    def read(self, document: Document, *blocks: Block) -> dict[str, Any]:
        """The options of a block, or of several that are read as one, in normal form. Left out are: lines under a
        condition or with a parameter, options with contradicting lines, and keywords that are not in the table."""
        values: dict[str, Any] = {}
        found = self.by_keyword(one for block in blocks for one in document.statements(block))
        for shape in self.shapes:
            statements = self.of(shape, found)
            if statements and not shape.unreadable(statements) and not shape.ambiguous(document, statements):
                values[shape.name] = shape.read(document, statements)
        return values

    def means(
        self, document: Document, blocks: Sequence[Block], desired: dict[str, Any], complete: bool = True
    ) -> bool:
        """Whether blocks, read as one, already mean the desired options."""
        found = self.by_keyword(one for block in blocks for one in document.statements(block))
        if desired.get("exact") and self.undeclared(found, desired):
            return False
        for shape in self.shapes:
            value = desired.get(shape.name)
            if value is None:
                continue
            own = self.of(shape, found)
            if shape.unreadable(own) or not shape.means(document, own, value, complete):
                return False
        return True

    def undeclared(self, found: dict[str, list[Statement]], desired: dict[str, Any]) -> list[Statement]:
        """The statements that an exact declaration does not contain."""
        held = {word for shape in self.shapes if desired.get(shape.name) is not None for word in shape.keywords}
        others = (same for keyword, same in found.items() if keyword not in held and keyword not in INCLUDES)
        return [one for same in others for one in same if one.keyword[:1] not in ("~", "$", "@")]

    def exactly(self, desired: dict[str, Any]) -> dict[str, Any]:
        """An exact declaration, with every nested block exact too."""
        return {**desired, **{one.name: one.exactly(desired[one.name]) for one in self.shapes if desired.get(one.name)}}

    @staticmethod
    def by_keyword(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for statement in statements:
            found.setdefault(statement.keyword, []).append(statement)
        return found

    @staticmethod
    def of(shape: Shape, found: dict[str, list[Statement]]) -> list[Statement]:
        if len(shape.keywords) == 1:
            return found.get(shape.keyword, [])
        return sorted((one for keyword in shape.keywords for one in found.get(keyword, [])), key=lambda one: one.start)


def has_options(value: dict[str, Any]) -> bool:
    """Whether any option of a dictionary is given."""
    return any(one is not None for one in value.values())


class Group(Shape):
    """``keyword { … }``, at most once. An empty value changes nothing; where the group is ``removable`` it means that
    the block is absent."""

    def __init__(self, name: str, since: str, table: Table, *keywords: str, removable: bool = False) -> None:
        super().__init__(name, since, *keywords)
        self.table = table
        self.removable = removable

    def argument(self) -> dict[str, Any]:
        return {"type": "dict", "options": self.table.arguments()}

    def exactly(self, value: Any) -> Any:
        return {**self.table.exactly(value), "exact": True} if has_options(value) else value

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return self.table.read(document, *(one.block for one in found if one.block is not None))

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        if not has_options(value):
            return not (found and self.removable)
        blocks = [statement.block for statement in found if statement.block is not None]
        return bool(found) and len(blocks) == len(found) and self.table.means(document, blocks, value)


class Blocks(Shape):
    """``keyword KEY { … }``, any number of times. The list determines which blocks exist; options that an entry does
    not give stay. ``also`` are options that tell blocks with the same key apart. Entries and blocks with neither are
    matched in their order. ``exact``: an entry can require that its block has no other options."""

    def __init__(
        self,
        name: str,
        since: str,
        table: Table,
        *keywords: str,
        key: Grammar | None = None,
        also: tuple[str, ...] = (),
        exact: bool = False,
    ) -> None:
        super().__init__(name, since, *keywords)
        self.table = table
        self.exact: dict[str, Any] = {"exact": {"type": "bool"}} if exact else {}
        self.also = also
        self.key = key or Grammar()
        self.told_apart = bool(self.key.heads or also)

    def argument(self) -> dict[str, Any]:
        options = dict(self.key.argument(), **self.table.arguments(), **self.exact)
        return {"type": "list", "elements": "dict", "options": options}

    def exactly(self, value: Any) -> Any:
        return [{**self.table.exactly(entry), "exact": True} for entry in value]

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        return []

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        entries = []
        for statement in found:
            if is_opaque(statement) or statement.block is None:
                continue
            key = self.key.read(statement.arguments)
            entry = dict(key) if isinstance(key, dict) else {"header": key}
            entry.update(self.table.read(document, statement.block))
            entries.append(entry)
        return entries

    def match(self, document: Document, found: Sequence[Statement], value: Any) -> Matching:
        """Which block belongs to each entry, and which blocks have no entry."""
        have = [self._identity(statement) for statement in found]
        desired = [repr(self.key.normal(entry)) for entry in value]
        alike = _repeated(have) | _repeated(desired) if self.key.heads else {*have, *desired}
        free: dict[str, list[Statement]] = {}
        for key, statement in zip(have, found):
            identity = key + self._distinction_of(document, statement) if key in alike else key
            free.setdefault(identity, []).append(statement)
        pairs: list[tuple[Any, list[Statement]]] = []
        for key, entry in zip(desired, value):
            same = free.get(key + self.distinction(entry) if key in alike else key, [])
            take = len(same) if self.told_apart else 1
            pairs.append((entry, same[:take]))
            del same[:take]
        return Matching(pairs, [statement for same in free.values() for statement in same])

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        if any(is_opaque(statement) or statement.block is None for statement in found):
            return False
        matching = self.match(document, found, value)
        if complete and matching.left:
            return False
        for entry, same in matching.pairs:
            if len(same) != 1 or not self.entry_means(document, same[0], entry):
                return False
        return True

    def entry_means(self, document: Document, statement: Statement, entry: dict[str, Any]) -> bool:
        return statement.block is not None and self.table.means(document, [statement.block], entry)

    def _identity(self, statement: Statement) -> str:
        if statement.identity is None:
            statement.identity = repr(self.key.read(statement.arguments))
        return statement.identity

    def distinction(self, entry: dict[str, Any]) -> str:
        """The values of the ``also`` options of an entry, as text."""
        values = (entry.get(option) for option in self.also)
        return "".join(" " + repr(sorted(one) if isinstance(one, list) else one) for one in values)

    def _distinction_of(self, document: Document, statement: Statement) -> str:
        if not self.also or statement.block is None:
            return ""
        return self.distinction(self.table.read(document, statement.block))


class NamedLists(Blocks):
    """``keyword NAME { … }`` with one item of a list on each line."""

    def __init__(self, name: str, since: str, listing: Listing, keyword: str, key: Grammar) -> None:
        super().__init__(name, since, Table(listing), keyword, key=key)
        self.listing = listing

    def argument(self) -> dict[str, Any]:
        inner = {self.listing.name: dict(self.listing.argument(), required=True)}
        return {"type": "list", "elements": "dict", "options": dict(self.key.argument(), **inner)}

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return [
            {"name": " ".join(statement.arguments), self.listing.name: self.listing.read(document, [statement])}
            for statement in found
        ]

    def entry_means(self, document: Document, statement: Statement, entry: dict[str, Any]) -> bool:
        return self.listing.means(document, [statement], entry[self.listing.name])


def _repeated(keys: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    return {key for key in keys if key in seen or seen.add(key)}  # type: ignore[func-returns-value]
