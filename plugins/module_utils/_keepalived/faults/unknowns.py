# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a block that we do not know. Loaded only when a file is checked or read as data."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import INCLUDES, Block, Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table


def unknown_in(table: Table, document: Document, block: Block, values: dict[str, Any]) -> set[str]:
    """The options that a block may have although they are not among the ``values`` read from it."""
    found = table.by_keyword(document.statements(block))
    unknown = set()
    for shape in table.shapes:
        own = table.of(shape, found)
        if shape.unreadable(own) or shape.ambiguous(document, own):
            unknown.add(shape.name)
    if any(keyword in INCLUDES or keyword[:1] in ("~", "$", "@") for keyword in found):
        unknown.update(shape.name for shape in table.shapes if shape.name not in values)
    return unknown
