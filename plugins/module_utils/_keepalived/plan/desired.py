# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of desired options, by shape.

Loaded only when something differs: values that are in the file already are not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.writing import item_shown, parts_text
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Block,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import (
    Blocks,
    Group,
    NamedLists,
    Table,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Listing,
    Record,
    Records,
    Sentences,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import MASKED, Shape, Value


def table_problems(
    table: Table, path: str, desired: dict[str, Any], document: Document | None = None, blocks: Sequence[Block] = ()
) -> Iterable[Problem]:
    """Problems of the desired options that the document's blocks do not have already."""
    there = (one for block in blocks for one in document.statements(block)) if document is not None else ()
    found = table.by_keyword(there)
    for shape in table.shapes:
        value = desired.get(shape.name)
        if value is None:
            continue
        own = table.of(shape, found)
        if document is not None and own:
            if shape.unreadable(own):
                own = []
            elif shape.means(document, own, value):
                continue
        yield from problems(shape, _join(path, shape.name), value, document, own)


@singledispatch
def problems(
    shape: Shape, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    """Problems of a single desired value. ``found`` are the option's statements in a document: parts of the value that
    are there already are not checked."""
    return ()


@problems.register(Value)
def _of_value(
    shape: Value, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    problem = shape.kind.problem(value)
    if problem:
        yield Problem(option, MASKED if shape.secret else value, *problem)


@problems.register(Record)
def _of_record(
    shape: Record, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    return () if shape.removes(value) else grammar_problems(shape.grammar, option, value)


@problems.register(Listing)
def _of_listing(
    shape: Listing, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    seen: list[Any] = []
    there = [one.normal for one in shape.items(document, found)] if document is not None and found else []
    for number, item in enumerate(value):
        path = "{0}[{1}]".format(option, number)
        if there and shape.normal(item) in there:
            there.remove(shape.normal(item))
            seen.append(shape.key(shape.normal(item)))
            continue
        bad = list(_of_item(shape, path, item))
        yield from bad
        key = None if bad else shape.key(shape.normal(item))
        if key is not None and key in seen:
            reason = "is listed twice, and keepalived would drop or repeat it"
            yield Problem(path, item_shown(shape, item), reason, "Name it once.")
        seen.append(key)


@problems.register(Group)
def _of_group(
    shape: Group, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    blocks = [statement.block for statement in found if statement.block is not None]
    return table_problems(shape.table, option, value, document, blocks)


@problems.register(Blocks)
def _of_blocks(
    shape: Blocks, option: str, value: Any, document: Document | None = None, found: Sequence[Statement] = ()
) -> Iterable[Problem]:
    seen: list[Any] = []
    readable = [one for one in found if not is_opaque(one) and one.block is not None]
    pairs = shape.match(document, readable, value).pairs if document is not None and readable else []
    for number, entry in enumerate(value):
        path = "{0}[{1}]".format(option, number)
        same = pairs[number][1] if pairs else []
        bad = [] if same else [*grammar_problems(shape.key, path, entry)]
        yield from bad
        yield from _of_entry(shape, path, entry, document, same)
        key = repr(shape.key.normal(entry)) + shape.distinction(entry) if shape.told_apart and not bad else None
        if key is not None and key in seen:
            yield Problem(path, parts_text(shape.key, entry) or None, "is listed twice", "Name it once.")
        seen.append(key)


def _of_entry(
    shape: Blocks, path: str, entry: dict[str, Any], document: Document | None, same: Sequence[Statement]
) -> Iterable[Problem]:
    if not isinstance(shape, NamedLists):
        blocks = [one.block for one in same if one.block is not None]
        yield from table_problems(shape.table, path, entry, document, blocks)
        return
    option = _join(path, shape.listing.name)
    if not entry.get(shape.listing.name):
        yield Problem(option, None, "is empty, and keepalived would drop the block", "Name at least one.")
    elif document is None or not same or not shape.entry_means(document, same[0], entry):
        yield from problems(shape.listing, option, entry[shape.listing.name], document, same)


def _of_item(shape: Listing, path: str, item: Any) -> Iterable[Problem]:
    if isinstance(shape, Records):
        yield from grammar_problems(shape.grammar, path, item)
    elif isinstance(shape, Sentences):
        problem = shape.kind.problem(item)
        if problem:
            yield Problem(path, item, *problem)


def grammar_problems(grammar: Grammar, path: str, item: dict[str, Any]) -> Iterable[Problem]:
    """Problems of the parts of an item."""
    for part in grammar.heads + grammar.options:
        value = item.get(part.name)
        if value is None:
            if part.required:
                yield Problem(_join(path, part.name), None, "is missing", "Every entry needs it.")
        elif part.kind is not None:
            problem = part.kind.problem(value)
            if problem:
                shown = MASKED if part.kind.argument.get("no_log") else value
                yield Problem(_join(path, part.name), shown, *problem)


def _join(path: str, name: str) -> str:
    return "{0}.{1}".format(path, name) if path else name
