# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would be missing if it were started with its current files. Loaded only when that is asked.

A running keepalived has looked up its scripts, users, interfaces and addresses at its start. Started without them it
disables a check, stays in FAULT, or skips a block, and at most writes that to its log.
"""

from __future__ import annotations

import os

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.needs import needs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import SINCE, linked_programs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document


def start_problems(document: Document, version: str | None) -> list[str] | None:
    """A message for each requirement of the files that this host does not meet; None where that cannot be checked:
    keepalived is missing, or this is not root. ``document`` is the result of all files together."""
    if version is None or os.geteuid() != 0:
        return None
    found = list(needs(document))
    if number(version) >= SINCE:
        found += linked_programs("", document.text)
    return [str(problem) for problem in dict.fromkeys(found)]
