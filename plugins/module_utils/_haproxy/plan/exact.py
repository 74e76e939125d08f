# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what is not declared from a section (``exact``), so that the section's meaning is the declared one, whatever
it was before. Comments stay, and the order of the remaining lines stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import DesiredSection
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.editor import Edits
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import ONE, SET, table_of


def drop_undeclared(edits: Edits, header: int, lines: dict[str | None, list[int]], desired: DesiredSection) -> None:
    """Delete the directives that were not given, and duplicates. ``lines`` are the section's lines by option; deleted
    ones are removed from it. Lists that were not given are planned as empty lists."""
    title = " ".join(filter(None, (desired.kind, desired.name)))
    content = edits.document.content

    def drop(option: str | None, indexes: list[int]) -> None:
        for index in indexes:
            edits.delete(index)
            edits.summaries.append(redact(f"{title}: {content(index).strip()} removed"))
            lines[option].remove(index)

    for option, directive in table_of(desired.kind).items():
        there = lines.get(option, [])
        if option not in desired.values:
            drop(option, list(there))
        elif directive.shape == ONE:
            drop(option, there[:-1])
        elif directive.shape == SET:
            known = [meanings(content(index)) for index in there]
            drop(option, [index for place, index in enumerate(there) if known[place] in known[:place]])
    shared = lines.get("default-server", [])
    drop("default-server", shared[:-1] if desired.default_server else list(shared))
    words = lex(content(header)).words
    if desired.inherits is None and [word.meaning for word in words[-2:-1]] == ["from"]:
        edits.replace(header, words[-3].end, words[-1].end, "")
        edits.summaries.append(f"{title}: from {words[-1].meaning} removed")


def other_words(
    found: Mapping[str, list[tuple[int, int, bool]]], words: Sequence[str], first: int, given: Collection[str]
) -> Iterator[tuple[int, int]]:
    """The spans of a line's words, starting at ``first``, that state options which were not given, or that are unknown.
    ``found`` are the line's options, each with its spans."""
    known: set[int] = set()
    for option, places in found.items():
        for start, end, _yes in places:
            known.update(range(start, end))
            if option not in given:
                yield start, end
    for index in range(first, len(words)):
        if index not in known:
            yield index, index + 1
