# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans on a keepalived.conf: text and desired state in, edited text out. Pure.

The one-resource and the whole-table module call the same planner; the first with a list of one.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.blocks import Blocks, Table, twice
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.editor import Editor, Place

#: keepalived reads lines into a buffer of this size and would go on with the rest as a line of its own (MAXBUF).
LONGEST_LINE = 1023


def plan_table(text: str, root: Table, desired: dict[str, Any], *, purge: bool = False) -> Edited:
    """Make the top level of a text mean the desired lists. Raises InputError and EdgeError."""
    refuse(list(root.complaints("", desired)))
    editor = Editor(parse(text), purge)
    root.edit(editor, editor.document.root, desired, "")
    return _edited(editor, root, desired)


def plan_absent(text: str, root: Table, blocks: Blocks, name: str) -> Edited:
    """Take a named block of one kind out of a text."""
    editor = Editor(parse(text))
    document = editor.document
    found = [
        statement
        for statement in document.statements(document.root)
        if statement.keyword in blocks.keywords and statement.arguments == [name]
    ]
    if len(found) > 1:
        refuse([twice(document, "name", found)])
    for statement in found:
        if statement.condition:
            refuse([Problem("name", name, "stands under the condition " + statement.condition, "Remove it by hand")])
        blocks.remove(editor, Place(document.root, None), statement, "")
    return _edited(editor, root, {})


def _edited(editor: Editor, root: Table, desired: dict[str, Any]) -> Edited:
    refuse(editor.problems)
    text = editor.document.text
    new = editor.text()
    if new == text:
        return Edited(text)
    editor.document.require_sound()
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults import new_faults

    after = parse(new)
    after.require_sound()
    for line in set(new.split("\n")) - set(text.split("\n")):
        if len(line.encode("utf-8", "surrogateescape")) > LONGEST_LINE - 2:
            raise EdgeError(
                "A line of the new file would be longer than keepalived reads ({0} bytes): {1}... "
                "Shorten the longest value in it.".format(LONGEST_LINE, line.strip()[:60])
            )
    refuse(new_faults(editor.document, after))
    return Edited(new, tuple(editor.summaries), "reload")
