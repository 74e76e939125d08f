# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options set by hand override derived ones. Every variable that offers this uses ``overridden``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def overridden(derived: Mapping[str, Any], by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """The derived options, overridden by those set by hand at any depth.

    In a dictionary only the given keys change: ``default_server: {send_proxy_v2: true}`` keeps the derived checks. A
    list or scalar replaces the derived one. None removes it."""
    result = dict(derived)
    for name, value in by_hand.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            below = result.get(name)
            result[name] = overridden(below if isinstance(below, Mapping) else {}, value)
        else:
            result[name] = value
    return result
