# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a configuration that was read keepalived_config accepts: it refuses values that its options cannot
hold, and treats a list as complete. Loaded only by keepalived_info."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Record,
    Records,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    Flag,
    Shape,
    Switch,
    Value,
)


def fitting(table: Table, values: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Of options that were read, those that can be applied again, and the names of those that cannot be, or only in
    part."""
    kept: dict[str, Any] = {}
    lost: set[str] = set()
    for shape in table.shapes:
        if shape.name in values:
            value, whole = _fitting_value(shape, values[shape.name])
            if value is not None:
                kept[shape.name] = value
            if not whole:
                lost.add(shape.name)
    return kept, lost


def _fitting_value(shape: Shape, value: Any) -> tuple[Any, bool]:
    """The part of a value that can be applied again (None for nothing), and whether that is all of it."""
    if isinstance(shape, Group):
        options, lost = fitting(shape.table, value)
        return options or None, not lost  # an empty dictionary could mean that the block is absent
    if isinstance(shape, Blocks):
        return _fitting_blocks(shape, value)
    return (value, True) if _fits(shape, value) else (None, False)


def _fitting_blocks(shape: Blocks, value: list[dict[str, Any]]) -> tuple[Any, bool]:
    """A list is returned whole or not at all."""
    if any("header" in entry for entry in value):
        return None, False
    kept, whole = [], True
    heads = [part.name for part in shape.key.heads + shape.key.options]
    for entry in value:
        options, lost = fitting(shape.table, entry)
        kept.append({**{name: entry[name] for name in heads if name in entry}, **options})
        whole = whole and not lost
    return kept, whole


def _fits(shape: Shape, value: Any) -> bool:
    if isinstance(shape, Value):
        return shape.kind.fits(value)
    if isinstance(shape, (Flag, Switch)):
        return isinstance(value, bool)
    if isinstance(shape, Record):
        return _fits_grammar(shape.grammar, value) and not shape.removes(value)
    return not isinstance(shape, Records) or all(_fits_grammar(shape.grammar, item) for item in value)


def _fits_grammar(grammar: Grammar, item: Any) -> bool:
    """Whether an item was readable, and each of its parts is a valid value."""
    kinds = {part.name: part.kind for part in grammar.heads + grammar.options}
    return isinstance(item, dict) and all(
        kind is None or kind.fits(item[name]) for name, kind in kinds.items() if name in item
    )
