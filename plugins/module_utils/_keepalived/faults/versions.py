# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keywords of a change that the installed keepalived is too old for. Each row has the version that introduced its
keyword.

Loaded only when something differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import OLDEST


class Use(NamedTuple):
    """An option used in a file, as messages name it, and the version that it needs."""

    option: str
    line: str
    since: str


def too_new(before: str, after: str, installed: str) -> list[Problem]:
    """Problems for what an edit adds and the installed keepalived does not support."""
    have = number(installed)
    return [
        Problem(
            use.option,
            None,
            "needs keepalived {0}, and this host has {1}".format(use.since, installed),
            "Leave it out, or install keepalived {0} or a newer one.".format(use.since),
        )
        for use in new_uses(before, after)
        if have < number(use.since)
    ]


def new_uses(before: str, after: str) -> list[Use]:
    """The versioned options whose lines an edit adds or changes."""
    documents = parse(before), parse(after)
    texts = [{one.text[block.start : block.closing] for block in one.root.blocks} for one in documents]
    same = texts[0] & texts[1]
    old = set(_uses(documents[0], same))
    return [use for use in _uses(documents[1], same) if use not in old]


def _uses(document: Document, known: set[str]) -> Iterator[Use]:
    """The uses in a file, without the top-level blocks whose text is in ``known``."""
    for statement in document.statements(document.root):
        block = statement.block
        if block is None or document.text[block.start : block.closing] not in known:
            yield from _uses_of(document, statement, CONFIGURATION, "")


def _uses_of(document: Document, statement: Statement, table: Table, title: str) -> Iterator[Use]:
    rank = table.rank.get(statement.keyword)
    if rank is None or statement.condition:
        return
    shape, block = table.shapes[rank], statement.block
    where = below(title, " ".join([statement.keyword, *(statement.arguments if block is not None else ())]))
    if shape.since != OLDEST and statement.keyword == shape.keyword:
        end = block.opening if block is not None else statement.end
        yield Use(where, document.text[statement.start : end].strip(), shape.since)
    if isinstance(shape, (Blocks, Group)) and block is not None:
        for line in document.statements(block):
            yield from _uses_of(document, line, shape.table, where)


def number(version: str) -> tuple[int, ...]:
    """``2.2.7`` as numbers, for comparison."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())
