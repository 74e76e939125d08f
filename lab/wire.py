# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the packets on the lab's bridge to an address and TCP port, by TTL.

A packet from the client has its full TTL. Each forwarding by a director reduces the TTL by one, so a forwarding loop
shows in the counts. The program runs in the lab's network (network.inside). Its arguments are interface, address and
port. It counts until SIGTERM and then prints one JSON object, TTL → packets."""

from __future__ import annotations

import json
import select
import signal
import socket
import struct
import sys
from collections import Counter

_ALL = 3  # ETH_P_ALL
_ADD_MEMBERSHIP, _PROMISCUOUS = 1, 1  # PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC
_ETHERNET, _IPV4, _TCP = 14, 0x0800, 6


def ttl_to(frame: bytes, address: bytes, port: int) -> int | None:
    """The TTL of an Ethernet frame with TCP over IPv4 to the address (four bytes) and port; None for other frames."""
    if len(frame) < _ETHERNET + 40 or int.from_bytes(frame[12:14], "big") != _IPV4:
        return None
    packet = frame[_ETHERNET:]
    header = (packet[0] & 0x0F) * 4
    to = int.from_bytes(packet[header + 2 : header + 4], "big")
    return packet[8] if packet[9] == _TCP and packet[16:20] == address and to == port else None


def main(interface: str, address: str, port: str) -> None:
    asked, stop = socket.socketpair()
    signal.signal(signal.SIGTERM, lambda *_: stop.send(b"."))
    seen: Counter[int] = Counter()
    wanted, number = socket.inet_aton(address), int(port)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as wire:
        wire.bind((interface, _ALL))
        membership = struct.pack("IHH8s", socket.if_nametoindex(interface), _PROMISCUOUS, 0, b"")
        wire.setsockopt(263, _ADD_MEMBERSHIP, membership)  # SOL_PACKET
        print("listening", flush=True)
        while wire in select.select([wire, asked], [], [])[0]:  # to the last one
            if (ttl := ttl_to(wire.recv(128), wanted, number)) is not None:
                seen[ttl] += 1
    print(json.dumps(dict(sorted(seen.items()))))


if __name__ == "__main__":
    main(*sys.argv[1:])
