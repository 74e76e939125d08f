# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks option values: what would end a word, a line or a section, and duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.current_section import CurrentSection
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    Directive,
    join_entry,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT

Values = dict[str, Any]


class Validator:
    """Checks option values one by one and collects problems. ``current`` is what the file has."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.passed: set[tuple[int, Any]] = set()
        self.current = CurrentSection()

    def second(self, option: str, name: str, what: str) -> None:
        """Add a problem: this name is a duplicate."""
        self.problem(option, name, f"names {what} a second time", "Give every one its own name.")

    def problem(self, option: str, value: Any, reason: str, remedy: str) -> None:
        shown = redact(value) if isinstance(value, str) else value
        self.problems.append(Problem(option, shown, reason, remedy))

    def value(self, option: str, value: Any, kind: Kind, stands: Callable[[], bool] | None = None) -> None:
        """Check a value. ``stands`` tells whether the value is the one in the file."""
        key = (id(kind), value)
        if key in self.passed:
            return
        problem = kind.problem(value)
        if problem is None:
            self.passed.add(key)
        elif stands is not None and stands():
            return
        elif kind.argument.get("no_log"):
            self.problem(option, "VALUE_HIDDEN", *problem)
        else:
            self.problem(option, value, *problem)

    def no_mark(self, option: str, value: Any) -> None:
        if isinstance(value, str) and KEPT in value:
            self.problem(option, None, f"holds {KEPT}", "Leave the option out to keep what is there.")

    def kept(self, line: str, option: str) -> str:
        """The line, with the file's secret in the place of a mask."""
        kept = self.current.secret(line)
        if kept is not None:
            return kept
        reason = "stands for a secret in the same line of the file, and the file has no such line"
        self.problem(option, line, f"{KEPT} {reason}", "Give the secret itself.")
        return line

    def stand(self, directive: Directive, entry: str, entries: Sequence[str]) -> bool:
        """Whether all entries of one key are in the file, which may have duplicates."""
        key = entry_key(directive, entry)
        return self.current.says(
            *(join_entry(directive, other) for other in entries if entry_key(directive, other) == key)
        )


def entry_key(directive: Directive, entry: str) -> tuple[str, ...]:
    """What identifies an entry of a SET: its first words, whether negated or not."""
    words = meanings(entry)
    if words and words[0] in ("no", "default"):
        words = words[1:]
    return tuple(words[: directive.key] if directive.key else words)
