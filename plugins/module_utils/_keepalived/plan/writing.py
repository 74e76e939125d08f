# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired options as lines of a file, by shape. A line is (depth, text), the depth counted in blocks.

Loaded only when something differs.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import (
    Blocks,
    Group,
    NamedLists,
    Table,
    has_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Listing,
    Record,
    Records,
    Repeated,
    Sentences,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    Flag,
    Shape,
    Switch,
    Toggle,
    Value,
)

Lines = list[tuple[int, str]]


def table_lines(table: Table, desired: dict[str, Any]) -> Lines:
    """The desired options in the order of the table."""
    found: Lines = []
    for shape in table.shapes:
        value = desired.get(shape.name)
        if value is not None:
            found.extend(lines(shape, value))
    return found


@singledispatch
def lines(shape: Shape, value: Any) -> Lines:
    """A desired value as lines of a block; empty where it means that there is no such line."""
    raise NotImplementedError(type(shape).__name__)


@lines.register(Value)
def _of_value(shape: Value, value: Any) -> Lines:
    return [(0, "{0} {1}".format(shape.keyword, shape.kind.to_text(value)))]


@lines.register(Flag)
def _of_flag(shape: Flag, value: Any) -> Lines:
    return [(0, shape.keyword)] if value else []


@lines.register(Toggle)
def _of_toggle(shape: Toggle, value: Any) -> Lines:
    return [(0, shape.keyword if value else shape.opposite)]


@lines.register(Switch)
def _of_switch(shape: Switch, value: Any) -> Lines:
    return [(0, "{0} {1}".format(shape.keyword, "on" if value else "off"))]


@lines.register(Record)
def _of_record(shape: Record, value: Any) -> Lines:
    if shape.removes(value):
        return []
    return [(0, " ".join((shape.keyword, parts_text(shape.grammar, value))).rstrip())]


@lines.register(Listing)
def _of_listing(shape: Listing, value: Any) -> Lines:
    if not value:
        return []
    return [(0, shape.keyword + " {"), *((1, item_text(shape, item)) for item in value), (0, "}")]


@lines.register(Repeated)
def _of_repeated(shape: Repeated, value: Any) -> Lines:
    return [(0, " ".join((shape.keyword, item_text(shape, item)))) for item in value]


@lines.register(Group)
def _of_group(shape: Group, value: Any) -> Lines:
    if not has_options(value):
        return []
    inner = table_lines(shape.table, value)
    return [(0, shape.keyword + " {"), *((depth + 1, line) for depth, line in inner), (0, "}")]


@lines.register(Blocks)
def _of_blocks(shape: Blocks, value: Any) -> Lines:
    return [line for entry in value for line in entry_lines(shape, entry)]


def entry_lines(shape: Blocks, entry: dict[str, Any]) -> Lines:
    """One block of a list."""
    inner: Lines
    if isinstance(shape, NamedLists):
        inner = [(0, item_text(shape.listing, item)) for item in entry[shape.listing.name]]
    else:
        inner = table_lines(shape.table, entry)
    header = "{0} {1}".format(shape.keyword, parts_text(shape.key, entry)).rstrip()
    return [(0, header + " {"), *((depth + 1, line) for depth, line in inner), (0, "}")]


def item_text(shape: Listing, item: Any) -> str:
    """One item of a list as it is written in the file."""
    if isinstance(shape, Records):
        return parts_text(shape.grammar, item)
    if isinstance(shape, Sentences):
        return shape.kind.to_text(item)
    raise NotImplementedError(type(shape).__name__)


def item_shown(shape: Listing, item: Any) -> str:
    """An item as messages show it. What follows the first part of a repeated line is secret."""
    return str(item[shape.grammar.heads[0].name]) if isinstance(shape, Repeated) else item_text(shape, item)


def parts_text(grammar: Grammar, item: dict[str, Any]) -> str:
    """The parts of an item in one line."""
    pieces = []
    for part in grammar.heads + grammar.options:
        value = item.get(part.name)
        if value is None or value is False:
            continue
        if part.keywords:
            pieces.append(part.keywords[0])
        if part.kind is not None:
            pieces.append(part.kind.to_text(value))
    return " ".join(pieces)
