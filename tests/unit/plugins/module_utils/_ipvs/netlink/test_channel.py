# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel where nobody answers. What the kernel answers is tested in a kernel (tests/kernel)."""

from __future__ import annotations

import socket
import struct
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.batches import Batch, Order, Stop
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import apply as orders
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Daemon, Key, Service


@pytest.fixture
def silent():
    """A channel to somebody who listens and says nothing."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel = Channel.__new__(Channel)
    channel.socket, channel.sequence, channel.family = near, 0, 16
    near.settimeout(0.01)
    with near, far:
        yield channel


@pytest.mark.parametrize(
    "ask",
    [
        lambda channel: channel.ask(1),
        lambda channel: channel.order([(1, b"")]),
        lambda channel: orders.execute(channel, Stop(Daemon("master", "eth0"))),
    ],
)
def test_no_answer_is_said_in_words(silent, ask):
    with pytest.raises(EdgeError, match=r"did not answer in 0\.01 seconds"):
        ask(silent)


@pytest.fixture
def mute():
    """A channel to somebody who says yes to messages that order nothing, and is silent about orders."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel = Channel.__new__(Channel)
    channel.socket, channel.sequence, channel.family = near, 0, 16
    near.settimeout(20)

    def listen():
        while said := far.recv(1 << 20):
            offset = 0
            while offset < len(said):
                length, kind, _flags, sequence, _port = struct.unpack_from("=IHHII", said, offset)
                offset += length
                if kind == netlink.NOTHING:
                    far.send(struct.pack("=IHHIIi16x", 36, netlink.ERROR, 0, sequence, 0, 0))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield channel
    near.shutdown(socket.SHUT_RDWR)
    near.close()


def test_a_batch_that_gets_no_answer_at_all(silent):
    key = Key(4, "tcp", "10.0.0.1", 80)
    batch = Batch((Order("new", Service(key)),), ((Order("del", Service(key)),),))
    with pytest.raises(ApplyError, match=r"(?s)did not answer.*Restoring the previous state failed too:.*not answer"):
        orders.execute(silent, batch)


def test_an_order_without_an_answer_is_over_when_what_follows_it_has_one(mute):
    """The kernel says nothing of a daemon that it stops before the daemon ever ran."""
    assert mute.order([(1, b"")] * 300) == {}
    orders.execute(mute, Stop(Daemon("master", "eth0")))
