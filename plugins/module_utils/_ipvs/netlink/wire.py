# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Netlink messages as bytes: headers, attributes, answers. Pure; it does not interpret their content.

The formats are those of include/uapi/linux/netlink.h and genetlink.h; numbers are in host byte order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
NOTHING, ERROR, DONE = 1, 2, 3
#: The controller of generic netlink, which knows the families by name.
CONTROLLER, GET_FAMILY, FAMILY_ID, FAMILY_NAME = 16, 3, 1, 2
_HEADER = struct.Struct("=IHHII")
_GENERIC = struct.Struct("=BBH")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")
_BODY = _HEADER.size + _GENERIC.size
#: Bits next to the number of an attribute: nested, network byte order.
_KIND = 0x3FFF


class Answer(NamedTuple):
    """One message from the kernel. ``error`` is None for data, else an errno, where 0 is success (or the end of a
    dump)."""

    sequence: int
    error: int | None
    data: bytes = b""


def message(family: int, command: int, flags: int, sequence: int, body: bytes, version: int = 1) -> bytes:
    """A request to a family of generic netlink. ``body`` is its attributes."""
    return (
        _HEADER.pack(_BODY + len(body), family, REQUEST | flags, sequence, 0)
        + _GENERIC.pack(command, version, 0)
        + body
    )


def nothing(sequence: int) -> bytes:
    """A no-op message that requests an acknowledgement."""
    return _HEADER.pack(_HEADER.size, NOTHING, REQUEST | ACK, sequence, 0)


def attribute(number: int, value: bytes) -> bytes:
    """One attribute, padded to a multiple of four bytes."""
    return _ATTRIBUTE.pack(len(value) + 4, number) + value + b"\0" * (-len(value) % 4)


def nested(number: int, attributes: Iterable[tuple[int, bytes]]) -> bytes:
    """An attribute that holds others."""
    return attribute(number, b"".join([attribute(*one) for one in attributes]))


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in some bytes, by number. Raises ValueError for a wrong length."""
    found = {}
    offset, end = 0, len(data)
    while offset + 4 <= end:
        length, number = _ATTRIBUTE.unpack_from(data, offset)
        if length < 4 or offset + length > end:
            raise ValueError(f"an attribute of {length} bytes in the last {end - offset}")
        found[number & _KIND] = data[offset + 4 : offset + length]
        offset += length + 3 & ~3
    return found


def answers(datagram: bytes) -> Iterator[Answer]:
    """The messages of one datagram. Raises ValueError for a wrong length."""
    offset, end = 0, len(datagram)
    while offset + 16 <= end:
        length, kind, _flags, sequence, _port = _HEADER.unpack_from(datagram, offset)
        if length < 16 or offset + length > end:
            raise ValueError(f"a message of {length} bytes in the last {end - offset}")
        if kind in (ERROR, DONE):
            error = _ERROR.unpack_from(datagram, offset + 16)[0] if length >= 20 else 0
            yield Answer(sequence, -error)
        else:
            yield Answer(sequence, None, datagram[offset + _BODY : offset + length])
        offset += length + 3 & ~3
