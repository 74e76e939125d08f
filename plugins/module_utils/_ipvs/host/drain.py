# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until real servers have no connections left."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import unreadable
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key, Place

_PAUSE = 0.2


def wait(channel: Channel, desired: Desired, seconds: int) -> None:
    """Poll until all drained servers have no connections. Raises EdgeError with what is left after ``seconds``."""
    limit = time.monotonic() + seconds
    while True:
        left = busy(channel, desired)
        if not left:
            return
        if time.monotonic() >= limit:
            words = ", ".join("{server} of {virtual_server} ({connections})".format(**one) for one in left)
            raise EdgeError(
                f"After {seconds} s, these real servers still have connections: {words}. They stay with "
                "weight 0, so they get no new connections. Give a longer drain_timeout, or remove them at "
                "once with state: absent.",
                real_servers=left,
            )
        time.sleep(_PAUSE)


def busy(channel: Channel, desired: Desired) -> list[dict[str, Any]]:
    """The drained servers that have connections.

    For TCP and SCTP, established connections count. For UDP the kernel has no such state, and behind a firewall mark
    there may be any protocol, so there all connections count until they time out.
    """
    left = []
    for key, places in _drained(desired).items():
        try:
            answers = list(channel.dump(messages.GET_SERVER, messages.key_body(key)))
        except OSError as error:
            raise unreadable(error) from error
        for answer in answers:
            server, found = messages.server_from(answer, key.family)
            counts = messages.connections_from(found)
            connections = counts["active_connections"]
            if key.protocol not in ("tcp", "sctp"):
                connections += counts["inactive_connections"]
            if connections and (places is None or server.place in places):
                left.append({"virtual_server": str(key), "server": str(server), "connections": connections})
    return left


def _drained(desired: Desired) -> dict[Key, set[Place] | None]:
    """Which servers are to be drained; None for all of a service."""
    found: dict[Key, set[Place] | None] = {}
    for one in desired.services:
        if one.state == "drained":
            found[one.key] = None
        elif one.state == "present":
            places = {server.place for server in one.servers or () if server.state == "drained"}
            if places:
                found[one.key] = places
    return found
