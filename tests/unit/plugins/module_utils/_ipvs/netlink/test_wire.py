# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages and attributes as bytes, both ways, and bytes that are neither."""

from __future__ import annotations

import contextlib
import struct

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink
from hypothesis import given
from hypothesis import strategies as st

ATTRIBUTES = st.dictionaries(st.integers(1, 0x3FFF), st.binary(max_size=70), max_size=6)


@given(ATTRIBUTES)
def test_attributes_come_back(found):
    packed = b"".join(netlink.attribute(number, value) for number, value in found.items())
    assert len(packed) % 4 == 0
    assert netlink.attributes(packed) == found
    assert netlink.attributes(netlink.attributes(netlink.nested(9, found.items()))[9]) == found


def test_the_bits_of_nested_and_network_order_do_not_count():
    assert netlink.attributes(struct.pack("=HH", 4, 0x8000 | 7)) == {7: b""}


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_messages_come_back(bodies):
    datagram = b"".join(
        netlink.message(30, 1, 0, number, netlink.attribute(1, body)) for number, body in enumerate(bodies)
    )
    found = list(netlink.answers(datagram))
    assert [(answer.sequence, answer.error) for answer in found] == [(number, None) for number in range(len(bodies))]
    assert [netlink.attributes(answer.data)[1] for answer in found] == bodies


@pytest.mark.parametrize(("kind", "body", "error"), [(2, -17, 17), (2, 0, 0), (3, 0, 0)])
def test_verdicts(kind, body, error):
    datagram = struct.pack("=IHHIIi", 20, kind, 0, 5, 0, body)
    assert list(netlink.answers(datagram)) == [netlink.Answer(5, error)]


def test_the_end_of_a_dump_may_say_nothing():
    assert list(netlink.answers(struct.pack("=IHHII", 16, 3, 0, 5, 0))) == [netlink.Answer(5, 0)]


@given(st.binary(max_size=60))
def test_other_bytes_are_refused_or_read_and_never_loop(data):
    for read in (netlink.attributes, lambda data: list(netlink.answers(data))):
        with contextlib.suppress(ValueError):
            read(data)


@pytest.mark.parametrize("length", [0, 3, 9])
def test_an_attribute_that_does_not_fit_is_no_attribute(length):
    with pytest.raises(ValueError, match="an attribute of"):
        netlink.attributes(struct.pack("=HHI", length, 1, 0))
    with pytest.raises(ValueError, match="a message of"):
        list(netlink.answers(struct.pack("=IHHII", length, 1, 0, 0, 0)))
