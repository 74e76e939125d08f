# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds where definitions end, so that each is treated as one word. Loaded only when a text has parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DEFINITION = re.compile(
    r"(?m)(?:^|(?<=[{}]))[ \t]*(?:@[^ \t\n]*[ \t]+)*(\$[A-Za-z_][A-Za-z0-9_]*=)",
)


def definitions(text: str, masked: str, white_space: str) -> Iterator[tuple[int, int]]:
    """The spans of a text's definitions, in order. ``masked`` is the text's mask so far."""
    at = 0
    for match in _DEFINITION.finditer(masked):
        start = match.start(1)
        if start >= at:
            at = _definition_end(text, masked, start, white_space)
            yield start, at


def _definition_end(text: str, masked: str, start: int, white_space: str) -> int:
    """Where a definition's last word ends. It continues in the next line where the last character before or after a
    comment is a backslash. Lines with only a comment or blanks are skipped; an empty line ends it."""
    at = end = start
    goes_on = True
    while goes_on and at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        raw, code = text[at:line_end].rstrip("\r"), masked[at:line_end].rstrip(white_space)
        if not raw:
            break
        if code or raw.endswith("\\"):
            goes_on = code.endswith("\\") or raw.endswith("\\")
            end = at + len(code) if code else end
        at = line_end + 1
    return end
