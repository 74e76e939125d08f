# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by hand that make of derived ones exactly what stands in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def going_over(derived: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What has to go over ``derived`` (``overridden``) so that ``told`` is left: None takes away what is not told."""
    found: dict[str, Any] = {key: None for key in derived if key not in told}
    for key, value in told.items():
        below = derived.get(key)
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        found[key] = going_over(below, value) if nested else value  # type: ignore[arg-type]
    return found
