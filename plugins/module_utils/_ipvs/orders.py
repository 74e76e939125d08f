# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the kernel to change the table, and say in words what it refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError, InputError, Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.model import Key, Timeouts
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.planner import Back, Batch, Order, Start, Stop

_SERVICES = {"new": messages.NEW_SERVICE, "set": messages.SET_SERVICE, "del": messages.DEL_SERVICE}
_SERVERS = {"new": messages.NEW_SERVER, "set": messages.SET_SERVER, "del": messages.DEL_SERVER}


def execute(channel: Channel, deed: Any) -> None:
    """Carry out what a step says. Of a batch that fails nothing stays."""
    if isinstance(deed, Batch):
        failed = channel.order(requests(deed.orders))
        if failed:
            _take_back(channel, deed, failed)
    elif isinstance(deed, Back):
        orders = [order for undo in reversed(deed.undo) for order in undo]
        failed = channel.order(requests(orders))
        if failed:
            raise refusal(orders[min(failed)], failed[min(failed)])
    elif isinstance(deed, Timeouts):
        _ask(channel, messages.SET_TIMEOUTS, messages.timeouts_body(deed), "timeouts", str(list(deed)))
    elif isinstance(deed, (Start, Stop)):
        start = isinstance(deed, Start)
        command = messages.NEW_DAEMON if start else messages.DEL_DAEMON
        _ask(channel, command, messages.daemon_body(deed.daemon, start), "sync_daemon", deed.daemon.interface)


def requests(orders: Sequence[Order]) -> list[tuple[int, bytes]]:
    """Orders as the kernel's commands and their bodies."""
    bodies: dict[Key, bytes] = {}
    found = []
    for verb, service, server in orders:
        body = bodies.get(service.key)
        if body is None:
            body = bodies[service.key] = messages.key_body(service.key)
        if server is not None:
            found.append((_SERVERS[verb], messages.server_body(body, server, verb != "del")))
        else:
            found.append((_SERVICES[verb], body if verb == "del" else messages.service_body(service)))
    return found


def _take_back(channel: Channel, batch: Batch, failed: dict[int, int]) -> None:
    """Undo what of a batch went well: all that was sent with the first failure or before it, but for other failures."""
    first = min(failed)
    error = refusal(batch.orders[first], failed[first])
    sent = channel.sent_with(first, len(batch.orders))
    orders = [order for index in range(sent - 1, -1, -1) if index not in failed for order in batch.undo[index]]
    wrong = channel.order(requests(orders))
    if wrong:
        raise ApplyError(error, [refusal(orders[index], number) for index, number in wrong.items()])
    raise error


def refusal(order: Order, number: int) -> EdgeError:
    """The kernel's errno for an order, in words."""
    service, server = order.service, order.server
    if number == errno.EPERM:
        return EdgeError("Only root may change the IPVS table: run with become: true (in a container, with NET_ADMIN).")
    if number in (errno.EEXIST, errno.ESRCH, errno.ENOENT) and (server is not None or number != errno.ENOENT):
        there = "is there already" if number == errno.EEXIST else "is gone"
        what = f"real server {server} of {service.key}" if server is not None else str(service.key)
        return EdgeError(
            f"{what} {there}: someone else changes the IPVS table at the same time. What this run had changed was "
            "taken back. Run again to plan on what is there now."
        )
    place = f"virtual_servers[{service.key}]"
    if server is not None and number == errno.EINVAL and order.verb == "new":
        reason = "is not taken by the kernel: it is no unicast address here (a broadcast address, no route)"
        remedy = "Give the address of one host; for another family than the virtual server's, use tun without a sync daemon"
        return InputError([Problem(f"{place}.real_servers.address", server.address, reason, remedy)])
    if server is None and number == errno.ENOENT:
        option, value = ("persistence_engine", service.engine) if service.engine else ("scheduler", service.scheduler)
        reason = f"is unknown to the kernel: there is no {service.scheduler} or no {service.engine}" if service.engine else (
            "is unknown to the kernel"
        )
        return InputError([Problem(f"{place}.{option}", value, reason, "Correct it, or install the module that brings it")])
    what = f"real server {server} of {service.key}" if server is not None else str(service.key)
    return EdgeError(f"The kernel refuses {what} as it shall be: {os.strerror(number)}.")


def _ask(channel: Channel, command: int, body: bytes, option: str, value: str) -> None:
    try:
        channel.ask(command, body)
    except OSError as error:
        reasons = {
            errno.ENODEV: ("is no interface of this host", "Name one that is there and up"),
            errno.EEXIST: ("runs already: someone else started it", "Run again to plan on what is there now"),
            errno.ESRCH: ("runs no more: someone else stopped it", "Run again to plan on what is there now"),
            errno.EPERM: ("may be changed by root only", "Run with become: true"),
            errno.EADDRNOTAVAIL: ("has no address of the multicast group's family", "Give the interface an address"),
        }
        text = os.strerror(error.errno or 0)
        reason, remedy = reasons.get(
            error.errno or 0, (f"is not taken by the kernel: {text}", "Give an interface that is up, or other values")
        )
        raise InputError([Problem(option, value, reason, remedy)]) from error
