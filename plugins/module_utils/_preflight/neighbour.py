# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for the holder of an address, and their answers: ARP (RFC 826, 5227) and neighbour discovery (RFC 4861).
Pure.

Neither changes what neighbours have cached about this host: the ARP request has no sender address, by RFC 5227.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

ARP, IPV6 = 0x0806, 0x86DD
BROADCAST = b"\xff" * 6
_ETHERNET, _IPV4, _REQUEST = 1, 0x0800, 1
_ICMPV6, _SOLICITATION, _ADVERTISEMENT = 58, 135, 136
_TARGET_LINK_ADDRESS, _SOURCE_LINK_ADDRESS = 2, 1
_ARP = struct.Struct("!HHBBH6s4s6s4s")


class Claim(NamedTuple):
    """A claim that an address belongs to this hardware address."""

    address: str
    hardware: str


def arp_question(address: str, hardware: bytes) -> bytes:
    """The payload of a broadcast ARP request for an IPv4 address."""
    nobody = bytes(4)
    target = socket.inet_pton(socket.AF_INET, address)
    return _ARP.pack(_ETHERNET, _IPV4, 6, 4, _REQUEST, hardware, nobody, bytes(6), target)


def arp_claim(payload: bytes) -> Claim | None:
    """The claim in an ARP message, request or reply: both say that the sender has its address."""
    if len(payload) < _ARP.size:
        return None
    kind, protocol, _long, _short, _operation, hardware, sender, _to, _target = _ARP.unpack_from(payload)
    if (kind, protocol) != (_ETHERNET, _IPV4) or not any(sender):
        return None
    return Claim(socket.inet_ntop(socket.AF_INET, sender), spelled(hardware))


def solicitation(address: str, source: str, hardware: bytes) -> tuple[bytes, bytes]:
    """The packet that asks for an IPv6 address, and the multicast hardware address it goes to."""
    target = socket.inet_pton(socket.AF_INET6, address)
    sender = socket.inet_pton(socket.AF_INET6, source)
    group = bytes.fromhex("ff0200000000000000000001ff") + target[13:]
    body = struct.pack("!BBHI", _SOLICITATION, 0, 0, 0) + target
    body += struct.pack("!BB", _SOURCE_LINK_ADDRESS, 1) + hardware
    pseudo = sender + group + struct.pack("!II", len(body), _ICMPV6)
    body = body[:2] + struct.pack("!H", _checksum(pseudo + body)) + body[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 255)
    return head + sender + group + body, b"\x33\x33" + group[12:]


def neighbour_claim(packet: bytes) -> Claim | None:
    """The claim in an IPv6 packet that an address is at a hardware address; None where it has none."""
    if len(packet) < 64 or packet[6] != _ICMPV6 or packet[40] != _ADVERTISEMENT:
        return None
    target, options = packet[48:64], packet[64:]
    while len(options) >= 8:
        kind, size = options[0], options[1] * 8
        if kind == _TARGET_LINK_ADDRESS and len(options) >= 8:
            return Claim(socket.inet_ntop(socket.AF_INET6, target), spelled(options[2:8]))
        if not size:
            return None
        options = options[size:]
    return None


def spelled(hardware: bytes) -> str:
    """A hardware address as Linux shows it."""
    return ":".join(f"{byte:02x}" for byte in hardware)


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
