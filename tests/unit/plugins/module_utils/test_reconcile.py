# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The skeleton: read, plan, apply, verify, and the way back."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step, worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile


class Shelf:
    """A set of books as a resource; ``broken`` names changes that fail, ``sticky`` books that stay whatever is done."""

    def __init__(self, books, desired, broken=(), sticky=()):
        self.books, self.desired, self.broken, self.sticky = set(books), set(desired), set(broken), set(sticky)
        self.told = []

    @contextmanager
    def lock(self):
        self.told.append("lock")
        yield
        self.told.append("unlock")

    def read(self):
        return frozenset(self.books)

    def plan(self, current):
        put = [Step(f"put {book}", ("put", book), ("take", book)) for book in sorted(self.desired - current)]
        take = [Step(f"take {book}", ("take", book), ("put", book)) for book in sorted(current - self.desired)]
        return Plan(str(sorted(current)), str(sorted(self.desired)), tuple(put + take))

    def rehearse(self, plan):
        self.told.append("rehearse")

    def execute(self, change):
        self.told.append(change)
        if change in self.broken:
            raise EdgeError(f"cannot {change[0]} {change[1]}")
        (self.books.add if change[0] == "put" else self.books.discard)(change[1])
        self.books |= self.sticky


def test_steps_are_done_in_order_under_the_lock():
    shelf = Shelf("a", "bc")
    plan = reconcile(shelf, check_mode=False)
    assert shelf.told == ["lock", ("put", "b"), ("put", "c"), ("take", "a"), "unlock"]
    assert shelf.books == {"b", "c"}
    assert plan.summary == ["put b", "put c", "take a"]


def test_check_mode_gives_the_same_plan_rehearses_it_and_does_nothing():
    shelf = Shelf("a", "bc")
    assert reconcile(shelf, check_mode=True) == reconcile(Shelf("a", "bc"), check_mode=False)
    assert shelf.told == ["rehearse"]
    assert shelf.books == {"a"}


def test_nothing_to_do_touches_nothing():
    shelf = Shelf("a", "a")
    assert reconcile(shelf, check_mode=False).steps == ()
    assert reconcile(shelf, check_mode=True).steps == ()
    assert shelf.told == ["lock", "unlock"]


def test_a_failure_half_way_restores_in_reverse_order():
    shelf = Shelf("a", "bcd", broken=[("put", "d")])
    with pytest.raises(EdgeError, match="cannot put d"):
        reconcile(shelf, check_mode=False)
    assert shelf.books == {"a"}
    assert shelf.told[-3:] == [("put", "d"), ("take", "c"), ("take", "b")]


def test_what_does_not_converge_is_restored_and_said():
    shelf = Shelf("a", "b", sticky="z")
    with pytest.raises(EdgeError, match="take z"):
        reconcile(shelf, check_mode=False)
    assert shelf.books - {"z"} == {"a"}


def test_a_failed_undo_is_told_beside_the_first_error():
    shelf = Shelf("a", "bcd", broken=[("put", "d"), ("take", "b")])
    with pytest.raises(ApplyError) as told:
        reconcile(shelf, check_mode=False)
    assert str(told.value).splitlines()[0] == "cannot put d"
    assert "cannot take b" in str(told.value)
    assert shelf.books == {"a", "b"}, "the other revert was still carried out"


def test_the_heaviest_impact_wins():
    assert worst(["none", "reload", "runtime"]) == "reload"
    assert worst([]) == "none"
