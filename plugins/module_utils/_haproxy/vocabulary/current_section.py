# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a section already has: a value equal to the file's is not checked and changes nothing.

Used only where a value was found invalid or a secret is to be kept, so most runs do not need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.current_lines import CurrentLines


class CurrentSection:
    """The lines of a section, or of several that count as one; empty where the section is new."""

    def __init__(self, document: Document | None = None, sections: Sequence[Section] = ()) -> None:
        self._document = document
        self._sections = sections
        #: Whether a result depends on what is in the file.
        self.asked = False
        self._lines: CurrentLines | None = None

    def is_there(self) -> bool:
        """Whether the section is in the file."""
        self.asked = True
        return bool(self._sections)

    def says(self, *lines: str) -> bool:
        """Whether there is a line of the same meaning for each of these, ignoring comments and blanks."""
        return self._read().says(*lines)

    def binds(self, address: str, port: str) -> int:
        """How many listeners have this address and port."""
        return self._read().binds(address, port)

    def has_server(self, name: str, address: str, port: str) -> bool:
        """Whether a server has this name, address and port."""
        return self._read().has_server(name, address, port)

    def secret(self, line: str) -> str | None:
        """The line that, with its secrets masked, equals this one; each is used once. None where there is none."""
        return self._read().secret(line)

    def _read(self) -> CurrentLines:
        self.asked = True
        if self._lines is None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.current_lines import (
                CurrentLines,
            )

            self._lines = CurrentLines(self._document, self._sections)
        return self._lines
