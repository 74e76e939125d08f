# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of vip_preflight."""

from __future__ import annotations

from typing import Any

ARGUMENTS: dict[str, Any] = {
    "listen": {"type": "float", "default": 3.0},
    "interfaces": {"type": "list", "elements": "str"},
    "addresses": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"address": {"type": "str", "required": True}, "interface": {"type": "str"}},
    },
    "ports": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"address": {"type": "str", "required": True}, "port": {"type": "int", "required": True}},
    },
    "servers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
        },
    },
    "ca": {"type": "str"},
    "paths": {"type": "list", "elements": "path", "default": ["/etc", "/var", "/run"]},
}
