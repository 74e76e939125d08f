# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How options by hand go over derived ones: the one place, for every variable that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def overridden(derived: Mapping[str, Any], by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """The derived options with those by hand over them, however deep.

    Of a dictionary only what is given by hand changes: ``default_server: {send_proxy_v2: true}`` leaves the derived
    checks. A list or a value by hand replaces the derived one, and None takes it away.
    """
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
