# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the running HAProxy accepts commands, according to its configuration file."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError, Problem, os_reason
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings


def socket_address(path: str) -> str:
    """The first socket of level admin in the file, else the first one. Raises InputError where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            found = stats_socket(file.read())
    except OSError as error:
        reason = f"cannot be read: {os_reason(error)}"
        raise InputError([Problem("path", path, reason, "Name HAProxy's configuration file, or set socket")]) from error
    if found is None:
        reason = "names no socket of HAProxy's runtime API ('stats socket')"
        raise InputError([Problem("path", path, reason, "Add one with 'level admin', or set socket")])
    return found


def stats_socket(text: str) -> str | None:
    """The first socket of level admin in a text, else the first one; None where there is none."""
    found = stats_sockets(text)
    return next((address for address, level in found if level == "admin"), found[0][0] if found else None)


def stats_sockets(text: str) -> list[tuple[str, str]]:
    """Address and level (``operator`` where the file sets none) of each socket, without those that only HAProxy can
    resolve: inherited, or with a variable in their name."""
    found = []
    for line in text.splitlines():
        if "stats" in line and "socket" in line:
            words = meanings(line)
            if words[:2] == ["stats", "socket"] and len(words) > 2:
                level = "".join(words[words.index("level") + 1 :][:1]) if "level" in words else "operator"
                if "$" not in words[2] and not words[2].startswith(("fd@", "sockpair@")):
                    found.append((words[2], level))
    return found
