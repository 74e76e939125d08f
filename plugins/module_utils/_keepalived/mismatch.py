# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of a text whose braces do not match, and what is wrong there. Only loaded for such a text."""

from __future__ import annotations

import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import Block, Document

_BRACE = re.compile(r"[{}]")


def grow(document: Document) -> list[tuple[int, str]]:
    """Give a document the blocks that can be made out; what is wrong, with its offset."""
    flaws: list[tuple[int, str]] = []
    current, masked = document.root, document.mask
    current.blocks = []
    parents: list[Block] = []
    bound = 0
    for match in _BRACE.finditer(masked):
        at = match.start()
        if masked[at] == "{":
            block = Block(document.header_start(bound, at), at, len(masked), document)
            block.blocks = []
            current.blocks.append(block)
            parents.append(current)
            current = block
        elif parents:
            current.closing = at
            current = parents.pop()
        else:
            flaws.append((at, "this } closes nothing"))
        bound = at + 1
    while parents:
        flaws.append((current.opening, "the block opened here is not closed"))
        current = parents.pop()
    return flaws
