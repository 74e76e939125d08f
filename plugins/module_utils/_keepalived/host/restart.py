# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would miss if it were started with its files as they are. Only loaded where that is asked.

A running keepalived has found its scripts, users, interfaces and addresses once. Started without them it disables a
check, stays in FAULT, or leaves a block out, and says so in its log at most.
"""

from __future__ import annotations

import os

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.needs import needs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import SINCE, linked_programs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document


def start_problems(document: Document, version: str | None) -> list[str] | None:
    """A sentence or two for each need of the files that this host does not meet; None where it cannot be told, for want
    of keepalived or of root's rights. ``document`` is what the files mean together."""
    if version is None or os.geteuid() != 0:
        return None
    found = list(needs(document))
    if number(version) >= SINCE:
        found += linked_programs("", document.text)
    return [str(problem) for problem in dict.fromkeys(found)]
