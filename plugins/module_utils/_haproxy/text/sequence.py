# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entries of an ordered list stay, so that a change touches as few lines as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: With more comparisons than this, the middle part is replaced as a whole: the time stays linear.
_MOST_COMPARISONS = 250_000


def kept(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    """Pairs (index in old, index in new) of a longest common subsequence."""
    head, size = 0, min(len(old), len(new))
    while head < size and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < size - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = _kept_between(old[head : len(old) - tail], new[head : len(new) - tail])
    pairs = [(place, place) for place in range(head)]
    pairs += [(head + i, head + j) for i, j in middle]
    pairs += [(len(old) - place, len(new) - place) for place in range(tail, 0, -1)]
    return pairs


def _kept_between(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    if not old or not new or len(old) * len(new) > _MOST_COMPARISONS:
        return []
    lengths = [[0] * (len(new) + 1) for _row in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            same = old[i] == new[j]
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
