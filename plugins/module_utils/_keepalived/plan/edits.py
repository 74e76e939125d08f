# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits a file, by shape, so that it means the desired state, with as few changes as possible.

Loaded only when something differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.writing import (
    entry_lines,
    item_shown,
    item_text,
    lines,
    parts_text,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    INCLUDES,
    Block,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import Editor, Place, below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import (
    Blocks,
    Group,
    NamedLists,
    Table,
    has_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.commands import first_word
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import Item, Listing, Repeated
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    Command,
    Flag,
    Scalar,
    Shape,
    shown_statement,
)


def edit_table(table: Table, editor: Editor, block: Block, desired: dict[str, Any], title: str = "") -> None:
    """Edit a block so that it means the desired options; other options stay. ``title`` names the block in summaries."""
    document = editor.document
    statements = list(document.statements(block))
    found = table.by_keyword(statements)
    edits = len(editor.replacements)
    for statement in table.undeclared(found, desired) if desired.get("exact") else ():
        if is_opaque(statement):
            editor.problems.append(opaque_problem(document, statement.keyword, statement))
        else:
            editor.take(Place(block, None), statement)
            editor.say(title, f"remove {statement.keyword}")
    for number, shape in enumerate(table.shapes):
        value = desired.get(shape.name)
        if value is None:
            continue
        own = table.of(shape, found)
        unknown = shape.unreadable(own)
        if unknown:
            editor.problems.append(opaque_problem(document, shape.name, unknown[0]))
        else:
            edit(shape, editor, _place(table, block, statements, number), own, value, title)
    if len(editor.replacements) > edits and block is not document.root:
        for statement in statements:
            if statement.keyword in INCLUDES or statement.keyword[:1] in ("~", "$"):
                editor.problems.append(opaque_problem(document, title, statement))
                return


def _place(table: Table, block: Block, statements: Sequence[Statement], number: int) -> Place:
    """The place of a new option: after the last statement that comes before it in the table's order, but before the
    first that comes after it (keepalived wants scripts before the blocks that track them)."""
    last = len(table.shapes)
    after = None
    for statement in statements:
        rank = table.rank.get(statement.keyword, last)
        if number < rank < last:
            return Place(block, after, statement)
        if rank <= number:
            after = statement
    return Place(block, after)


@singledispatch
def edit(shape: Shape, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str) -> None:
    """Edit an option's statements so that they mean the desired value."""
    raise NotImplementedError(type(shape).__name__)


@edit.register
def _edit_scalar(
    shape: Scalar, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str
) -> None:
    if shape.means(editor.document, found, value):
        return
    new = lines(shape, value)
    if not new:
        editor.say(title, f"remove {shape.keyword}")
    elif found:
        _rewrite(shape, editor, found[0], new[0][1])
        old, now = (shape.shown(line) for line in (shown_statement(editor.document, found[0]), new[0][1]))
        editor.say(title, f"{old} -> {now.partition(' ')[2] or now}")
    else:
        editor.put(place, new)
        editor.say(title, f"add {shape.shown(new[0][1])}")
    for statement in found[1 if new else 0 :]:
        editor.take(place, statement)


def _rewrite(shape: Scalar, editor: Editor, statement: Statement, line: str) -> None:
    """Change the words after the keyword; the keyword stays, even if it is a synonym. A flag is only a keyword. A
    command is one word; a user and group after it stay."""
    words = statement.words
    rest = line.partition(" ")[2]
    if isinstance(shape, Flag):
        editor.replace(words[0].start, statement.end, line)
    elif isinstance(shape, Command) and len(words) > 1:
        begin = words[1].start
        editor.replace(begin, begin + first_word(editor.document.text[begin : statement.end]), rest)
    elif rest and len(words) > 1:
        editor.replace(words[1].start, statement.end, rest)
    else:
        editor.replace(words[0].end, statement.end, " " + rest if rest else "")


@edit.register
def _edit_listing(
    shape: Listing, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str
) -> None:
    current = shape.items(editor.document, found)
    opaque = [item.statement for item in current if is_opaque(item.statement)]
    if opaque:
        editor.problems.append(opaque_problem(editor.document, shape.name, opaque[0]))
    elif shape.means(editor.document, found, value):
        return
    elif not value:
        for statement in found:
            editor.take(place, statement)
        editor.say(title, f"remove {shape.keyword}")
    elif not found:
        editor.put(place, lines(shape, value))
        for item in value:
            editor.say(title, f"add {shape.keyword} {item_text(shape, item)}")
    else:
        _edit_items(shape, editor, found, current, value, title)


@edit.register
def _edit_repeated(
    shape: Repeated, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str
) -> None:
    """Lines with a desired meaning stay, others are removed, and missing ones are added after them."""
    desired = {repr(shape.normal(item)): item for item in value}
    for item in shape.items(editor.document, found):
        if is_opaque(item.statement):
            editor.problems.append(opaque_problem(editor.document, shape.name, item.statement))
        elif desired.pop(repr(item.normal), None) is None:
            editor.take(place, item.statement)
            editor.say(title, f"remove {shape.keyword} {' '.join(item.statement.arguments[:1])}")
    new = list(desired.values())
    if new:
        after = found[-1] if found else place.after
        editor.put(Place(place.block, after, place.before), lines(shape, new))
    for item in new:
        editor.say(title, f"add {shape.keyword} {item_shown(shape, item)}")


def _edit_items(
    shape: Listing, editor: Editor, found: Sequence[Statement], current: list[Item], value: Any, title: str
) -> None:
    text = editor.document.text
    kept = _kept(shape, current, [shape.normal(item) for item in value])
    staying = set(kept.values())
    for number, item in enumerate(current):
        if number not in staying:
            editor.remove(item.start, item.end)
            editor.say(title, f"remove {shape.keyword} {text[item.start : item.end]}")
    after = None if shape.ordered else max((current[n] for n in staying), key=lambda item: item.start, default=None)
    for number, entry in enumerate(value):
        new = item_text(shape, entry)
        if number not in kept:
            owner = found[-1] if after is None else after.list_statement
            if owner.block is not None:
                editor.insert(owner.block, None if after is None else after.statement, [(0, new)])
            editor.say(title, f"add {shape.keyword} {new}")
            continue
        item = current[kept[number]]
        if shape.ordered:
            after = item
        if item.normal != shape.normal(entry):
            editor.replace(item.start, item.end, new)
            editor.say(title, f"{shape.keyword} {text[item.start : item.end]} -> {new}")


def _kept(shape: Listing, current: list[Item], desired: list[Any]) -> dict[int, int]:
    """Which desired item is which current one, by key: index -> index."""
    free: dict[str, list[int]] = {}
    for number, item in enumerate(current):
        free.setdefault(repr(shape.key(item.normal)), []).append(number)
    pairs: list[tuple[int, int]] = []
    for number, normal in enumerate(desired):
        places = free.get(repr(shape.key(normal)))
        if places:
            pairs.append((number, places.pop(0)))
    return dict(_longest_rising(pairs) if shape.ordered else pairs)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of pairs in which the second numbers also rise: the items that can stay in place."""
    best: list[list[tuple[int, int]]] = []
    for pair in pairs:
        before = max((run for run in best if run[-1][1] < pair[1]), key=len, default=[])
        best.append([*before, pair])
    return max(best, key=len, default=[])


@edit.register
def _edit_group(shape: Group, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str) -> None:
    if shape.means(editor.document, found, value):
        return
    if not has_options(value):
        for statement in found:
            editor.take(place, statement)
        editor.say(title, f"remove {shape.keyword}")
    elif len(found) > 1:
        editor.problems.append(twice_problem(editor.document, shape.name, found))
    elif not found:
        editor.put(place, lines(shape, value))
        editor.say(title, f"add {shape.keyword}")
    elif found[0].block is not None:
        edit_table(shape.table, editor, found[0].block, value, below(title, shape.keyword))


@edit.register
def _edit_blocks(
    shape: Blocks, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str
) -> None:
    document = editor.document
    opaque = [statement for statement in found if is_opaque(statement) or statement.block is None]
    matching = shape.match(document, [statement for statement in found if statement not in opaque], value)
    for entry, same in matching.pairs:
        hidden = [one for one in opaque if shape.key.read(one.arguments) == shape.key.normal(entry)]
        if len(same) > 1:
            editor.problems.append(twice_problem(document, shape.name, same))
        elif hidden:
            editor.problems.append(opaque_problem(document, shape.name, hidden[0]))
        elif same:
            _edit_entry(shape, editor, place, same[0], entry, below(title, _label(shape, entry)))
        else:
            editor.put(place, entry_lines(shape, entry))
            editor.say(title, f"add {_label(shape, entry)}")
    if place.block is not document.root or editor.purge:
        for statement in matching.left:
            remove_block(shape, editor, place, statement, title)


def _edit_entry(
    shape: Blocks, editor: Editor, place: Place, statement: Statement, entry: dict[str, Any], title: str
) -> None:
    if isinstance(shape, NamedLists):
        edit(shape.listing, editor, place, [statement], entry[shape.listing.name], title)
    elif statement.block is not None:
        edit_table(shape.table, editor, statement.block, entry, title)


def remove_block(shape: Blocks, editor: Editor, place: Place, statement: Statement, title: str = "") -> None:
    """Remove one block."""
    editor.take(place, statement)
    editor.say(title, " ".join(["remove", shape.keyword, *statement.arguments]))


def _label(shape: Blocks, entry: dict[str, Any]) -> str:
    return f"{shape.keyword} {parts_text(shape.key, entry)}".rstrip()


def opaque_problem(document: Document, option: str, statement: Statement) -> Problem:
    """The problem of a line that cannot be edited because its meaning depends on something else."""
    text = document.text[statement.start : statement.end].split("\n", 1)[0]
    reason = "is not written as keepalived reads it (line {0}): a brace is missing, or one too many"
    if is_opaque(statement):
        reason = (
            "depends on a condition, a parameter, a loop or an include (line {0}), so what it means is not known here"
        )
    remedy = "Change that line by hand, or leave the option out of the task"
    return Problem(option, text, reason.format(document.line(statement.start)), remedy)


def twice_problem(document: Document, option: str, found: Sequence[Statement]) -> Problem:
    """The problem of an option or block that is in the file more than once."""
    numbers = " and ".join(str(document.line(statement.start)) for statement in found)
    return Problem(
        option,
        " ".join(word.text for word in found[0].words),
        "is in the file more than once (lines {0}), so it is not known which one is meant".format(numbers),
        "Remove all but one by hand first",
    )
