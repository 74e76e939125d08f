# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans one section: its typed directives, its further ones in their order, its servers and listeners."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import Document, Section, may_begin_section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.edits import INDENT_OF_NEW_FILES, Edits, indent_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import (
    WORDS,
    join_address,
    read_text,
    split_address,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.line_plan import LinePlan, new_words
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.line_vocabulary import BIND_READER, SERVER_READER
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.model import DesiredSection, Values, entry_key
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.section_vocabulary import (
    LIST,
    ONE,
    Classifier,
    Directive,
    join_entry,
    split_entry,
    table_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sequence import kept

#: Lines before which a section's other lines are put.
_LAST_LINES = frozenset(("server", "server-template", "default-server"))


class Entry(NamedTuple):
    """A line of the file: what it says beyond its directive's words, as written and in meaning."""

    line: int
    text: str
    meaning: Any


def inherited_options(document: Document) -> set[str]:
    """The options that a default-server line of any defaults section may switch on."""
    found: set[str] = set()
    for section in document.sections:
        if section.kind == "defaults":
            for index in document.body(section):
                if document.lines[index].keyword == "default-server":
                    found.update(SERVER_READER.find(meanings(document.content(index)), 1))
    return found


def switched_on(desired: DesiredSection) -> set[str]:
    """The options that a desired section's default-server switches on."""
    return {option for option, value in (desired.default_server or {}).items() if value is True}


def section_lines(desired: DesiredSection, indent: str, inherited: set[str], problems: list[Problem]) -> list[str]:
    """A new section, line by line. ``inherited`` are the options that defaults may switch on."""
    header = f"{desired.kind} {desired.name}".rstrip()
    lines = []
    if desired.inherits is not None:
        header += f" from {desired.inherits}"
    bind = [f"bind {_bind_address(line)}{new_words(line, BIND_READER)}" for line in desired.bind or ()]
    for option, directive in table_of(desired.kind).items():
        if option not in desired.values:
            continue
        value = desired.values[option]
        if directive.shape != ONE:
            lines += [join_entry(directive, entry) for entry in value]
        elif directive.kind is None:
            lines += [join_entry(directive, "")] if value else []
        else:
            lines.append(join_entry(directive, directive.kind.to_text(value)))
    lines = bind + lines + (desired.directives or [])
    if desired.default_server:
        lines.append("default-server" + new_words(desired.default_server, SERVER_READER, inherited))
    inherited = inherited | switched_on(desired)
    for place, server in enumerate(desired.servers or ()):
        lines.append(new_server(server, f"{desired.path}servers[{place}].", inherited, problems))
    return [header] + [indent + _apart(line, indent, "") + line for line in lines]


def _apart(line: str, indent: str, header: str) -> str:
    """The further indentation of a line without which its keyword, that nobody knows, could begin a section."""
    if len(indent) > len(header) or not may_begin_section(line.split(None, 1)[0]):
        return ""
    return INDENT_OF_NEW_FILES


def new_server(server: Values, path: str, inherited: set[str], problems: list[Problem]) -> str:
    """A server's whole line. A server that is new needs an address."""
    if server.get("address") is None:
        problems.append(
            Problem(f"{path}address", None, f"is missing, and {server['name']} is a new server", "Give its address.")
        )
        return ""
    address = join_address(server["address"], server.get("port"))
    return f"server {server['name']} {address}{new_words(server, SERVER_READER, inherited)}"


def _bind_address(line: Values) -> str:
    return join_address(line["address"], line.get("port"))


class SectionPlan:
    """The edits of one section that exists; of all ``global`` sections where there are several. ``inherited`` are the
    options that defaults may switch on."""

    def __init__(
        self,
        edits: Edits,
        sections: list[Section],
        desired: DesiredSection,
        inherited: set[str],
        problems: list[Problem],
    ) -> None:
        self.edits = edits
        self.document: Document = edits.document
        self.section = sections[-1]
        self.desired = desired
        self.inherited = inherited
        self.problems = problems
        self.title = self.section.title
        self.indent = edits.indent(self.section)
        self.body = [index for section in sections for index in self.document.body(section)]
        self.lines: dict[str | None, list[int]] = {}
        classifier = Classifier(desired.kind)
        for index in self.body:
            keyword = self.document.lines[index].keyword
            option = classifier.option([keyword]) or classifier.option(meanings(self.document.content(index)))
            self.lines.setdefault(option, []).append(index)

    def make(self) -> None:
        desired = self.desired
        if desired.exact:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.exact import drop_undeclared

            drop_undeclared(self.edits, self.section.header, self.lines, desired)
        if desired.inherits is not None:
            self._inherits(desired.inherits)
        if desired.bind is not None:
            self._bind(desired.bind)
        for option, directive in table_of(desired.kind).items():
            if option not in desired.values:
                continue
            value = desired.values[option]
            if directive.shape == ONE:
                self._one(option, directive, value)
            elif directive.shape == LIST:
                self._ordered(option, [join_entry(directive, entry) for entry in value])
            else:
                self._set(option, directive, value)
        if desired.directives is not None:
            self._ordered(None, desired.directives)
        if desired.default_server:
            self._default_server(desired.default_server)
        if desired.servers is not None:
            self._servers(desired.servers)

    # Where new lines go.

    def _anchor(self) -> int:
        """The line behind which a new line goes that no other of its kind stands in: the last before the servers."""
        anchor = self.section.header
        for index in self.document.body(self.section):
            if self.document.lines[index].keyword in _LAST_LINES:
                break
            anchor = index
        return anchor

    def _insert(self, after: int, line: str) -> None:
        """A new line, indented as the one it stands behind."""
        indent = self.indent if after == self.section.header else indent_of(self.document.content(after))
        self.edits.insert(after, indent + _apart(line, indent, self._header_indent()) + line)

    def _header_indent(self) -> str:
        return indent_of(self.document.content(self.section.header))

    def _say(self, what: str) -> None:
        self.edits.summaries.append(f"{self.title}: {redact(what)}".replace("\0", ""))

    # Directives.

    def _entries(self, option: str, directive: Directive) -> list[Entry]:
        entries = []
        for index in self.lines.get(option, []):
            content = self.document.content(index)
            text = split_entry(directive, content, list(lex(content).words))
            entries.append(Entry(index, text, WORDS.from_text(text)))
        return entries

    def _whole(self, index: int) -> Entry:
        content = self.document.content(index)
        words = lex(content).words
        text = content[words[0].start : words[-1].end] if words else content.strip()
        return Entry(index, text, WORDS.from_text(text))

    def _one(self, option: str, directive: Directive, value: Any) -> None:
        keyword = " ".join(directive.words)
        entries = self._entries(option, directive)
        if directive.kind is None:
            if value and not entries:
                self._insert(self._anchor(), keyword)
                self._say(f"{keyword} added")
            elif entries and not value:
                for entry in entries:
                    self.edits.delete(entry.line)
                self._say(f"{keyword} removed")
            return
        text = directive.kind.to_text(value)
        if not entries:
            self._insert(self._anchor(), join_entry(directive, text))
            self._say(f"{keyword} {text} added")
            return
        last = entries[-1]
        if read_text(directive.kind, last.text) != directive.kind.normal(value):
            self._rewrite(last.line, join_entry(directive, text))
            self._say(f"{keyword} {last.text} -> {text}")

    def _rewrite(self, index: int, line: str) -> None:
        """New words on an old line: its indentation, comment and ending stay, and of its words those that are the
        same."""
        content = self.document.content(index)
        words = lex(content).words
        if words:
            more = _apart(line, indent_of(content), self._header_indent())
            if more:
                self.edits.replace(index, 0, 0, more)
            self.edits.reword(index, words, line)
        else:
            self.edits.replace(index, 0, len(self.document.content(index)), self.indent + line)

    def _set(self, option: str, directive: Directive, values: list[str]) -> None:
        current = self._entries(option, directive)
        wanted = {WORDS.normal(value): value for value in values}
        stale = [entry for entry in current if entry.meaning not in wanted]
        if option in self.desired.ensured:
            keys = {entry_key(directive, value) for value in values} if directive.key else set()
            stale = [entry for entry in stale if entry_key(directive, entry.text) in keys]
        present = {entry.meaning for entry in current}
        missing = [value for meaning, value in wanted.items() if meaning not in present]
        by_key = {entry_key(directive, entry.text): entry for entry in stale} if directive.key else {}
        after = current[-1].line if current else self._anchor()
        for value in missing:
            line = join_entry(directive, value)
            old = by_key.pop(entry_key(directive, value), None)
            if old is None:
                self._insert(after, line)
                self._say(f"{line} added")
            else:
                stale.remove(old)
                self._rewrite(old.line, line)
                self._say(f"{join_entry(directive, old.text)} -> {line}")
        for entry in stale:
            self.edits.delete(entry.line)
            self._say(f"{join_entry(directive, entry.text)} removed")

    def _ordered(self, option: str | None, wanted: list[str]) -> None:
        """Whole lines in order. Between two that stay, old lines are rewritten one by one, then lines are added or
        removed."""
        current = [self._whole(index) for index in self.lines.get(option, [])]
        pairs = kept([entry.meaning for entry in current], [WORDS.normal(line) for line in wanted])
        after = current[0].line - 1 if current else self._anchor()
        old, new = 0, 0
        for next_old, next_new in [*pairs, (len(current), len(wanted))]:
            stale, missing = current[old:next_old], wanted[new:next_new]
            for entry, line in zip(stale, missing):
                self._rewrite(entry.line, line)
                self._say(f"{entry.text} -> {line}")
                after = entry.line
            for entry in stale[len(missing) :]:
                self.edits.delete(entry.line)
                self._say(f"{entry.text} removed")
            for line in missing[len(stale) :]:
                self._insert(after, line)
                self._say(f"{line} added")
            if next_old < len(current):
                after = current[next_old].line
            old, new = next_old + 1, next_new + 1

    def _inherits(self, name: str) -> None:
        words = lex(self.document.content(self.section.header)).words
        header = [word.meaning for word in words]
        if header[-2:-1] == ["from"]:
            if header[-1] != name:
                self.edits.replace(self.section.header, words[-1].start, words[-1].end, name)
                self._say(f"from {header[-1]} -> {name}")
            return
        self.edits.replace(self.section.header, words[-1].end, words[-1].end, f" from {name}")
        self._say(f"from {name}")

    # Servers and listeners.

    def _default_server(self, wanted: Values) -> None:
        lines = self.lines.get("default-server", [])
        if not lines:
            line = "default-server" + new_words(wanted, SERVER_READER, self.inherited)
            if line != "default-server":
                self._insert(self._anchor(), line)
                self._say(f"{line} added")
            return
        plans = [LinePlan(self.edits, index, 1, SERVER_READER, f"{self.title}: default-server") for index in lines]
        shares: list[Values] = [{} for _plan in plans]
        for option, value in wanted.items():
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

    def _servers(self, servers: list[Values]) -> None:
        inherited = self._inherited()
        current: dict[str, tuple[int, list[str]]] = {}
        names = {server["name"] for server in servers}
        stale: list[tuple[int, str]] = []
        lines = self.lines.get("server", [])
        for index in lines:
            words = meanings(self.document.content(index))
            name = words[1].replace("\0", "") if len(words) > 1 else ""
            if name in names and name not in current and len(words) > 2:
                current[name] = index, words
            else:
                stale.append((index, name))
        after = lines[0] - 1 if lines else max([self._anchor(), *self.lines.get("default-server", [])])
        for place, server in enumerate(servers):
            name = server["name"]
            if name in current:
                after, words = current[name]
                plan = LinePlan(self.edits, after, 3, SERVER_READER, f"{self.title}: server {name}", words)
                plan.address(2, server)
                plan.arguments(server, inherited, self.desired.exact)
                continue
            line = new_server(server, f"{self.desired.path}servers[{place}].", inherited, self.problems)
            self._insert(after, line)
            self._say(f"{line} added")
        for index, name in stale:
            self.edits.delete(index)
            self._say(f"server {name} removed")

    def _bind(self, binds: list[Values]) -> None:
        lines = self.lines.get("bind", [])
        there = [_bind_key("".join(meanings(self.document.content(index))[1:2])) for index in lines]
        wanted = [_bind_key(_bind_address(line)) for line in binds]
        pairs = _paired(there, wanted)
        for place, index in enumerate(lines):
            if place not in pairs.values():
                self.edits.delete(index)
                self._say(f"bind {' '.join(meanings(self.document.content(index))[1:2])} removed")
        after = lines[-1] if lines else self.section.header
        for place, line in enumerate(binds):
            if place in pairs:
                plan = LinePlan(
                    self.edits, lines[pairs[place]], 2, BIND_READER, f"{self.title}: bind {_bind_address(line)}"
                )
                plan.address(1, line)
                plan.arguments(line, exact=self.desired.exact)
                continue
            text = f"bind {_bind_address(line)}{new_words(line, BIND_READER)}"
            self._insert(after, text)
            self._say(f"{text} added")


def _paired(there: list[str], wanted: list[str]) -> dict[int, int]:
    """Which line each wanted listener is, by place: that of its address and port; else, where no other is that, one of
    its address, whose port changes, or of its port. Several on one address differ in what keeps them apart: the first
    wanted is the first that is there."""
    pairs: dict[int, int] = {}
    for same in (_all, _host, _port):
        for place, key in enumerate(wanted):
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
    """Where a bind line listens, in a normal form; several addresses in one word keep their commas."""
    return ",".join(":".join(split_address(part)) for part in text.replace("\0", "").split(","))
