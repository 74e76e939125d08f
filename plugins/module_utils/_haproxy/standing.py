# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a section says already: given back as it was read, it needs no judgement and changes nothing.

Asked only where a value was complained about or a secret is to be kept, so most runs never look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import normal_address, split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._mask import KEPT


class Standing:
    """The lines of a section, or of several that count as one; of none where the section is new."""

    def __init__(self, document: Document | None = None, sections: Sequence[Section] = ()) -> None:
        self._document = document
        self._sections = sections
        #: Whether anything depends on what stands in the file.
        self.asked = False
        self._texts: list[str] | None = None
        self._said: Counter[tuple[str, ...]] = Counter()
        self._places: Counter[tuple[str, ...]] = Counter()
        self._secrets: dict[str, list[str]] | None = None

    def is_there(self) -> bool:
        """Whether the section is in the file."""
        self.asked = True
        return bool(self._sections)

    def says(self, *lines: str) -> bool:
        """Whether there is a line of the same meaning for each of these, comments and blanks aside."""
        self._read()
        asked = Counter(tuple(meanings(line)) for line in lines)
        return all(self._said[line] >= often for line, often in asked.items())

    def binds(self, address: str, port: str) -> int:
        """How many listeners have this address and port."""
        self._read()
        return self._places["bind", normal_address(address), port]

    def has_server(self, name: str, address: str, port: str) -> bool:
        self._read()
        return ("server", name, normal_address(address), port) in self._places

    def secret(self, line: str) -> str | None:
        """The line that, its secrets masked, reads like this one; each is given out once. None where there is none."""
        self.asked = True
        if self._secrets is None:
            self._secrets = {}
            for text in self._read():
                shown = redact(text, KEPT)
                if shown != text:
                    self._secrets.setdefault(" ".join(shown.split()), []).append(text)
        found = self._secrets.get(" ".join(line.split()))
        return found.pop(0) if found else None

    def _read(self) -> list[str]:
        self.asked = True
        if self._texts is None:
            self._texts = []
            for section in self._sections:
                for index in self._document.body(section) if self._document is not None else ():
                    content = self._document.content(index) if self._document is not None else ""
                    words = lex(content).words
                    if words:
                        self._texts.append(content[words[0].start : words[-1].end])
                        self._note([word.meaning for word in words])
        return self._texts

    def _note(self, words: list[str]) -> None:
        self._said[tuple(words)] += 1
        plain = [word.replace("\0", "") for word in words]
        if plain[0] == "bind" and len(words) > 1:
            self._places[("bind", *split_address(plain[1]))] += 1
        elif plain[0] == "server" and len(words) > 2:
            self._places[("server", plain[1], *split_address(plain[2]))] += 1
