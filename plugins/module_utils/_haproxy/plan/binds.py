# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the listeners of one section. Loaded only when listeners are given."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.line import LinePlan
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import bind_address, new_words
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.section_edit import SectionEdit
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Values
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import BIND_READER


def plan_binds(plan: SectionEdit, binds: list[Values]) -> None:
    """Add the edits that change a section's listeners to ``binds``."""
    lines = plan.lines.get("bind", [])
    there = [_bind_key("".join(meanings(plan.document.content(index))[1:2])) for index in lines]
    desired = [_bind_key(bind_address(line)) for line in binds]
    pairs = _paired(there, desired)
    for place, index in enumerate(lines):
        if place not in pairs.values():
            plan.edits.delete(index)
            plan.say(f"bind {' '.join(meanings(plan.document.content(index))[1:2])} removed")
    after = lines[-1] if lines else plan.section.header
    for place, line in enumerate(binds):
        if place in pairs:
            subject = f"{plan.title}: bind {bind_address(line)}"
            words = LinePlan(plan.edits, lines[pairs[place]], 2, BIND_READER, subject)
            words.address(1, line)
            words.arguments(line, exact=plan.desired.exact)
            continue
        text = f"bind {bind_address(line)}{new_words(line, BIND_READER)}"
        plan.insert(after, text)
        plan.say(f"{text} added")


def _paired(there: list[str], desired: list[str]) -> dict[int, int]:
    """Map each desired listener's index to its current line: the line with the same address and port; else, if no other
    listener has that one, a line with the same address (its port changes) or the same port. Several listeners on one
    address are told apart by their other options: the first desired is the first current."""
    pairs: dict[int, int] = {}
    for same in (_all, _host, _port):
        for place, key in enumerate(desired):
            free = [line for line, other in enumerate(there) if line not in pairs.values() and same(other) == same(key)]
            if place not in pairs and free and same(key):
                pairs[place] = free[0]
    return pairs


def _all(key: str) -> str:
    return key


def _host(key: str) -> str:
    return key.rpartition(":")[0]


def _port(key: str) -> str:
    return key.rpartition(":")[2]


def _bind_key(text: str) -> str:
    """The address of a bind line in a normal form; several addresses in one word keep their commas."""
    return ",".join(":".join(split_address(part)) for part in text.replace("\0", "").split(","))
