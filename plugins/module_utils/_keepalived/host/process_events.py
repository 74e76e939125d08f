# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this host's kernel would notify a keepalived of processes that start and end.

Where it would not (in a container with its own network), keepalived (2.2.7, init_track_processes) considers every
process of a vrrp_track_process absent, permanently, and reports that only in its log.
"""

from __future__ import annotations

import os
import socket
import struct

_CONNECTOR = 11  # NETLINK_CONNECTOR
_DONE, _PROCESSES, _LISTEN, _IGNORE = 3, 1, 1, 2


def process_events() -> bool:
    """Subscribe as keepalived does, and unsubscribe. Needs root, as keepalived does."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _CONNECTOR) as listener:
            listener.bind((0, _PROCESSES))
            listener.settimeout(0.1)  # the answer comes at once, or not at all
            listener.send(_request(_LISTEN))
            answered = bool(listener.recv(1024))
            listener.send(_request(_IGNORE))
            return answered
    except OSError:
        return False


def _request(operation: int) -> bytes:
    """A struct nlmsghdr, a struct cn_msg and the operation (linux/cn_proc.h)."""
    payload = struct.pack("=IIIIHHI", _PROCESSES, 1, 0, 0, 4, 0, operation)
    return struct.pack("=IHHII", 16 + len(payload), _DONE, 0, 0, os.getpid()) + payload
