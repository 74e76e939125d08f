# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS table as netlink attributes, packing and unpacking. Pure. The numbers are those of
include/uapi/linux/ip_vs.h."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Mapping

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.wire import attribute, attributes, nested
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    CHECKSUMS,
    HOST_MASK,
    MANAGED,
    METHODS,
    PERSISTENT,
    PROTOCOLS,
    ROLES,
    TUNNELS,
    Daemon,
    Key,
    Server,
    Service,
    Timeouts,
)

#: The name of the family, and its commands.
FAMILY = "IPVS"
NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE = 1, 2, 3, 4
NEW_SERVER, SET_SERVER, DEL_SERVER, GET_SERVER = 5, 6, 7, 8
NEW_DAEMON, DEL_DAEMON, GET_DAEMON = 9, 10, 11
SET_TIMEOUTS, GET_TIMEOUTS = 12, 13
_SERVICE, _SERVER, _DAEMON = 1, 2, 3

_AF: dict[int, int] = {4: socket.AF_INET, 6: socket.AF_INET6}
_FAMILY_OF = {number: family for family, number in _AF.items()}
_PROTOCOL_OF = {number: name for name, number in PROTOCOLS.items()}
_METHOD_OF = {number: name for name, number in METHODS.items()}
_TUNNEL_OF = {number: name for name, number in TUNNELS.items()}
_CHECKSUM_OF = {number: name for name, number in CHECKSUMS.items()}
_ROLE_OF = {number: name for name, number in ROLES.items()}
_U16, _U32, _PAIR = struct.Struct("=H"), struct.Struct("=I"), struct.Struct("=II")
_PORT = struct.Struct("!H")
_NO_U32 = b"\0\0\0\0"


def key_attributes(key: Key) -> list[tuple[int, bytes]]:
    """The attributes that identify a service."""
    family = (1, _U16.pack(_AF[key.family]))
    if key.fwmark:
        return [family, (5, _U32.pack(key.fwmark))]
    return [
        family,
        (2, _U16.pack(PROTOCOLS[key.protocol])),
        (3, _address(key.family, key.address)),
        (4, _PORT.pack(key.port)),
    ]


def key_body(key: Key) -> bytes:
    """The body of a request about an existing service."""
    return nested(_SERVICE, key_attributes(key))


def service_body(service: Service) -> bytes:
    """The body of a request that adds or changes a service."""
    flags = service.flags | (PERSISTENT if service.timeout else 0)
    family = service.key.family
    mask = socket.inet_aton(service.mask) if family == 4 else _U32.pack(int(service.mask))
    more = [
        (6, service.scheduler.encode() + b"\0"),
        (7, _PAIR.pack(flags, MANAGED)),
        (8, _U32.pack(service.timeout)),
        (9, mask),
    ]
    if service.engine:
        more.append((11, service.engine.encode() + b"\0"))
    return nested(_SERVICE, key_attributes(service.key) + more)


def server_body(service: bytes, server: Server, whole: bool = True) -> bytes:
    """The body of a request about a real server. ``service`` is the result of key_body. ``whole``: it is added or
    changed."""
    family = 6 if ":" in server.address else 4
    parts = [
        (1, _address(family, server.address)),
        (2, _PORT.pack(server.port)),
        (11, _U16.pack(_AF[family])),
    ]
    if whole:
        parts += [
            (3, _U32.pack(METHODS[server.method])),
            (4, _U32.pack(server.weight)),
            (5, _U32.pack(server.upper)),
            (6, _U32.pack(server.lower)),
        ]
        if server.method == "tun":
            parts += [
                (13, bytes((TUNNELS[server.tunnel],))),
                (14, _PORT.pack(server.tunnel_port)),
                (15, _U16.pack(CHECKSUMS[server.checksum])),
            ]
    return service + nested(_SERVER, parts)


def timeouts_body(timeouts: Timeouts) -> bytes:
    """The body of a request that sets the timeouts."""
    return b"".join([attribute(number, _U32.pack(value)) for number, value in enumerate(timeouts, 4)])


def daemon_body(daemon: Daemon, whole: bool = True) -> bytes:
    """The body of a request that starts a daemon, or without ``whole`` stops it."""
    parts = [(1, _U32.pack(ROLES[daemon.role]))]
    if whole:
        parts += [(2, daemon.interface.encode() + b"\0"), (3, _U32.pack(daemon.syncid))]
        if daemon.maxlen:
            parts.append((4, _U16.pack(daemon.maxlen)))
        if daemon.group:
            family = 6 if ":" in daemon.group else 4
            parts.append((5 if family == 4 else 6, _packed(family, daemon.group)))
        if daemon.port:
            parts.append((7, _U16.pack(daemon.port)))
        if daemon.ttl:
            parts.append((8, bytes((daemon.ttl,))))
    return nested(_DAEMON, parts)


def inside(answer: bytes) -> dict[int, bytes]:
    """The attributes of a service."""
    return attributes(attributes(answer)[_SERVICE])


def service_from(answer: bytes) -> Service | None:
    """A service without its servers; None where its protocol is not supported here."""
    found = inside(answer)
    family = _FAMILY_OF[_u16(found[1])]
    if 5 in found:
        key = Key(family, fwmark=_u32(found[5]))
    else:
        protocol = _PROTOCOL_OF.get(_u16(found[2]))
        if protocol is None:
            return None
        key = Key(family, protocol, _host(family, found[3]), _PORT.unpack(found[4])[0])
    flags = _PAIR.unpack(found[7])[0]
    timeout = _u32(found[8]) if flags & PERSISTENT else 0
    mask = HOST_MASK[family]
    if timeout:
        mask = socket.inet_ntoa(found[9]) if family == 4 else str(_u32(found[9]))
    engine = _text(found[11]) if 11 in found else ""
    return Service(key, _text(found[6]), flags & MANAGED & ~PERSISTENT, timeout, mask, engine)


def server_from(answer: bytes, family: int) -> tuple[Server, dict[int, bytes]]:
    """A real server, and all its attributes. ``family`` is its service's; kernels before 3.18 do not send it."""
    found = attributes(attributes(answer)[_SERVER])
    if 11 in found:
        family = _FAMILY_OF[_u16(found[11])]
    method = _METHOD_OF.get(_u32(found[3]) & 7, "unknown")
    address, port = _host(family, found[1]), _PORT.unpack(found[2])[0]
    weight, upper, lower = _u32(found[4]), _u32(found[5]), _u32(found[6])
    if method == "tun" and 13 in found:
        tunnel = _TUNNEL_OF.get(found[13][0], "unknown")
        checksum = _CHECKSUM_OF.get(_u16(found[15]), "unknown")
        tunnel_port = _PORT.unpack(found[14])[0] if tunnel == "gue" else 0
        return Server(address, port, method, weight, upper, lower, tunnel, tunnel_port, checksum), found
    return Server(address, port, method, weight, upper, lower), found


def timeouts_from(answer: bytes) -> Timeouts:
    """The timeouts."""
    found = attributes(answer)
    return Timeouts(*[_u32(found.get(number, _NO_U32)) for number in (4, 5, 6)])


def daemon_from(answer: bytes) -> Daemon:
    """A running daemon."""
    found = attributes(attributes(answer)[_DAEMON])
    return Daemon(
        _ROLE_OF[_u32(found[1])],
        _text(found[2]),
        _u32(found[3]),
        _u16(found[4]) if 4 in found else 0,
        _host(4, found[5]) if 5 in found else _host(6, found[6]) if 6 in found else "",
        _u16(found[7]) if 7 in found else 0,
        found[8][0] if 8 in found else 0,
    )


#: The counters of a service or server, by their names in a result; rates are per second.
COUNTERS = (
    "connections",
    "incoming_packets",
    "outgoing_packets",
    "incoming_bytes",
    "outgoing_bytes",
    "connection_rate",
    "incoming_packet_rate",
    "outgoing_packet_rate",
    "incoming_byte_rate",
    "outgoing_byte_rate",
)


def counters_from(found: Mapping[int, bytes]) -> dict[str, int]:
    """The counters of a service; the 64-bit ones where the kernel has them (since 4.1)."""
    values = attributes(found.get(12, found.get(10, b"")))
    return {
        name: int.from_bytes(values[number], sys.byteorder)
        for number, name in enumerate(COUNTERS, 1)
        if number in values
    }


def connections_from(found: Mapping[int, bytes]) -> dict[str, int]:
    """A server's number of connections: active, inactive, and clients that persistence binds to it."""
    names = ("active_connections", "inactive_connections", "persistent_connections")
    return {name: _u32(found[number]) for number, name in enumerate(names, 7)}


def _address(family: int, address: str) -> bytes:
    return _packed(family, address).ljust(16, b"\0")


def _packed(family: int, address: str) -> bytes:
    return socket.inet_pton(_AF[family], address)


def _host(family: int, value: bytes) -> str:
    return socket.inet_ntop(_AF[family], value[: 4 if family == 4 else 16])


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("ascii", "replace")


def _u16(value: bytes) -> int:
    number: int = _U16.unpack(value[:2])[0]
    return number


def _u32(value: bytes) -> int:
    number: int = _U32.unpack(value[:4])[0]
    return number
