# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the IPVS modules; each option is defined once."""

from __future__ import annotations

from typing import Any

REAL_SERVER: dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int"},
    "forwarding_method": {"type": "str", "choices": ["dr", "tun", "nat"]},
    "weight": {"type": "int"},
    "upper_threshold": {"type": "int"},
    "lower_threshold": {"type": "int"},
    "tunnel_type": {"type": "str", "choices": ["ipip", "gue", "gre"]},
    "tunnel_port": {"type": "int"},
    "tunnel_checksum": {"type": "str", "choices": ["none", "csum", "remcsum"]},
    "state": {"type": "str", "choices": ["present", "absent", "drained"], "default": "present"},
}

VIRTUAL_SERVER: dict[str, Any] = {
    "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"]},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "fwmark": {"type": "int"},
    "family": {"type": "str", "choices": ["ipv4", "ipv6"]},
    "scheduler": {"type": "str"},
    "flags": {
        "type": "list",
        "elements": "str",
        "choices": ["ops", "sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2", "flag-3"],
    },
    "persistence_timeout": {"type": "int"},
    "persistence_netmask": {"type": "str"},
    "persistence_engine": {"type": "str"},
    "real_servers": {"type": "list", "elements": "dict", "options": REAL_SERVER},
    "purge_real_servers": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent", "drained"], "default": "present"},
}

SHARED: dict[str, Any] = {
    "drain_timeout": {"type": "int", "default": 300},
    "persist": {"type": "bool", "default": False},
}

TIMEOUTS: dict[str, Any] = {name: {"type": "int"} for name in ("tcp", "tcpfin", "udp")}

SYNC_DAEMON: dict[str, Any] = {
    "roles": {"type": "list", "elements": "str", "choices": ["master", "backup"], "required": True},
    "interface": {"type": "str"},
    "syncid": {"type": "int"},
    "maxlen": {"type": "int"},
    "mcast_group": {"type": "str"},
    "mcast_port": {"type": "int"},
    "mcast_ttl": {"type": "int"},
}


def virtual_server_arguments() -> dict[str, Any]:
    """The options of ipvs_virtual_server."""
    return {**VIRTUAL_SERVER, **SHARED}


def config_arguments() -> dict[str, Any]:
    """The options of ipvs_config."""
    return {
        "virtual_servers": {"type": "list", "elements": "dict", "options": VIRTUAL_SERVER},
        "purge": {"type": "bool", "default": False},
        "timeouts": {"type": "dict", "options": TIMEOUTS},
        "sync_daemon": {"type": "dict", "options": SYNC_DAEMON},
        **SHARED,
    }
