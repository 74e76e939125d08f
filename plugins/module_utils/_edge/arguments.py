# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of edge_plan and vip_probe; edge_info uses them too."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import IMPACTS

_IMPACT: dict[str, Any] = {"type": "str", "choices": list(IMPACTS), "default": "none"}
_STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}

FILE: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "sha256": {"type": "str"},
    "content": {"type": "str"},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "state": _STATE,
    "impact": _IMPACT,
}
BLOCK: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "marker": {"type": "str", "required": True},
    "block": {"type": "str", "default": ""},
    "state": _STATE,
    "impact": _IMPACT,
}
UNIT: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "active": {"type": "bool"},
    "enabled": {"type": "bool"},
    "config_path": {"type": "path"},
}
APISERVER: dict[str, Any] = {
    "backend": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "ca": {"type": "str", "required": True},
}

ARGUMENTS: dict[str, Any] = {
    "packages": {"type": "list", "elements": "str"},
    "users": {"type": "list", "elements": "str"},
    "files": {"type": "list", "elements": "dict", "options": FILE},
    "blocks": {"type": "list", "elements": "dict", "options": BLOCK},
    "modules": {"type": "dict"},
    "apiservers": {"type": "list", "elements": "dict", "options": APISERVER},
    "units": {"type": "list", "elements": "dict", "options": UNIT},
}

PROBE: dict[str, Any] = {
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "url": {"type": "str"},
        },
    },
    "ca_path": {"type": "path"},
    "ca": {"type": "str"},
    "timeout": {"type": "int", "default": 5},
    "retries": {"type": "int", "default": 5},
}
