# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses VRRP advertisements: versions 2 (RFC 3768) and 3 (RFC 5798). Pure."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

VRRP, AUTHENTICATION_HEADER = 112, 51
_ADVERTISEMENT = 1
#: Authentication types by their number in a version 2 packet.
_AUTHENTICATIONS = {0: "", 1: "PASS", 2: "AH"}


class Advertisement(NamedTuple):
    """``authentication``: PASS, AH, another type's number, or empty for none; the password itself is never read.
    ``advert_int`` is in seconds. A priority of 0 means that the MASTER is shutting down."""

    source: str
    destination: str
    family: int
    version: int
    virtual_router_id: int
    priority: int
    authentication: str
    advert_int: float
    addresses: tuple[str, ...]


def parse(packet: bytes) -> Advertisement | None:
    """An advertisement from an IPv4 or IPv6 packet; None where the packet is something else, or incomplete."""
    try:
        if packet[0] >> 4 == 4:
            family, protocol = 4, packet[9]
            source, destination = packet[12:16], packet[16:20]
            begin, end = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0]
        else:
            family, protocol = 6, packet[6]
            source, destination = packet[8:24], packet[24:40]
            begin, end = 40, 40 + struct.unpack_from("!H", packet, 4)[0]
        signed = protocol == AUTHENTICATION_HEADER
        if signed:
            protocol = packet[begin]
            begin += (packet[begin + 1] + 2) * 4
        if protocol != VRRP or len(packet) < end:
            return None
        return _message(packet[begin:end], family, _text(source), _text(destination), signed)
    except (IndexError, struct.error, ValueError):
        return None


def _message(message: bytes, family: int, source: str, destination: str, signed: bool) -> Advertisement | None:
    first, router, priority, count, kind, interval = struct.unpack_from("!BBBBBB", message)
    version = first >> 4
    if first & 15 != _ADVERTISEMENT or version not in (2, 3):
        return None
    size = 4 if family == 4 else 16
    listed = message[8 : 8 + count * size]
    if len(listed) != count * size:
        return None
    if version == 3:
        authentication, seconds = "", (((kind & 15) << 8) + interval) / 100
    else:
        authentication, seconds = _AUTHENTICATIONS.get(kind, str(kind)), float(interval)
    addresses = tuple(_text(listed[at : at + size]) for at in range(0, len(listed), size))
    authentication = "AH" if signed else authentication
    return Advertisement(source, destination, family, version, router, priority, authentication, seconds, addresses)


def _text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
