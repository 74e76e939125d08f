# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions for an address, and who is taken for an answer."""

from __future__ import annotations

import socket
import struct

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import LocalAddress
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.neighbour import (
    Claim,
    arp_claim,
    arp_question,
    neighbour_claim,
    solicitation,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.wire import Question, questions

OWN = bytes.fromhex("525400000001")
OTHER = bytes.fromhex("525400000002")


def arp(sender: str, hardware: bytes, operation: int = 2) -> bytes:
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    return head + hardware + socket.inet_aton(sender) + OWN + socket.inet_aton("0.0.0.0")


def advertisement(target: str, option: bytes) -> bytes:
    body = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + socket.inet_pton(socket.AF_INET6, target) + option
    return struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + bytes(32) + body


def test_the_question_of_arp_has_no_sender_that_a_neighbour_would_remember():
    question = arp_question("10.0.0.100", OWN)
    assert question == struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + OWN + bytes(4) + bytes(6) + bytes([10, 0, 0, 100])
    assert arp_claim(question) is None


def test_whoever_sends_arp_has_its_address():
    assert arp_claim(arp("10.0.0.100", OTHER)) == Claim("10.0.0.100", "52:54:00:00:00:02")
    assert arp_claim(arp("10.0.0.100", OTHER, operation=1) + bytes(18)) == Claim("10.0.0.100", "52:54:00:00:00:02")
    assert arp_claim(arp("10.0.0.100", OTHER)[:-1]) is None


def test_a_solicitation_has_a_right_checksum_and_goes_to_the_group_of_the_address():
    packet, group = solicitation("fd00::12:3456", "fe80::1", OWN)
    assert group == bytes.fromhex("3333ff123456")
    source, target, body = packet[8:24], packet[24:40], packet[40:]
    assert (source, target) == tuple(
        socket.inet_pton(socket.AF_INET6, each) for each in ("fe80::1", "ff02::1:ff12:3456")
    )
    summed = source + target + struct.pack("!II", len(body), 58) + body
    total = sum(struct.unpack(f"!{len(summed) // 2}H", summed))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert packet[7] == 255  # else nobody answers


def test_an_advertisement_names_the_target():
    claim = Claim("fd00::100", "52:54:00:00:00:02")
    assert neighbour_claim(advertisement("fd00::100", b"\x02\x01" + OTHER)) == claim
    assert neighbour_claim(advertisement("fd00::100", b"\x0e\x01" + bytes(6) + b"\x02\x01" + OTHER)) == claim
    assert neighbour_claim(advertisement("fd00::100", b"")) is None
    assert neighbour_claim(advertisement("fd00::100", bytes(8))) is None  # an option without a length


LINKS = {"eth0": OWN, "eth1": OTHER}
LOCAL = [
    LocalAddress("10.0.0.11", 24, "eth0"),
    LocalAddress("10.0.0.100", 32, "eth0"),
    LocalAddress("fe80::1", 64, "eth0"),
    LocalAddress("fd00::11", 64, "eth0"),
    LocalAddress("192.0.2.11", 24, "eth1"),
]


def asked(address: str, interface: str | None = None) -> list[Question]:
    return questions([{"address": address, "interface": interface}], LINKS, LOCAL)


def test_an_address_is_asked_for_where_its_network_is():
    assert asked("10.0.0.100") == [Question("10.0.0.100", "eth0", OWN, "10.0.0.11")]
    assert asked("fd00::0:100") == [Question("fd00::100", "eth0", OWN, "fe80::1")]
    assert asked("203.0.113.1") == []


def test_or_where_it_is_said_to_be():
    assert asked("203.0.113.1", "eth1") == [Question("203.0.113.1", "eth1", OTHER, "192.0.2.11")]
    assert asked("fd00::100", "eth1") == []  # it could not be asked from there
