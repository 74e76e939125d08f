# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's interfaces, ports already in use, and free disk space. Read only."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NET = "/sys/class/net"
_ETHERNET = "1"
_UP = 1
_FREE_BIND = 15  # IP_FREEBIND, which the socket module does not name; for IPv6 too, since Linux 4.15 by 78
_FREE_BIND_6 = 78
_LISTENS = "0A"


def links(root: str = _NET) -> list[dict[str, Any]]:
    """Every interface: ``up`` is its administrative state, ``carrier`` the link's; no ``hardware`` if it is not
    Ethernet."""
    return [_link(root, name) for name in sorted(os.listdir(root)) if os.path.isdir(os.path.join(root, name))]


def _link(root: str, name: str) -> dict[str, Any]:
    def text(what: str) -> str:
        try:
            with open(os.path.join(root, name, what), encoding="ascii") as file:
                return file.read().strip()
        except OSError:  # the carrier of an interface that is down cannot be read
            return ""

    hardware = text("address") if text("type") == _ETHERNET else ""
    up = bool(int(text("flags") or "0", 16) & _UP)
    return {
        "name": name,
        "up": up,
        "carrier": text("carrier") == "1",
        "hardware": hardware,
        "mtu": int(text("mtu") or 0),
    }


def taken(ports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The addresses and ports that HAProxy could not bind because something listens there, and the process that does;
    ``by`` is empty where it is not visible."""
    busy = [each for each in ports if _is_taken(each["address"], each["port"])]
    owners = dict(_owners()) if busy else {}
    found = []
    for each in busy:
        inodes = [inode for inode, port in _listening() if port == each["port"]]
        names = sorted({owners[inode] for inode in inodes if inode in owners})
        found.append({"address": each["address"], "port": each["port"], "by": ", ".join(names)})
    return found


def _is_taken(address: str, port: int) -> bool:
    """Bind as HAProxy would, without requiring the address to be local, and release at once."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    level, option = (
        (socket.IPPROTO_IPV6, _FREE_BIND_6) if family == socket.AF_INET6 else (socket.IPPROTO_IP, _FREE_BIND)
    )
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with contextlib.suppress(OSError):  # an old kernel: the result is only right for local addresses
            attempt.setsockopt(level, option, 1)
        if family == socket.AF_INET6:
            attempt.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            attempt.bind((address, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _listening(proc: str = "/proc") -> Iterator[tuple[str, int]]:
    """Inode and port of every listening TCP socket."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"{proc}/net/{name}", encoding="ascii") as file:
            for line in list(file)[1:]:
                fields = line.split()
                if fields[3] == _LISTENS:
                    yield fields[9], int(fields[1].rpartition(":")[2], 16)


def _owners(proc: str = "/proc") -> Iterator[tuple[str, str]]:
    """The inode of each socket, and the name of the process that has it."""
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            targets = [os.readlink(f"{proc}/{pid}/fd/{fd}") for fd in os.listdir(f"{proc}/{pid}/fd")]
            with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
                name = file.read().strip()
        except OSError:  # it has ended, or may not be read
            continue
        yield from ((target[8:-1], name) for target in targets if target.startswith("socket:["))


def disks(paths: Sequence[str]) -> list[dict[str, Any]]:
    """The free space for root at each path, one entry for each file system. Paths that do not exist are left out."""
    found: dict[int, dict[str, Any]] = {}
    for path in paths:
        try:
            device, room = os.stat(path).st_dev, os.statvfs(path)
        except OSError:
            continue
        entry = {
            "path": path,
            "free_bytes": room.f_bfree * room.f_frsize,
            "free_inodes": room.f_ffree if room.f_files else None,
        }
        found.setdefault(device, entry)
    return list(found.values())
