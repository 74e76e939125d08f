# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the collected edits of a text. Loaded only when there are any."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.spans import (
    Replacement,
    apply_replacements,
    line_ending,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import UNENDED, Document


class Rendering:
    """``replaced`` are the replaced spans by line, ``inserted`` the new lines after each line, ``deleted`` the removed
    lines."""

    def __init__(
        self,
        document: Document,
        replaced: list[tuple[int, tuple[int, int, str]]],
        inserted: dict[int, list[str]],
        deleted: set[int],
    ) -> None:
        self.document = document
        self._replaced = replaced
        self._inserted = inserted
        self._deleted = deleted
        self._eol = line_ending(document.text)

    def text(self) -> str:
        runs = self._runs()
        replacements = [Replacement(*span) for index, span in self._replaced if index not in self._deleted]
        replacements += [mark for first, last in runs for mark in self._passed_on(first, last)]
        replacements += [self._insertion(after, contents) for after, contents in self._inserted.items()]
        lines = self.document.lines
        replacements += [Replacement(self._run_start(first, last), lines[last].end, "") for first, last in runs]
        return apply_replacements(self.document.text, replacements)

    def _passed_on(self, first: int, last: int) -> list[Replacement]:
        """Move the mark of a run of deleted lines to what follows them now: new lines, or the next line."""
        if not first or not self.document.content(first).endswith(UNENDED):
            return []
        for after in (first - 1, last):
            if self._inserted.get(after):
                self._inserted[after] = [self._inserted[after][0] + UNENDED, *self._inserted[after][1:]]
                return []
        if last + 1 == len(self.document.lines):
            return []
        at = self.document.lines[last + 1].start + len(self.document.content(last + 1))
        return [Replacement(at, at, UNENDED)]

    def _insertion(self, after: int, contents: list[str]) -> Replacement:
        eol = self._eol
        if after < 0:
            return Replacement(0, 0, "".join(content + eol for content in contents))
        at = self.document.lines[after].end
        if after in self._deleted or self.document.ending(after).endswith("\n"):
            return Replacement(at, at, "".join(content + eol for content in contents))
        first, rest = contents[0] + UNENDED, contents[1:]
        return Replacement(at, at, "".join([eol, first, eol] + [content + eol for content in rest]))

    def _runs(self) -> list[tuple[int, int]]:
        """The deleted lines as runs: (first, last)."""
        runs: list[tuple[int, int]] = []
        for index in sorted(self._deleted):
            if runs and runs[-1][1] == index - 1 and index - 1 not in self._inserted:
                runs[-1] = runs[-1][0], index
            else:
                runs.append((index, index))
        return runs

    def _run_start(self, first: int, last: int) -> int:
        """Where a run begins: with the line feed before it, if that was added with the run and nothing follows it
        now."""
        start = self.document.lines[first].start
        at_end = last + 1 == len(self.document.lines) and first > 0
        if at_end and self.document.content(first).endswith(UNENDED) and not {first - 1, last} & self._inserted.keys():
            return start - len(self.document.ending(first))
        return start
