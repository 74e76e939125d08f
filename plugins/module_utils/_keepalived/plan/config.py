# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans a change of a keepalived.conf: text and desired state in, edited text out. Pure.

The one-resource and the whole-table module call the same planner; the first with a list of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Table


def plan_table(
    text: str,
    root: Table,
    desired: dict[str, Any],
    *,
    purge: bool = False,
    problems: Callable[[Document], Iterable[Problem]] | None = None,
) -> Edited:
    """Edit the top level of a text so that it means the desired lists. Raises InputError and EdgeError.

    Existing values are accepted as they are, even where we would not write them. ``problems`` are those of a caller
    whose option paths differ from those of the table.
    """
    document = parse(text)
    desired = _exact_throughout(root, desired)
    if root.means(document, [document.root], desired, complete=purge):
        return Edited(text)
    if problems is not None:
        refuse(list(problems(document)))
    else:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.desired import table_problems

        refuse(list(table_problems(root, "", desired, document, [document.root])))
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.changes import change_table

    return change_table(document, root, desired, purge)


def _exact_throughout(root: Table, desired: dict[str, Any]) -> dict[str, Any]:
    """The desired state, with every block below an exact entry exact too."""
    found = dict(desired)
    for shape in root.shapes:
        entries = desired.get(shape.name)
        if isinstance(shape, Blocks) and any(entry.get("exact") for entry in entries or ()):
            found[shape.name] = [shape.table.exactly(entry) if entry.get("exact") else entry for entry in entries or ()]
    return found


def plan_absent(text: str, blocks: Blocks, name: str) -> Edited:
    """Remove a named block of one kind from a text."""
    document = parse(text)
    found = [
        statement
        for statement in document.statements(document.root)
        if statement.keyword in blocks.keywords and statement.arguments == [name]
    ]
    if not found:
        return Edited(text)
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.changes import take_out

    return take_out(document, blocks, found)
