# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as the kernel's attributes, both ways. That the kernel reads the same in them is tests/kernel's to show."""

from __future__ import annotations

import socket
import struct

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    HOST_MASK,
    Daemon,
    Key,
    Server,
    Service,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.data())
def test_a_table_comes_back(any_table, data):
    table = data.draw(any_table)
    for key, service in table.services.items():
        assert messages.service_from(messages.service_body(service)) == service._replace(servers={})
        for server in service.servers.values():
            body = messages.server_body(messages.key_body(key), server)
            assert messages.server_from(body, key.family)[0] == server
    assert messages.timeouts_from(messages.timeouts_body(table.timeouts)) == table.timeouts
    for daemon in table.daemons.values():
        assert messages.daemon_from(messages.daemon_body(daemon)) == daemon


def test_a_daemon_with_the_kernels_own_choices():
    daemon = Daemon("master", "eth1")
    assert messages.daemon_from(messages.daemon_body(daemon)) == daemon
    assert netlink.attributes(netlink.attributes(messages.daemon_body(daemon, whole=False))[3]) == {1: b"\1\0\0\0"}


def test_attributes_are_those_of_the_kernels_headers():
    """As ipvsadm sent them for -A -t 10.0.0.1:80 -s rr -p 60 -o (but for the order), seen with strace."""
    key = Key(4, "tcp", "10.0.0.1", 80)
    body = messages.service_body(Service(key, "rr", 4, 60))
    assert netlink.attributes(netlink.attributes(body)[1]) == {
        1: b"\2\0",
        2: b"\6\0",
        3: b"\n\0\0\1" + bytes(12),
        4: b"\0P",
        6: b"rr\0",
        7: b"\5\0\0\0=\0\0\0",
        8: b"<\0\0\0",
        9: b"\xff\xff\xff\xff",
    }


def test_a_protocol_that_nobody_knows_is_passed_over():
    attributes = [(1, struct.pack("=H", socket.AF_INET)), (2, struct.pack("=H", 51))]
    assert messages.service_from(netlink.nested(1, attributes)) is None


def test_a_server_of_a_kernel_without_families_and_tunnels():
    body = messages.server_body(messages.key_body(Key(6, fwmark=1)), Server("fd00::1", 80, "tun"))
    found = {number: value for number, value in netlink.attributes(netlink.attributes(body)[2]).items() if number < 11}
    old = netlink.nested(2, found.items())
    assert messages.server_from(old, 6)[0] == Server("fd00::1", 80, "tun")


def test_what_a_kernel_to_come_may_say_is_read_too():
    body = netlink.nested(2, [(1, bytes(16)), (2, b"\0P"), (3, b"\7\0\0\0"), *((n, bytes(4)) for n in (4, 5, 6))])
    assert messages.server_from(body, 4)[0].method == "unknown"
    assert HOST_MASK[4] == "255.255.255.255"


def test_counters_of_64_bits_come_first():
    def stats(number):
        return netlink.attribute(1, number.to_bytes(8, "little"))

    assert messages.counters_from({10: stats(1), 12: stats(2**33)}) == {"connections": 2**33}
    assert messages.counters_from({10: stats(1)}) == {"connections": 1}
    assert messages.counters_from({}) == {}
