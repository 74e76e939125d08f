# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a director sends a client that uses its source port again, by direct routing, while the kernel remembers the
connection before: for two minutes, as one that is just ending (FIN_WAIT), since it sees no answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import director_parameters

from .test_traffic import SERVERS, VIP, WEB, inside, lan, real  # noqa: F401 - lan is a fixture

PORTS = range(40000, 40006)


def _of_the_role(name):
    return director_parameters(serves_too=False)[f"net.ipv4.vs.{name}"]


def _connect(port):
    """A connection from that port, which the server closes first; the server's name."""
    with inside("client"):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.settimeout(20)
        connection.bind(("", port))
        connection.connect((VIP, 80))
        name = connection.recv(100).decode()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b""
    return name


@pytest.mark.parametrize(
    ("mode", "expire", "drained_is_reached"),
    [
        (1, 0, True),  # the kernel's own defaults
        (0, 0, True),
        (2, 0, False),
        (3, 0, False),
        (0, 1, False),
        (1, 1, False),
        (_of_the_role("conn_reuse_mode"), _of_the_role("expire_nodest_conn"), False),
    ],
)
def test_a_port_that_is_used_again(table, lan, mode, expire, drained_is_reached):  # noqa: F811 - the fixture
    lan.serve("dr")
    table.config(virtual_servers=[{**WEB, "scheduler": "rr", "real_servers": real()}])
    parameters = Path("/proc/sys/net/ipv4/vs")
    (parameters / "conn_reuse_mode").write_text(str(mode))
    (parameters / "expire_nodest_conn").write_text(str(expire))
    first = {port: _connect(port) for port in PORTS}
    drained = first[PORTS[0]]
    table.virtual_server(**WEB, real_servers=[{"address": SERVERS[drained], "weight": 0}])
    again = [_connect(port) for port in PORTS if first[port] == drained]
    assert len(again) == 2
    assert [name == drained for name in again] == [drained_is_reached] * 2
