# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of this host, each with its interface, as the kernel lists them (rtnetlink). Read only.

Ansible's facts are not sufficient: of several addresses with one label they keep the last, of interfaces named eth-0
and eth_0 only one, and they do not tell a temporary IPv6 address from a stable one.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LOOPBACK = "lo"

#: struct nlmsghdr, struct ifaddrmsg, struct rtattr; numbers of linux/rtnetlink.h and linux/if_addr.h.
_HEADER, _ADDRESS, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBI"), struct.Struct("=HH")
_GET_ADDRESSES, _NEW_ADDRESS, _ERROR, _DONE, _DUMP = 22, 20, 2, 3, 0x301
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_SECONDARY, _DEPRECATED = 0x01, 0x20
_SECONDS = 10.0


class LocalAddress(NamedTuple):
    """An address in the kernel's spelling, its prefix length and interface.

    ``secondary``: IPv4, another address in the same network came first; IPv6, a temporary one (privacy extensions).
    ``deprecated``: IPv6 with a preferred lifetime that has expired, or was 0 from the start: not used as a source of
    new connections.
    """

    address: str
    prefix: int
    interface: str
    secondary: bool = False
    deprecated: bool = False


def local_addresses() -> tuple[LocalAddress, ...]:
    """Every address of every interface. Raises OSError where the kernel does not answer."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as asked:
        asked.settimeout(_SECONDS)
        asked.send(_HEADER.pack(_HEADER.size + _ADDRESS.size, _GET_ADDRESSES, _DUMP, 1, 0) + bytes(_ADDRESS.size))
        return tuple(_addresses(asked))


def held(address: str, interface: str, found: Iterable[LocalAddress]) -> bool:
    """Whether this host holds a VIP: it is on an interface other than loopback, or loopback is its ``interface``. Real
    servers always have VIPs on their loopback interface."""
    return any(one.address == address and (one.interface != LOOPBACK or interface == LOOPBACK) for one in found)


def _addresses(asked: socket.socket) -> Iterator[LocalAddress]:
    names: dict[int, str] = {}
    while True:
        received = memoryview(asked.recv(1 << 16))
        while received:
            length, kind = _HEADER.unpack_from(received)[:2]
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", received, _HEADER.size)[0]
                raise OSError(number, os.strerror(number))
            if kind == _NEW_ADDRESS:
                yield from _address(received[_HEADER.size : length], names)
            received = received[-(-length // 4) * 4 :]


def _address(message: memoryview, names: dict[int, str]) -> Iterator[LocalAddress]:
    family, prefix, flags, _scope, index = _ADDRESS.unpack_from(message)
    there: dict[int, bytes] = {}
    rest = message[_ADDRESS.size :]
    while len(rest) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(rest)
        there[kind] = bytes(rest[_ATTRIBUTE.size : length])
        rest = rest[-(-length // 4) * 4 :]
    # Of a point-to-point pair, IFA_ADDRESS is the peer.
    own = there.get(_IFA_LOCAL) or there.get(_IFA_ADDRESS)
    if own is None or family not in (socket.AF_INET, socket.AF_INET6):
        return
    if _IFA_FLAGS in there:
        flags = struct.unpack("=I", there[_IFA_FLAGS])[0]
    try:
        name = names.get(index) or names.setdefault(index, socket.if_indextoname(index))
    except OSError:  # the interface has disappeared
        return
    yield LocalAddress(socket.inet_ntop(family, own), prefix, name, bool(flags & _SECONDARY), bool(flags & _DEPRECATED))
