# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's runtime API: commands to a socket, and their replies.

The protocol has no status codes: a reply is text up to the next prompt, an error looks like any other. So a command is
refused unless it is plainly one command, and whoever asks checks that the reply has the form it should have.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

#: A worker answers at once or not at all. In seconds, for the whole conversation.
TIME_LIMIT = 5.0

_PROMPT = b"\n> "
#: ``;`` begins another command, ``\`` escapes, ``<<`` begins a payload.
_UNSAFE = (";", "\\", "\n", "\r", "\0", "<<")


def ask(path: str, commands: Sequence[str], time_limit: float = TIME_LIMIT) -> list[str]:
    """The replies to some commands, over one connection to a Unix socket, in their order. Raises EdgeError."""
    for command in commands:
        if not command.strip() or any(mark in command for mark in _UNSAFE):
            raise EdgeError(f"{command!r} is not one plain command of HAProxy's runtime API. Nothing was sent.")
    # The interactive mode's prompt is the only sure end of a reply: a reply may hold empty lines.
    request = "".join(f"{command}\n" for command in ("prompt", *commands, "quit")).encode()
    try:
        answer = _converse(path, request, time_limit)
    except OSError as error:
        reason = "it did not answer in time" if isinstance(error, socket.timeout) else error.strerror or str(error)
        raise EdgeError(f"cannot talk to HAProxy over {path}: {reason}.") from error
    replies = answer.decode("utf-8", "replace").split(_PROMPT.decode())[1:-1]
    if len(replies) != len(commands):
        raise EdgeError(f"HAProxy answered {len(replies)} of {len(commands)} commands over {path}, then hung up.")
    return [reply.strip("\n") for reply in replies]


def _converse(path: str, request: bytes, time_limit: float) -> bytes:
    end = time.monotonic() + time_limit
    chunks: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(time_limit)
        connection.connect(path)
        connection.sendall(request)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise socket.timeout
            connection.settimeout(left)
            chunk = connection.recv(1 << 16)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
