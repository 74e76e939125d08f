# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running HAProxy's runtime data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime

_COMMANDS = ("show info", "show stat", "show servers state")


def live_state(runtime: Runtime) -> dict[str, Any]:
    """``info``, ``stat`` and ``servers`` over one connection. Raises EdgeError."""
    info, stat, servers = runtime.ask(_COMMANDS)
    return {"info": read_info(info), "stat": read_stat(stat), "servers": read_servers(servers)}


def read_info(reply: str) -> dict[str, Any]:
    """``show info`` as a dictionary."""
    _expect(reply, "Name:", _COMMANDS[0])
    pairs = (line.partition(":") for line in reply.splitlines())
    return {key.strip(): _number(value.strip()) for key, colon, value in pairs if colon}


def read_stat(reply: str, only: Collection[str] = ()) -> list[dict[str, Any]]:
    """``show stat``: a dictionary for each frontend, backend and server, without the empty fields; all fields (about a
    hundred), or only some."""
    import csv

    _expect(reply, "# pxname,", _COMMANDS[1])
    header, *rows = csv.reader(reply[2:].splitlines())
    fields = set(only or header) - {""}
    return [{field: _number(text) for field, text in zip(header, row) if text and field in fields} for row in rows]


def read_servers(reply: str) -> list[dict[str, Any]]:
    """``show servers state``: administrative and operational state of each server, by HAProxy's own field names."""
    _expect(reply, "1\n# be_id", _COMMANDS[2])
    lines = reply.splitlines()
    fields = lines[1].lstrip("# ").split()
    return [{key: _number(value) for key, value in zip(fields, line.split())} for line in lines[2:] if line]


def _expect(reply: str, beginning: str, command: str) -> None:
    if not reply.startswith(beginning):
        first = reply.splitlines()[0] if reply else "nothing"
        raise EdgeError(f"HAProxy answered {command} with: {first}")


def _number(text: str) -> Any:
    """A number where ``str`` restores the same text; else the text: a server may be called ``007``."""
    return int(text) if text.isdecimal() and str(int(text)) == text else text
