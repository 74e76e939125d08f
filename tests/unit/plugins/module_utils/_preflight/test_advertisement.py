# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advertisements of VRRP as keepalived sends them, and what is none."""

from __future__ import annotations

import socket
import struct

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.advertisement import Advertisement, parse


def ipv4(payload: bytes, protocol: int = 112, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 0, 0, 255, protocol, 0)
    return head + socket.inet_aton("10.0.0.9") + socket.inet_aton("224.0.0.18") + options + payload


def ipv6(payload: bytes, following: int = 112) -> bytes:
    ends = [socket.inet_pton(socket.AF_INET6, each) for each in ("fe80::9", "ff02::12")]
    return struct.pack("!IHBB", 6 << 28, len(payload), following, 255) + b"".join(ends) + payload


def v2(kind: int = 0, count: int = 1, trailer: bytes = b"") -> bytes:
    return bytes([0x21, 51, 150, count, kind, 3, 0, 0]) + socket.inet_aton("10.0.0.100") * count + trailer


V3 = bytes([0x31, 7, 200, 1, 0x00, 50, 0, 0]) + socket.inet_aton("10.0.0.100")
V3_LONG = bytes([0x31, 7, 200, 1, 0x0F, 0xFF, 0, 0]) + socket.inet_aton("10.0.0.100")
V3_IPV6 = bytes([0x31, 7, 0, 1, 0x00, 100, 0, 0]) + socket.inet_pton(socket.AF_INET6, "fd00::100")


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (ipv4(v2()), (4, 2, 51, 150, "", 3.0, ("10.0.0.100",))),
        (ipv4(v2(1, trailer=b"secret\0\0")), (4, 2, 51, 150, "PASS", 3.0, ("10.0.0.100",))),
        (ipv4(v2(9)), (4, 2, 51, 150, "9", 3.0, ("10.0.0.100",))),
        (ipv4(v2(count=2)), (4, 2, 51, 150, "", 3.0, ("10.0.0.100", "10.0.0.100"))),
        (ipv4(v2(), options=bytes(4)), (4, 2, 51, 150, "", 3.0, ("10.0.0.100",))),
        (ipv4(bytes([112, 4]) + bytes(22) + v2(), 51), (4, 2, 51, 150, "AH", 3.0, ("10.0.0.100",))),
        (ipv4(V3), (4, 3, 7, 200, "", 0.5, ("10.0.0.100",))),
        (ipv4(V3_LONG), (4, 3, 7, 200, "", 40.95, ("10.0.0.100",))),
        (ipv6(V3_IPV6), (6, 3, 7, 0, "", 1.0, ("fd00::100",))),
        # A short frame is filled up by the card.
        (ipv4(V3) + bytes(14), (4, 3, 7, 200, "", 0.5, ("10.0.0.100",))),
    ],
)
def test_is_read(packet, said):
    found = parse(packet)
    assert found is not None
    ends = ("10.0.0.9", "224.0.0.18") if found.family == 4 else ("fe80::9", "ff02::12")
    assert found == Advertisement(*ends, *said)


def test_a_password_is_not_kept():
    assert "secret" not in repr(parse(ipv4(v2(1, trailer=b"secret\0\0"))))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        bytes(20),
        ipv4(v2(), protocol=17),
        ipv4(bytes([6, 4]) + bytes(22) + v2(), 51),  # a header of authentication before something else
        ipv4(bytes([0x22]) + v2()[1:]),  # no advertisement
        ipv4(bytes([0x41]) + v2()[1:]),  # no such version
        ipv4(v2(count=2)[:-4]),
        ipv4(V3)[:-1],
        ipv6(V3_IPV6)[:50],
        ipv6(V3_IPV6, following=58),
    ],
)
def test_anything_else_is_none(packet):
    assert parse(packet) is None


@pytest.mark.parametrize("packet", [ipv4(v2(1, trailer=bytes(8))), ipv4(V3), ipv6(V3_IPV6)])
def test_no_cut_packet_raises(packet):
    assert [parse(packet[:length]) for length in range(len(packet))] == [None] * len(packet)
