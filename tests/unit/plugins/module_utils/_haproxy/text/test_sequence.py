# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays of an ordered list is as much as can stay."""

from __future__ import annotations

from itertools import combinations

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.sequence import kept
from hypothesis import given
from hypothesis import strategies as st

LISTS = st.lists(st.sampled_from("abc"), max_size=7)


def longest(old, new):
    """The length of a longest common subsequence, by trying all."""
    for size in range(min(len(old), len(new)), 0, -1):
        if set(combinations(old, size)) & set(combinations(new, size)):
            return size
    return 0


@given(LISTS, LISTS)
def test_as_much_stays_as_can(old, new):
    pairs = kept(old, new)
    assert len(pairs) == longest(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in zip(pairs, pairs[1:]))


def test_long_lists_with_one_difference_keep_the_rest():
    old = list(range(2000))
    new = [*old[:1000], "other", *old[1001:]]
    assert len(kept(old, new)) == 1999


def test_long_lists_with_nothing_in_common_end_soon():
    assert kept(list(range(3000)), list(range(5000, 8000))) == []
