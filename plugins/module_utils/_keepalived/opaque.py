# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines whose meaning the file alone does not tell. They are kept, never changed."""

from __future__ import annotations

import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import Document, Statement

_PARAMETER = re.compile(r"\$\{?[A-Za-z_]")
INCLUDES = ("include", "includer", "includem", "includew", "includeb", "includea")


def is_opaque(statement: Statement) -> bool:
    """True for a line whose meaning hangs on something else: a condition, a parameter, a loop, an include."""
    if statement.condition:
        return True
    first = statement.keyword
    if first.startswith(("~", "include")) and (first[0] == "~" or first in INCLUDES):
        return True
    return any("$" in word.text and _PARAMETER.search(word.text) for word in statement.words)


def opaque_problem(document: Document, option: str, statement: Statement) -> Problem:
    text = document.text[statement.start : statement.end].split("\n", 1)[0]
    return Problem(
        option,
        text,
        "hangs on a condition, a parameter, a loop or an include (line {0}), so what it means is not known here".format(
            document.line(statement.start)
        ),
        "Change that line by hand, or leave the option out of the task",
    )
