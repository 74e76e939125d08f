# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One section under edit: what its lines say, and where new lines go."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import DesiredSection
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.editor import Edits, indent_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import WORDS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    Classifier,
    Directive,
    split_entry,
)

#: A section's other lines go before these.
_LAST_LINES = frozenset(("server", "server-template", "default-server"))


class Entry(NamedTuple):
    """A line of the file: the text after its directive's words, as written and by meaning."""

    line: int
    text: str
    meaning: Any


class SectionEdit:
    """The edits of one existing section, or of all ``global`` sections where there are several. ``inherited`` are the
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

    def anchor(self) -> int:
        """The line after which a new line of a new kind goes: the last one before the servers."""
        anchor = self.section.header
        for index in self.document.body(self.section):
            if self.document.lines[index].keyword in _LAST_LINES:
                break
            anchor = index
        return anchor

    def insert(self, after: int, line: str) -> None:
        """Insert a line, indented like the one before it."""
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import extra_indent

        indent = self.indent if after == self.section.header else indent_of(self.document.content(after))
        self.edits.insert(after, indent + extra_indent(line, indent, self._header_indent()) + line)

    def _header_indent(self) -> str:
        return indent_of(self.document.content(self.section.header))

    def say(self, what: str) -> None:
        """Add a summary of one edit."""
        self.edits.summaries.append(f"{self.title}: {redact(what)}".replace("\0", ""))

    def entries(self, option: str, directive: Directive) -> list[Entry]:
        """What the lines of an option say."""
        entries = []
        for index in self.lines.get(option, []):
            content = self.document.content(index)
            text = split_entry(directive, content, list(lex(content).words))
            entries.append(Entry(index, text, WORDS.from_text(text)))
        return entries

    def rewrite(self, index: int, line: str) -> None:
        """Rewrite the words of a line. Indentation, comment, line ending and equal words stay."""
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import extra_indent

        content = self.document.content(index)
        words = lex(content).words
        if words:
            more = extra_indent(line, indent_of(content), self._header_indent())
            if more:
                self.edits.replace(index, 0, 0, more)
            self.edits.reword(index, words, line)
        else:
            self.edits.replace(index, 0, len(self.document.content(index)), self.indent + line)
