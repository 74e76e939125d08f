# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes the kernel's table, and explains what it refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import read_services
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.batches import Batch, Order, Revert, Start, Stop
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key, Service, Timeouts

_SERVICES = {"new": messages.NEW_SERVICE, "set": messages.SET_SERVICE, "del": messages.DEL_SERVICE}
_SERVERS = {"new": messages.NEW_SERVER, "set": messages.SET_SERVER, "del": messages.DEL_SERVER}

_MEANWHILE = "Another program changes the IPVS table at the same time. Run again to plan with the current content."
_ROOT = "Only root may change the IPVS table: run with become: true (in a container, with NET_ADMIN)."
#: The meanings of the kernel's errors, with a remedy.
_SERVICE_ERRORS = {
    errno.EEXIST: f"it exists already. {_MEANWHILE}",
    errno.ESRCH: f"it no longer exists. {_MEANWHILE}",
    errno.ENOENT: "its scheduler, or its persistence engine, is unknown to this kernel. Correct the name, or install "
    "the kernel's modules.",
}
_SERVER_ERRORS = {
    errno.EEXIST: f"it exists already. {_MEANWHILE}",
    errno.ENOENT: f"it no longer exists. {_MEANWHILE}",
    errno.ESRCH: f"its virtual server no longer exists. {_MEANWHILE}",
    errno.EINVAL: "it is not the address of one host here (a broadcast address?), or of another family than the "
    "virtual server's while a sync daemon runs.",
}
_OTHER_ERRORS = {
    errno.ENODEV: "there is no such interface, or it is down. Name one that is there and up.",
    errno.EEXIST: f"it runs already. {_MEANWHILE}",
    errno.ESRCH: f"it no longer runs. {_MEANWHILE}",
    errno.EADDRNOTAVAIL: "the interface has no address of the multicast group's family. Give it one.",
}


def execute(channel: Channel, change: Any) -> None:
    """Carry out a step. A batch that fails is reverted as a whole. Raises EdgeError or ApplyError."""
    if isinstance(change, Batch):
        try:
            failed = channel.order(requests(change.orders))
        except BaseException as error:
            _revert_unanswered(channel, change, error)
            raise
        if failed:
            _revert_sent(channel, change, failed)
    elif isinstance(change, Revert):
        orders = [order for revert in reversed(change.revert) for order in revert]
        failed = channel.order(requests(orders))
        if failed:
            raise _refused_order(orders[min(failed)], failed[min(failed)])
    elif isinstance(change, Timeouts):
        words = "timeouts {0}, {1} and {2} s".format(*change)
        _tell(channel, messages.SET_TIMEOUTS, messages.timeouts_body(change), words)
    elif isinstance(change, (Start, Stop)):
        start = isinstance(change, Start)
        command = messages.NEW_DAEMON if start else messages.DEL_DAEMON
        words = f"to {'start' if start else 'stop'} the {change.daemon.role} sync daemon on {change.daemon.interface}"
        _tell(channel, command, messages.daemon_body(change.daemon, start), words)


def keys(change: Any) -> set[Key]:
    """The services that a change touches."""
    if isinstance(change, Batch):
        return {order.service.key for order in change.orders}
    if isinstance(change, Revert):
        return {order.service.key for revert in change.revert for order in revert}
    return set()


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


def _revert_sent(channel: Channel, batch: Batch, failed: dict[int, int]) -> None:
    """Revert the successful orders of a failed batch: all that were sent up to the first failure, without other
    failures."""
    first = min(failed)
    error = _refused_order(batch.orders[first], failed[first])
    sent = channel.sent_with(first, len(batch.orders))
    _undo(channel, batch, [index for index in range(sent) if index not in failed], error)
    raise error


def _revert_unanswered(channel: Channel, batch: Batch, error: BaseException) -> None:
    """Revert the orders of a batch that the table shows as applied, where the kernel's answers were lost."""
    try:
        now = read_services(channel, keys(batch))
        _undo(channel, batch, [index for index, order in enumerate(batch.orders) if _is_done(order, now)], error)
    except ApplyError:
        raise
    except EdgeError as failure:
        raise ApplyError(error, [failure]) from error


def _is_done(order: Order, now: Mapping[Key, Service]) -> bool:
    verb, service, server = order
    there = now.get(service.key)
    if server is None:
        return there is not None and (verb == "new" or there[:-1] == service[:-1]) if verb != "del" else there is None
    found = there.servers.get(server.place) if there is not None else None
    return found == server if verb != "del" else found is None


def _undo(channel: Channel, batch: Batch, done: Sequence[int], error: BaseException) -> None:
    """Revert these orders of a batch, the last first. Raises ApplyError, with ``error``, for orders that cannot be
    reverted."""
    orders = [order for index in reversed(done) for order in batch.revert[index]]
    wrong = channel.order(requests(orders))
    if wrong:
        raise ApplyError(error, [_refused_order(orders[index], number) for index, number in wrong.items()])


def _refused_order(order: Order, number: int) -> EdgeError:
    service, server = order.service, order.server
    if server is not None:
        return _refused(f"real server {server} of {service.key}", number, _SERVER_ERRORS)
    return _refused(f"virtual server {service.key} ({service.scheduler})", number, _SERVICE_ERRORS)


def _refused(what: str, number: int, meanings: dict[int, str]) -> EdgeError:
    """The kernel's errno as an error message."""
    if number in (errno.EPERM, errno.EACCES):
        return EdgeError(_ROOT)
    reason = meanings.get(number, f"{os.strerror(number)}.")
    return EdgeError(f"The kernel refuses {what}: {reason} What this run had changed was reverted.")


def _tell(channel: Channel, command: int, body: bytes, what: str) -> None:
    failed = channel.order([(command, body)])
    if failed:
        raise _refused(what, failed[0], _OTHER_ERRORS)
