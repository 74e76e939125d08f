# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as data, in the terms of the modules' options; and separately the kernel's counters."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import unreadable
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    HOST_MASK,
    Daemon,
    Key,
    Server,
    Service,
    flag_names,
)


def described(service: Service) -> dict[str, Any]:
    """A virtual service as ipvs_virtual_server and ipvs_config accept it. Unused options are left out."""
    found = {**identity(service.key), "scheduler": service.scheduler}
    found["flags"] = flag_names(service.flags, service.scheduler)
    found["persistence_timeout"] = service.timeout
    if service.timeout and service.mask != HOST_MASK[service.key.family]:
        found["persistence_netmask"] = service.mask
    if service.engine:
        found["persistence_engine"] = service.engine
    found["real_servers"] = [_server(server) for server in service.servers.values()]
    return found


def identity(key: Key) -> dict[str, Any]:
    """The options that identify a virtual service."""
    if key.fwmark:
        return {"fwmark": key.fwmark, "family": f"ipv{key.family}"}
    return {"protocol": key.protocol, "address": key.address, "port": key.port}


def _server(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": server.address,
        "port": server.port,
        "forwarding_method": server.method,
        "weight": server.weight,
        "upper_threshold": server.upper,
        "lower_threshold": server.lower,
    }
    if server.method == "tun":
        found["tunnel_type"] = server.tunnel
        if server.tunnel_port:
            found["tunnel_port"] = server.tunnel_port
        found["tunnel_checksum"] = server.checksum
    return found


def daemon_described(daemon: Daemon) -> dict[str, Any]:
    """A sync daemon, with the values that the kernel has chosen."""
    names = ("role", "interface", "syncid", "maxlen", "mcast_group", "mcast_port", "mcast_ttl")
    return dict(zip(names, daemon))


def statistics(channel: Channel) -> list[dict[str, Any]]:
    """The kernel's counters for each virtual service and each of its real servers."""
    found = []
    try:
        for answer in list(channel.dump(messages.GET_SERVICE)):
            service = messages.service_from(answer)
            if service is not None:
                counters = messages.counters_from(messages.inside(answer))
                servers = _server_statistics(channel, service.key)
                found.append({**identity(service.key), **counters, "real_servers": servers})
    except OSError as error:
        raise unreadable(error) from error
    return found


def _server_statistics(channel: Channel, key: Key) -> list[dict[str, Any]]:
    found = []
    for answer in reversed(list(channel.dump(messages.GET_SERVER, messages.key_body(key)))):
        server, more = messages.server_from(answer, key.family)
        counters = {**messages.connections_from(more), **messages.counters_from(more)}
        found.append({"address": server.address, "port": server.port, **counters})
    return found
