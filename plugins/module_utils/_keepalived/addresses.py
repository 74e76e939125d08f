# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of this host, each with the interfaces that have it. Looks only.

A real server has VIPs on its loopback interface all the time, so where an address is says whether it is held.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Iterator

LOOPBACK = "lo"
_SIOCGIFCONF = 0x8912
#: struct ifreq: the interface's name (16 bytes) and a union whose largest part has two longs.
_ENTRY = 32 if struct.calcsize("P") == 4 else 40
_ENTRIES = 64


def local_addresses() -> dict[str, set[str]]:
    """Address (the kernel's spelling, no prefix length) -> interfaces."""
    found: dict[str, set[str]] = {}
    for address, interface in (*_ipv4(), *_ipv6()):
        found.setdefault(address, set()).add(interface)
    return found


def held(address: str, interface: str, found: dict[str, set[str]]) -> bool:
    """Whether a VIP is there for others: elsewhere than on loopback, unless that is its ``interface``."""
    there = found.get(address, set())
    return bool(there - {LOOPBACK}) or (interface == LOOPBACK and bool(there))


def _ipv4() -> Iterator[tuple[str, str]]:
    import array

    length = taken = _ENTRIES * _ENTRY
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        while taken == length:
            length *= 2
            room = array.array("B", bytes(length))
            request = struct.pack("iP", length, room.buffer_info()[0])
            taken = struct.unpack("iP", fcntl.ioctl(asked, _SIOCGIFCONF, request))[0]
    for start in range(0, taken, _ENTRY):
        entry = room[start : start + _ENTRY].tobytes()
        # An address may have a label, as eth0:1.
        yield socket.inet_ntoa(entry[20:24]), entry[:16].partition(b"\0")[0].decode().partition(":")[0]


def _ipv6() -> Iterator[tuple[str, str]]:
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            for line in file:
                words = line.split()
                yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(words[0])), words[-1]
    except OSError:
        return
