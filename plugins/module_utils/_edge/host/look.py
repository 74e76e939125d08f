# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan reports of each plane: the same keys, whether a module or a look at the host produced them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Look(NamedTuple):
    """The result of a look at the host. ``steps`` are summaries of what is to be done. ``brings`` are the names of what
    the steps create (packages, users, paths): steps that need these cannot find them yet. ``more`` are further keys of
    the plane."""

    steps: Sequence[str] = ()
    impact: str = "none"
    warnings: Sequence[str] = ()
    brings: Sequence[str] = ()
    unforeseen: Sequence[str] = ()
    more: Mapping[str, Any] = _NOTHING


def plane(found: Look) -> dict[str, Any]:
    """A look in the form of a plane of the result."""
    return {
        "failed": False,
        "msg": "",
        "changed": bool(found.steps),
        "steps": list(found.steps),
        "impact": found.impact,
        "warnings": list(found.warnings),
        "unforeseen": list(found.unforeseen),
        **found.more,
    }


def failed_plane(message: str) -> dict[str, Any]:
    """A plane that could not be planned."""
    return {**plane(Look()), "failed": True, "msg": message}
