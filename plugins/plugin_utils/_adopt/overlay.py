# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the options that, set by hand, turn derived options into exactly those of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def overrides(derived: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """The options that ``overridden`` must apply to ``derived`` to get ``desired``. None removes a derived option."""
    found: dict[str, Any] = {key: None for key in derived if key not in desired}
    for key, value in desired.items():
        below = derived.get(key)
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        found[key] = overrides(below, value) if nested else value  # type: ignore[arg-type]  # mypy does not see what nested says
    return found
