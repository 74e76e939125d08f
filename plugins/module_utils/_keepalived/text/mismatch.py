# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks that can be found in a text whose braces do not match. Loaded only for such a text."""

from __future__ import annotations

import re
from typing import NamedTuple

_BRACE = re.compile(r"[{}]")


class Span(NamedTuple):
    """``bound`` is the earliest possible start of the block's header; ``closing`` is the text's end where the block is
    not closed."""

    bound: int
    opening: int
    closing: int
    within: list[Span]


def matched(masked: str) -> tuple[list[Span], list[tuple[int, str]]]:
    """The outermost blocks of a mask, and (offset, description) of each unmatched brace."""
    flaws: list[tuple[int, str]] = []
    found: list[Span] = []
    # For each open block: the start of its header, its brace, and its content. The first is the whole text.
    opened: list[tuple[int, int, list[Span]]] = [(0, -1, found)]
    bound = 0
    for match in _BRACE.finditer(masked):
        at = match.start()
        if masked[at] == "{":
            opened.append((bound, at, []))
        elif len(opened) > 1:
            _close(opened, at)
        else:
            flaws.append((at, "this } closes nothing"))
        bound = at + 1
    while len(opened) > 1:
        flaws.append((opened[-1][1], "the block opened here is not closed"))
        _close(opened, len(masked))
    return found, flaws


def _close(opened: list[tuple[int, int, list[Span]]], closing: int) -> None:
    bound, opening, within = opened.pop()
    opened[-1][2].append(Span(bound, opening, closing, within))
