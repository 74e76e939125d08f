# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans one section: its typed directives, its further directives in order, its servers and listeners."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import switched_on
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.line import LinePlan
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.section_edit import SectionEdit
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Values
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import read_text
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import SERVER_READER
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    LIST,
    ONE,
    Directive,
    join_entry,
    table_of,
)


def inherited_options(document: Document) -> set[str]:
    """The options that a default-server line of any defaults section may switch on."""
    found: set[str] = set()
    for section in document.sections:
        if section.kind == "defaults":
            for index in document.body(section):
                if document.lines[index].keyword == "default-server":
                    found.update(SERVER_READER.find(meanings(document.content(index)), 1))
    return found


#: Server lines already seen to match what is desired, by the options that they may inherit. They need no second look
#: when the edited text is planned again.
Settled = dict[frozenset[str], dict[str, Values]]


class SectionPlan(SectionEdit):
    """Plans the edits of one section."""

    def make(self, settled: Settled) -> None:
        desired = self.desired
        if desired.exact:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.exact import drop_undeclared

            drop_undeclared(self.edits, self.section.header, self.lines, desired)
        if desired.inherits is not None:
            self._inherits(desired.inherits)
        if desired.bind is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.binds import plan_binds

            plan_binds(self, desired.bind)
        for option, directive in table_of(desired.kind).items():
            if option not in desired.values:
                continue
            value = desired.values[option]
            if directive.shape == ONE:
                self._one(option, directive, value)
            elif directive.shape == LIST:
                self._ordered(option, [join_entry(directive, entry) for entry in value])
            else:
                from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.lists import plan_set

                plan_set(self, option, directive, value)
        if desired.directives is not None:
            self._ordered(None, desired.directives)
        if desired.default_server:
            self._default_server(desired.default_server)
        if desired.servers is not None:
            inherited = self._inherited()
            self._servers(desired.servers, inherited, settled.setdefault(frozenset(inherited), {}))

    def _ordered(self, option: str | None, desired: list[str]) -> None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.lists import plan_ordered

        plan_ordered(self, option, desired)

    # Directives

    def _one(self, option: str, directive: Directive, value: Any) -> None:
        keyword = " ".join(directive.words)
        entries = self.entries(option, directive)
        if directive.kind is None:
            if value and not entries:
                self.insert(self.anchor(), keyword)
                self.say(f"{keyword} added")
            elif entries and not value:
                for entry in entries:
                    self.edits.delete(entry.line)
                self.say(f"{keyword} removed")
            return
        text = directive.kind.to_text(value)
        if not entries:
            self.insert(self.anchor(), join_entry(directive, text))
            self.say(f"{keyword} {text} added")
            return
        last = entries[-1]
        if read_text(directive.kind, last.text) != directive.kind.normal(value):
            self.rewrite(last.line, join_entry(directive, text))
            self.say(f"{keyword} {last.text} -> {text}")

    def _inherits(self, name: str) -> None:
        words = lex(self.document.content(self.section.header)).words
        header = [word.meaning for word in words]
        if header[-2:-1] == ["from"]:
            if header[-1] != name:
                self.edits.replace(self.section.header, words[-1].start, words[-1].end, name)
                self.say(f"from {header[-1]} -> {name}")
            return
        self.edits.replace(self.section.header, words[-1].end, words[-1].end, f" from {name}")
        self.say(f"from {name}")

    # Servers and listeners

    def _default_server(self, desired: Values) -> None:
        lines = self.lines.get("default-server", [])
        if not lines:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import new_words

            line = "default-server" + new_words(desired, SERVER_READER, self.inherited)
            if line != "default-server":
                self.insert(self.anchor(), line)
                self.say(f"{line} added")
            return
        plans = [LinePlan(self.edits, index, 1, SERVER_READER, f"{self.title}: default-server") for index in lines]
        shares: list[Values] = [{} for _plan in plans]
        for option, value in desired.items():
            holders = [place for place, plan in enumerate(plans) if option in plan.found]
            shares[holders[-1] if holders else -1][option] = value
        for plan, share in zip(plans, shares):
            plan.arguments(share, self.inherited, self.desired.exact)

    def _inherited(self) -> set[str]:
        """The options that a default-server line may switch on for this section's servers."""
        found = self.inherited | switched_on(self.desired)
        for index in self.lines.get("default-server", []):
            found.update(SERVER_READER.find(meanings(self.document.content(index)), 1))
        return found

    def _servers(self, servers: list[Values], inherited: set[str], settled: dict[str, Values]) -> None:
        current: dict[str, tuple[int, list[str], str]] = {}
        names = {server["name"] for server in servers}
        stale: list[tuple[int, str]] = []
        lines = self.lines.get("server", [])
        for index in lines:
            content = self.document.content(index)
            known = settled.get(content)
            words = meanings(content) if known is None else []
            name: str = words[1].replace("\0", "") if len(words) > 1 else known["name"] if known else ""
            if name in names and name not in current and (known or len(words) > 2):
                current[name] = index, words, content
            else:
                stale.append((index, name))
        after = lines[0] - 1 if lines else max([self.anchor(), *self.lines.get("default-server", [])])
        for place, server in enumerate(servers):
            name = server["name"]
            if name in current:
                after, words, content = current[name]
                if settled.get(content) is server:
                    continue
                before = len(self.edits.summaries)
                plan = LinePlan(self.edits, after, 3, SERVER_READER, f"{self.title}: server {name}", words or None)
                plan.address(2, server)
                plan.arguments(server, inherited, self.desired.exact)
                if len(self.edits.summaries) == before:
                    settled[content] = server
                continue
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import new_server

            line = new_server(server, f"{self.desired.path}servers[{place}].", inherited, self.problems)
            self.insert(after, line)
            self.say(f"{line} added")
        for index, name in stale:
            self.edits.delete(index)
            self.say(f"server {name} removed")
