# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of kernel_settings."""

from __future__ import annotations

from typing import Any

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "parameters": {"type": "dict"},
    "modules": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
