# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the kernel's IPVS table of this network namespace."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel, NoFamily
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key, Service, Table

#: Exists as soon as the kernel has loaded IPVS. Asking for the family by name would make the kernel load it.
_SIGN = "/proc/net/ip_vs"


def connect(load: bool = False) -> Channel | None:
    """A channel to IPVS; None where the kernel does not have it or, without ``load``, has not loaded it yet."""
    if not load and not os.path.exists(_SIGN):
        return None
    try:
        return Channel(messages.FAMILY)
    except NoFamily:
        return None


def read_table(channel: Channel, services: Mapping[Key, Service] | None = None) -> Table:
    """The whole table; ``services``, where given, are used instead of reading them."""
    try:
        if services is None:
            services = _all_services(channel)
        (timeouts,) = channel.ask(messages.GET_TIMEOUTS)
        daemons = [messages.daemon_from(answer) for answer in channel.dump(messages.GET_DAEMON)]
    except OSError as error:
        raise unreadable(error) from error
    return Table(services, messages.timeouts_from(timeouts), {daemon.role: daemon for daemon in daemons})


def _all_services(channel: Channel) -> dict[Key, Service]:
    """All services, those with a firewall mark last. The kernel's own order is that of a hash, which may differ at each
    boot."""
    answers = list(channel.dump(messages.GET_SERVICE))
    services = [service for service in map(messages.service_from, answers) if service is not None]
    services.sort(key=lambda service: (service.key.fwmark, service.key))
    return {service.key: _with_servers(channel, service) for service in services}


def read_services(channel: Channel, keys: Iterable[Key]) -> dict[Key, Service]:
    """Those of some services that exist."""
    services: dict[Key, Service] = {}
    try:
        for key in keys:
            answer = _service(channel, key)
            service = messages.service_from(answer) if answer is not None else None
            if service is not None:
                services[key] = _with_servers(channel, service)
    except OSError as error:
        raise unreadable(error) from error
    return services


def _service(channel: Channel, key: Key) -> bytes | None:
    try:
        return channel.ask(messages.GET_SERVICE, messages.key_body(key))[0]
    except OSError as error:
        if error.errno == errno.ESRCH:
            return None
        raise


def _with_servers(channel: Channel, service: Service) -> Service:
    """The kernel lists the newest server first; this restores the order in which they were added."""
    family = service.key.family
    answers = list(channel.dump(messages.GET_SERVER, messages.key_body(service.key)))
    servers = [messages.server_from(answer, family)[0] for answer in reversed(answers)]
    return service._replace(servers={server.place: server for server in servers})


def unreadable(error: OSError) -> EdgeError:
    """The error that the table cannot be read."""
    if error.errno in (errno.EPERM, errno.EACCES):
        return EdgeError("Only root may read the IPVS table: run with become: true (in a container, with NET_ADMIN).")
    return EdgeError(f"The IPVS table cannot be read: {os.strerror(error.errno or 0)}.")
