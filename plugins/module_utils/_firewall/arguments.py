# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of firewall_access."""

from __future__ import annotations

from typing import Any

OPENING: dict[str, Any] = {
    "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp", "vrrp", "ah"], "required": True},
    "port": {"type": "int"},
    "sources": {"type": "list", "elements": "str"},
    "destination": {"type": "str"},
}

ARGUMENTS: dict[str, Any] = {
    "openings": {"type": "list", "elements": "dict", "options": OPENING},
    "interfaces": {"type": "list", "elements": "str"},
    "guarded": {"type": "list", "elements": "str"},
    "backend": {"type": "str", "choices": ["auto", "firewalld", "nftables", "none"], "default": "auto"},
    "close": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
