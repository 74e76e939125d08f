# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the words of one ``server``, ``default-server`` or ``bind`` line. Words that are not managed stay as they
are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Values
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import normal_address, split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.editor import Edits
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import Word, lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import Argument, Reader
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import MASK


class LinePlan:
    """The edits of one existing line. ``subject`` begins each summary. ``first`` is the index of the first word that
    may be a keyword. ``words`` are the line's words by meaning, if the caller has them."""

    def __init__(
        self, edits: Edits, index: int, first: int, reader: Reader, subject: str, words: list[str] | None = None
    ) -> None:
        self.edits = edits
        self.index = index
        self.reader = reader
        self.subject = subject
        self.meanings = meanings(edits.document.content(index)) if words is None else words
        self.first = first
        self.found = reader.find(self.meanings, first)
        self._spans: list[Word] = []
        self._added = ""

    @property
    def words(self) -> list[Word]:
        """The words with their positions; lexed only if something is edited."""
        if not self._spans:
            self._spans = lex(self.edits.document.content(self.index)).words
        return self._spans

    def address(self, place: int, line: Values) -> None:
        """Set the address word at ``place``. Address or port that was not given stays."""
        meaning = self.meanings[place]
        if meaning == f"{line.get('address')}:{line.get('port')}":
            return
        address, port = split_address(meaning)
        wanted_address = address if line.get("address") is None else normal_address(line["address"])
        wanted_port = port if line.get("port") is None else line["port"]
        # A variable given as it was read lacks the lexer's mark.
        if f"{wanted_address} {wanted_port}".replace("\0", "") == f"{address} {port}".replace("\0", ""):
            return
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.rewording import readdress

        written = self.edits.document.content(self.index)[self.words[place].start : self.words[place].end]
        text = readdress(written, meaning, line.get("address"), line.get("port"))
        self._say("address", meaning, text.strip("'\""))
        self._replace(place, place + 1, text)

    def arguments(self, line: Values, inherited: Iterable[str] = (), exact: bool = False) -> None:
        """Set every keyword that was given. With ``exact``, remove all others."""
        if exact:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.exact import other_words

            for start, end in other_words(self.found, self.meanings, self.first, set(self.reader.given(line))):
                self.remove(start, end)
                self._say_removed(start, end)
        for option in self.reader.given(line):
            argument, places = self.reader.table[option], self.found.get(option, [])
            if argument.kind is None:
                self._flag(option, argument, places, line[option], option in inherited)
            elif argument.many:
                self._many(option, argument, places, line[option])
            else:
                self._value(option, argument, argument.kind, places, line[option])
        if self._added:
            end = self.words[-1].end
            self.edits.replace(self.index, end, end, self._added)

    def _flag(
        self, option: str, argument: Argument, places: list[tuple[int, int, bool]], desired: bool, inherited: bool
    ) -> None:
        says = places[-1][2] if places else None
        if says is desired or (says is None and not desired and not (inherited and argument.negative)):
            return
        self._say(option, "" if says is None else str(says).lower(), str(desired).lower())
        word = argument.word if desired else argument.negative if inherited else ""
        for start, end, _yes in places[:-1] if word else places:
            self.remove(start, end)
        if not word:
            return
        if places:
            self._replace(places[-1][0], places[-1][1], word)
        else:
            self._added += " " + word

    def _value(
        self, option: str, argument: Argument, kind: Kind, places: list[tuple[int, int, bool]], value: Any
    ) -> None:
        text = kind.to_text(value)
        if not places:
            self._say(option, "", text, kind)
            self._added += f" {argument.word} {text}"
            return
        start, end, _yes = places[-1]
        current = " ".join(self.meanings[start + 1 : end])
        if current != text and kind.normal(value) not in (current, kind.from_text(current)):
            self._say(option, current, text, kind)
            self._revalue(start, end, text)

    def _many(self, option: str, argument: Argument, places: list[tuple[int, int, bool]], values: list[str]) -> None:
        current = [" ".join(self.meanings[start + 1 : end]) for start, end, _yes in places]
        if current == values:
            return
        self._say(option, ", ".join(current), ", ".join(values), argument.kind)
        for (start, end, _yes), value in zip(places, values):
            self._revalue(start, end, value)
        for start, end, _yes in places[len(values) :]:
            self.remove(start, end)
        self._added += "".join(f" {argument.word} {value}" for value in values[len(places) :])

    def _replace(self, start: int, end: int, text: str) -> None:
        self.edits.replace(self.index, self.words[start].start, self.words[end - 1].end, text)

    def _revalue(self, start: int, end: int, text: str) -> None:
        """Replace the value after the keyword at ``start``, which may have none; the blanks between them stay."""
        if end == start + 1:
            at = self.words[start].end
            self.edits.replace(self.index, at, at, f" {text}")
        else:
            self.edits.reword(self.index, self.words[start + 1 : end], text)

    def remove(self, start: int, end: int) -> None:
        """Remove words, and the blanks before them."""
        self.edits.replace(self.index, self.words[start - 1].end, self.words[end - 1].end, "")

    def _say_removed(self, start: int, end: int) -> None:
        summary = redact(f"{self.subject}: {' '.join(self.meanings[start:end])} removed")
        self.edits.summaries.append(summary.replace("\0", ""))

    def _say(self, option: str, before: str, after: str, kind: Kind | None = None) -> None:
        if kind is not None and kind.argument.get("no_log"):
            before, after = before and MASK, MASK
        change = f"{before} -> {after or 'none'}" if before else after
        self.edits.summaries.append(f"{self.subject}: {option} {change}".replace("\0", ""))
