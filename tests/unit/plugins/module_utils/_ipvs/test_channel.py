# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel where nobody answers. What the kernel answers is tested in a kernel (tests/kernel)."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import orders
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.model import Daemon
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.planner import Stop


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
