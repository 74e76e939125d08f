# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a text as replacements of spans, so that everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Replacement(NamedTuple):
    """Put ``text`` in the place of ``[start, end)``. start == end inserts; an empty text deletes."""

    start: int
    end: int
    text: str


def apply_replacements(text: str, replacements: Iterable[Replacement]) -> str:
    """Apply all replacements. Offsets refer to the given text; insertions at the same offset keep their order. Raises
    ValueError where two overlap."""
    pieces: list[str] = []
    at = 0
    for start, end, new in sorted(replacements, key=lambda replacement: replacement[:2]):
        if start < at or end < start:
            raise ValueError(f"replacements overlap at offset {start}")
        pieces.append(text[at:start])
        pieces.append(new)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def line_ending(text: str) -> str:
    """The line ending of a text's first line; a plain line feed where it has none."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
