# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the lines of a directive that may occur several times, and those that no option covers. Loaded only when such a
list is given."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.section_edit import Entry, SectionEdit
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import entry_key
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.sequence import kept
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import WORDS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import Directive, join_entry


def plan_set(plan: SectionEdit, option: str, directive: Directive, values: list[str]) -> None:
    """Plan the entries of a set: add and remove lines, in any order."""
    current = plan.entries(option, directive)
    desired = {WORDS.normal(value): value for value in values}
    stale = [entry for entry in current if entry.meaning not in desired]
    if option in plan.desired.ensured:
        keys = {entry_key(directive, value) for value in values} if directive.key else set()
        stale = [entry for entry in stale if entry_key(directive, entry.text) in keys]
    present = {entry.meaning for entry in current}
    missing = [value for meaning, value in desired.items() if meaning not in present]
    by_key = {entry_key(directive, entry.text): entry for entry in stale} if directive.key else {}
    after = current[-1].line if current else plan.anchor()
    for value in missing:
        line = join_entry(directive, value)
        old = by_key.pop(entry_key(directive, value), None)
        if old is None:
            plan.insert(after, line)
            plan.say(f"{line} added")
        else:
            stale.remove(old)
            plan.rewrite(old.line, line)
            plan.say(f"{join_entry(directive, old.text)} -> {line}")
    for entry in stale:
        plan.edits.delete(entry.line)
        plan.say(f"{join_entry(directive, entry.text)} removed")


def plan_ordered(plan: SectionEdit, option: str | None, desired: list[str]) -> None:
    """Plan whole lines in order. Between two lines that stay, old lines are rewritten one by one, then lines are added
    or removed."""
    current = [_whole(plan, index) for index in plan.lines.get(option, [])]
    pairs = kept([entry.meaning for entry in current], [WORDS.normal(line) for line in desired])
    after = current[0].line - 1 if current else plan.anchor()
    old, new = 0, 0
    for next_old, next_new in [*pairs, (len(current), len(desired))]:
        stale, missing = current[old:next_old], desired[new:next_new]
        for entry, line in zip(stale, missing):
            plan.rewrite(entry.line, line)
            plan.say(f"{entry.text} -> {line}")
            after = entry.line
        for entry in stale[len(missing) :]:
            plan.edits.delete(entry.line)
            plan.say(f"{entry.text} removed")
        for line in missing[len(stale) :]:
            plan.insert(after, line)
            plan.say(f"{line} added")
        if next_old < len(current):
            after = current[next_old].line
        old, new = next_old + 1, next_new + 1


def _whole(plan: SectionEdit, index: int) -> Entry:
    content = plan.document.content(index)
    words = lex(content).words
    text = content[words[0].start : words[-1].end] if words else content.strip()
    return Entry(index, text, WORDS.from_text(text))
