# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import struct

import pytest

from lab.wire import ttl_to

VIP = socket.inet_aton("10.77.0.100")


def frame(
    *, kind: int = 0x0800, ttl: int = 64, protocol: int = 6, to: bytes = VIP, port: int = 80, options: int = 0
) -> bytes:
    header = struct.pack("!BBHHHBBH4s4s", 0x45 + options, 0, 40, 0, 0, ttl, protocol, 0, bytes(4), to)
    return (
        bytes(12) + struct.pack("!H", kind) + header + bytes(4 * options) + struct.pack("!HH", 40000, port) + bytes(16)
    )


@pytest.mark.parametrize("ttl", [64, 63, 1])
@pytest.mark.parametrize("options", [0, 3])
def test_the_ttl_of_a_packet_to_the_vip(ttl: int, options: int) -> None:
    assert ttl_to(frame(ttl=ttl, options=options), VIP, 80) == ttl


@pytest.mark.parametrize(
    "other",
    [
        frame(kind=0x86DD),
        frame(protocol=17),
        frame(to=socket.inet_aton("10.77.0.31")),
        frame(port=22),
        frame()[:40],
        b"",
    ],
)
def test_no_other_packet_is_counted(other: bytes) -> None:
    assert ttl_to(other, VIP, 80) is None
