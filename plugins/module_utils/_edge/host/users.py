# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether users exist."""

from __future__ import annotations

import pwd
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look


def look(names: Sequence[str]) -> Look:
    """A step for each user that is missing."""
    missing = [name for name in dict.fromkeys(names) if not _exists(name)]
    return Look([f"user {name}: create" for name in missing], brings=missing)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
