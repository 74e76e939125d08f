# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens on a host's networks for VRRP, and asks there which host has an address. Needs permission for raw sockets.

The kernel filters packets (BPF), so that on a busy host Python gets only the relevant ones. Nothing is sent but the
requests, and the report that tells a switch that this host wants the multicast groups of VRRP.
"""

from __future__ import annotations

import array
import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import LOOPBACK, LocalAddress
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.advertisement import Advertisement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.neighbour import (
    ARP,
    BROADCAST,
    IPV6,
    Claim,
    arp_claim,
    arp_question,
    neighbour_claim,
    solicitation,
    spelled,
)

_IPV4 = 0x0800
_GROUPS = ("224.0.0.18", "ff02::12")
_ATTACH_FILTER = 26  # SO_ATTACH_FILTER, which the socket module does not define
_ETHERNET = 1
#: When an address is asked for, in seconds after the start, and how long to wait after the last request.
_QUESTIONS, _PATIENCE = (0.0, 0.2), 0.4

#: Instructions of the kernel's packet filter: load a byte, compare, return.
_LOAD, _EQUAL, _RETURN = 0x30, 0x15, 0x06
_ALL, _NOTHING = (_RETURN, 0, 0, 0xFFFF), (_RETURN, 0, 0, 0)
#: VRRP and the authentication header; in IPv6 also neighbour advertisements.
_FILTERS: Mapping[int, Sequence[tuple[int, int, int, int]]] = {
    _IPV4: [(_LOAD, 0, 0, 9), (_EQUAL, 1, 0, 112), (_EQUAL, 0, 1, 51), _ALL, _NOTHING],
    IPV6: [
        (_LOAD, 0, 0, 6),
        (_EQUAL, 4, 0, 112),
        (_EQUAL, 3, 0, 51),
        (_EQUAL, 0, 3, 58),
        (_LOAD, 0, 0, 40),
        (_EQUAL, 0, 1, 136),
        _ALL,
        _NOTHING,
    ],
}


class SeenAdvertisement(NamedTuple):
    """Advertisements that differ only in their time. ``first`` and ``last`` are in seconds after the start.
    ``hardware`` is the sender's address, or that of a router in between."""

    interface: str
    hardware: str
    advertisement: Advertisement
    times: int
    first: float
    last: float


class Question(NamedTuple):
    """An address, and where to ask for it. ``hardware`` is the interface's address."""

    address: str
    interface: str
    hardware: bytes
    source: str


class Observed(NamedTuple):
    """What was received: advertisements, and which hosts answered for which address on which interface."""

    advertisements: tuple[SeenAdvertisement, ...]
    claims: tuple[tuple[str, Claim], ...]


def observe(interfaces: Sequence[str], questions: Sequence[Question], seconds: float) -> Observed:
    """Listen for ``seconds``, and at least as long as answers take. Raises OSError (PermissionError) where that is not
    permitted."""
    least = _QUESTIONS[-1] + _PATIENCE if questions else 0.0
    listening = _Capture({question.address for question in questions})
    with contextlib.ExitStack() as stack:
        doors = {kind: stack.enter_context(_door(kind)) for kind in (_IPV4, IPV6, ARP)}
        for group in _memberships(interfaces):
            stack.enter_context(group)
        begin = time.monotonic()
        due = list(_QUESTIONS) if questions else []
        end = begin + max(seconds, least)
        while True:
            now = time.monotonic()
            if due and now - begin >= due[0]:
                due.pop(0)
                _ask(questions, doors)
            if now >= end:
                return listening.observed()
            wake = min(end, begin + due[0]) if due else end
            ready, _writable, _failed = select.select(list(doors.values()), [], [], max(wake - time.monotonic(), 0))
            for kind, door in doors.items():
                if door in ready:
                    listening.take(kind, *_packet(door), time.monotonic() - begin)


class _Capture:
    """Summarises received packets."""

    def __init__(self, asked: Iterable[str]) -> None:
        self._asked = frozenset(asked)
        self._seen: dict[tuple[str, str, Advertisement], tuple[int, float, float]] = {}
        self._claims: dict[tuple[str, Claim], None] = {}

    def take(self, kind: int, interface: str, hardware: bytes, packet: bytes, now: float) -> None:
        """Process one packet."""
        if interface == LOOPBACK:
            return
        advertisement = parse(packet) if kind != ARP else None
        if advertisement is not None:
            alike = (interface, spelled(hardware), advertisement)
            times, first, _last = self._seen.get(alike, (0, now, now))
            self._seen[alike] = (times + 1, first, now)
        claim = arp_claim(packet) if kind == ARP else neighbour_claim(packet) if kind == IPV6 else None
        if claim is not None and claim.address in self._asked:
            self._claims[interface, claim] = None

    def observed(self) -> Observed:
        """The summary."""
        advertisements = tuple(SeenAdvertisement(*alike, *when) for alike, when in self._seen.items())
        return Observed(advertisements, tuple(self._claims))


def questions(
    asked: Iterable[Mapping[str, Any]], links: Mapping[str, bytes], local: Sequence[LocalAddress]
) -> list[Question]:
    """Where to ask for each address: on its ``interface``, or on all whose network contains it. ``links`` are hardware
    addresses of Ethernet interfaces that are up. Pure."""
    from ipaddress import ip_address, ip_interface

    found = []
    for each in asked:
        wanted = ip_address(each["address"])
        address = str(wanted)
        for interface, hardware in links.items():
            there = [
                one for one in local if one.interface == interface and (":" in one.address) == (wanted.version == 6)
            ]
            beside = any(
                wanted in ip_interface(f"{one.address}/{one.prefix}").network for one in there if one.address != address
            )
            if interface != each["interface"] if each["interface"] else not beside:
                continue
            # Without this, the holder would be asked from the address itself.
            source = next((one.address for one in there if one.address != address), "")
            if wanted.version == 4 or source:
                found.append(Question(address, interface, hardware, source))
    return found


def _door(kind: int) -> socket.socket:
    """A socket for packets of one kind from every interface, from the network header on. The few that arrive before the
    filter is attached are rejected when they are read."""
    door = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.htons(kind))
    try:
        if kind in _FILTERS:
            code = b"".join(struct.pack("=HBBI", *each) for each in _FILTERS[kind])
            kept = array.array("B", code)
            program = struct.pack("@HP", len(code) // 8, kept.buffer_info()[0])
            door.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
    except BaseException:
        door.close()
        raise
    return door


def _packet(door: socket.socket) -> tuple[str, bytes, bytes]:
    packet, sender = door.recvfrom(2048)
    return sender[0], sender[4], packet


def _memberships(interfaces: Sequence[str]) -> Iterable[socket.socket]:
    """A network card only accepts multicast groups that a socket has joined."""
    for name in interfaces:
        for family, group in zip((socket.AF_INET, socket.AF_INET6), _GROUPS):
            member = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            packed = socket.inet_pton(family, group)
            try:
                index = socket.if_nametoindex(name)
                if family == socket.AF_INET:
                    request = packed + bytes(4) + struct.pack("@i", index)
                    member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
                else:
                    request = packed + struct.pack("@I", index)
                    member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
            except OSError:  # the interface does not have this address family
                member.close()
                continue
            yield member


def _ask(asked: Iterable[Question], doors: Mapping[int, socket.socket]) -> None:
    for each in asked:
        if ":" in each.address:
            packet, group = solicitation(each.address, each.source, each.hardware)
            kind, door, to = IPV6, doors[IPV6], group
        else:
            packet, kind, door, to = arp_question(each.address, each.hardware), ARP, doors[ARP], BROADCAST
        with contextlib.suppress(OSError):  # a link that has just gone down; nothing answers on it
            door.sendto(packet, (each.interface, kind, 0, _ETHERNET, to))
