# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of sections by meaning: used where a value was found invalid or a secret is to be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import normal_address, split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT


class CurrentLines:
    """The lines of a section, or of several that count as one."""

    def __init__(self, document: Document | None, sections: Sequence[Section]) -> None:
        self._texts: list[str] = []
        self._counted: Counter[tuple[str, ...]] = Counter()
        self._places: Counter[tuple[str, ...]] = Counter()
        self._secrets: dict[str, list[str]] | None = None
        if document is None:
            return
        for index in (index for section in sections for index in document.body(section)):
            content = document.content(index)
            words = lex(content).words
            if words:
                self._texts.append(content[words[0].start : words[-1].end])
                self._note([word.meaning for word in words])

    def says(self, *lines: str) -> bool:
        asked = Counter(tuple(meanings(line)) for line in lines)
        return all(self._counted[line] >= often for line, often in asked.items())

    def binds(self, address: str, port: str) -> int:
        return self._places["bind", normal_address(address), port]

    def has_server(self, name: str, address: str, port: str) -> bool:
        return ("server", name, normal_address(address), port) in self._places

    def secret(self, line: str) -> str | None:
        if self._secrets is None:
            self._secrets = {}
            for text in self._texts:
                shown = redact(text, KEPT)
                if shown != text:
                    self._secrets.setdefault(" ".join(shown.split()), []).append(text)
        found = self._secrets.get(" ".join(line.split()))
        return found.pop(0) if found else None

    def _note(self, words: list[str]) -> None:
        self._counted[tuple(words)] += 1
        plain = [word.replace("\0", "") for word in words]
        if plain[0] == "bind" and len(words) > 1:
            self._places[("bind", *split_address(plain[1]))] += 1
        elif plain[0] == "server" and len(words) > 2:
            self._places[("server", plain[1], *split_address(plain[2]))] += 1
