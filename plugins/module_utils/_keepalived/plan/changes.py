# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the edits of a plan and checks the resulting file. Pure.

Loaded only when something differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.file import new_faults
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.edits import (
    edit_table,
    remove_block,
    twice_problem,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import (
    grouped_early,
    impact,
    left_as_they_are,
    lost_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import Editor, Place
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import INSTANCES, SYNC_GROUPS

#: keepalived's line buffer (MAXBUF): it would read the rest of a longer line as a line of its own.
LONGEST_LINE = 1022

_LOST = (
    "If keepalived is MASTER, a reload leaves it MASTER without {0}: the instance that gets it is in "
    "the file before the instance that loses it. Move it in two runs, or give one of them another virtual_router_id, "
    "or restart keepalived there while its peers are stopped."
)

_EARLY = (
    "If keepalived is MASTER of the sync group, a reload with the new instance {0} in it removes the group's addresses"
    " for the whole master-down time. To avoid that, load the instance alone first and group it when it is MASTER"
    " too. Role keepalived does that."
)

_LEFT = (
    "A reload does not change this of an address that keepalived holds: {0}. It changes when the host next takes"
    " the address. To apply it at once, let the VIP move to a peer and back. Role keepalived sets a preferred_lft of 0"
    " on the held address itself."
)


def change_table(document: Document, root: Table, desired: dict[str, Any], purge: bool) -> Edited:
    """Edit a document's top level."""
    editor = Editor(document, purge)
    edit_table(root, editor, document.root, desired)
    return _checked(editor)


def take_out(document: Document, blocks: Blocks, found: Sequence[Statement]) -> Edited:
    """Remove the one block that was found. Raises InputError where it is ambiguous or conditional."""
    editor = Editor(document)
    if len(found) > 1:
        refuse([twice_problem(document, "name", found)])
    if found[0].condition:
        reason = "stands under the condition " + found[0].condition
        refuse([Problem("name", " ".join(found[0].arguments), reason, "Remove it by hand.")])
    remove_block(blocks, editor, Place(document.root, None), found[0])
    if blocks is INSTANCES:
        _remove_from_sync_groups(editor, found[0].arguments[0])
    return _checked(editor)


def _remove_from_sync_groups(editor: Editor, name: str) -> None:
    """Remove an instance that no longer exists from its sync groups; a group that becomes empty is removed too."""
    for statement in editor.document.statements(editor.document.root):
        if statement.keyword == SYNC_GROUPS.keyword and statement.block is not None:
            names = SYNC_GROUPS.table.read(editor.document, statement.block).get("group") or ()
            rest = [each for each in names if each != name]
            if names and not rest:
                remove_block(SYNC_GROUPS, editor, Place(editor.document.root, None), statement)
            elif rest != names:
                title = " ".join([statement.keyword, *statement.arguments])
                edit_table(SYNC_GROUPS.table, editor, statement.block, {"group": rest}, title)


def _checked(editor: Editor) -> Edited:
    """The edited text. Raises InputError where keepalived would not read it as intended."""
    refuse(editor.problems)
    text = editor.document.text
    new = editor.text()
    if new == text:
        return Edited(text)
    editor.document.require_parsable()
    after = parse(new)
    after.require_parsable()
    for line in set(new.split("\n")) - set(text.split("\n")):
        if len(line.encode("utf-8", "surrogateescape")) > LONGEST_LINE:
            raise EdgeError(
                f"A line of the new file would be longer than keepalived reads ({LONGEST_LINE} bytes): "
                f"{line.strip()[:60]}... Shorten the longest value in it."
            )
    refuse(new_faults(editor.document, after))
    lost = lost_addresses(editor.document, after)
    warnings = [_LOST.format(", ".join(lost))] if lost else []
    early = grouped_early(editor.document, after)
    warnings += [_EARLY.format(", ".join(early))] if early else []
    left = left_as_they_are(editor.document, after)
    warnings += [_LEFT.format(", ".join(left))] if left else []
    warnings += _slow_owners(editor.document, after)
    return Edited(new, tuple(editor.summaries), impact(editor.document, after), tuple(warnings))


def _slow_owners(before: Document, after: Document) -> list[str]:
    """The instances to which an edit gives the priority of an address owner, and that take over slowly all the same."""

    def found(document: Document) -> set[str]:
        instances = INSTANCES.read(document, [one for one in document.statements(document.root) if is_instance(one)])
        return {
            str(one.get("name"))
            for one in instances
            if one.get("priority") == 255 and one.get("initial_state") == "BACKUP"
        }

    def is_instance(statement: Statement) -> bool:
        return statement.keyword == INSTANCES.keyword

    return [
        f"instance {name}: with priority 255 and initial_state BACKUP keepalived waits the whole master-down time at a "
        "start before it takes its addresses. Leave initial_state out, or set MASTER, to have it take them at once."
        for name in sorted(found(after) - found(before))
    ]
