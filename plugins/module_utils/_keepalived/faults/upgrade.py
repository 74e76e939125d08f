# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newer keepalived handles differently in a file that the installed version accepts. Pure.

The wire format of ``auth_hmac`` is from the release notes of 2.4.1 and 2.4.2; it was not tested with a daemon. Which
programs a newer version does not run because of a symbolic link depends on the host: host/script_links.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document

#: Each of these versions signs its adverts differently from the one before.
_WIRE_FORMATS = ("2.4.1", "2.4.2")


def changes(document: Document, installed: str, newer: str) -> Iterator[tuple[str, Problem]]:
    """(version, problem) for each change between the two versions."""
    crossed = [version for version in _WIRE_FORMATS if number(installed) < number(version) <= number(newer)]
    if not crossed:
        return
    for statement in document.statements(document.root):
        if statement.keyword != "vrrp_instance" or statement.block is None:
            continue
        if any(line.keyword == "auth_hmac" for line in document.statements(statement.block)):
            yield (
                crossed[-1],
                Problem(
                    " ".join(["instance", *statement.arguments, "auth_hmac"]),
                    None,
                    "signs adverts in another way, so members with different versions reject each other's adverts "
                    "and both become"
                    " MASTER",
                    "Set its mode to receive-only on all members, upgrade all of them, then go to permissive and to"
                    " enforce.",
                ),
            )
