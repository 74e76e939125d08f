# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel to the one family that every kernel has: the controller of generic netlink itself."""

from __future__ import annotations

import errno
import sys

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import netlink
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.channel import Channel, NoFamily

GET_FAMILY = netlink.GET_FAMILY


def named(name):
    return netlink.attribute(netlink.FAMILY_NAME, name.encode() + b"\0")


@pytest.fixture
def channel():
    with Channel("nlctrl") as found:
        yield found


def test_questions_and_dumps(channel):
    assert channel.family == netlink.CONTROLLER
    (answer,) = channel.ask(GET_FAMILY, named("nlctrl"))
    assert int.from_bytes(netlink.attributes(answer)[netlink.FAMILY_ID], sys.byteorder) == netlink.CONTROLLER
    families = [netlink.attributes(one)[netlink.FAMILY_NAME] for one in channel.dump(GET_FAMILY)]
    assert b"nlctrl\0" in families
    # What nobody waited for disturbs nobody.
    channel.dump(GET_FAMILY).__next__()
    assert len(channel.ask(GET_FAMILY, named("nlctrl"))) == 1


def test_a_family_that_is_not_there():
    with pytest.raises(NoFamily, match="does not have nothing_at_all"):
        Channel("nothing_at_all")


def test_an_error_is_an_oserror(channel):
    with pytest.raises(OSError) as error:
        channel.ask(GET_FAMILY, named("nothing_at_all"))
    assert error.value.errno == errno.ENOENT
    with pytest.raises(OSError) as error:
        channel.ask(99)
    assert error.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300])
def test_which_orders_failed(channel, count):
    """The kernel carries out a datagram to its end, and no datagram follows one in which something failed."""
    good, bad = (GET_FAMILY, named("nlctrl")), (99, b"")
    assert channel.order([good] * count) == {}
    for index in {0, count // 2, count - 1} & set(range(count)):
        orders = [good] * count
        orders[index] = bad
        assert channel.order(orders) == {index: errno.EOPNOTSUPP}
    sent = channel.sent_with(0, count)
    assert channel.order([bad] * count) == dict.fromkeys(range(sent), errno.EOPNOTSUPP)
    assert channel.ask(GET_FAMILY, named("nlctrl"))


def test_no_netlink_at_all(monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr("socket.socket", refuse)
    with pytest.raises(EdgeError, match="No netlink here"):
        Channel("nlctrl")
