# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of selinux_access."""

from __future__ import annotations

from typing import Any

_PORTS: dict[str, Any] = {"type": "list", "elements": "int"}
_PATHS: dict[str, Any] = {"type": "list", "elements": "path"}

PROGRAM: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "binds": _PORTS,
    "connects": _PORTS,
    "any_port_boolean": {"type": "str"},
    "reads": _PATHS,
    "runs": _PATHS,
    "sockets": _PATHS,
}

ARGUMENTS: dict[str, Any] = {
    "programs": {"type": "list", "elements": "dict", "options": PROGRAM},
    "booleans": {"type": "dict"},
    "permissive": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
