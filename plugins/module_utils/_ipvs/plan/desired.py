# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's parameters as desired state, and their problems as far as they do not depend on the kernel. Pure."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import Address, parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    FLAGS,
    HOST_MASK,
    LONGEST,
    Key,
    Place,
)

#: The names of a real server's parameters in the model, and their maximum values.
_SERVER_OPTIONS = {
    "forwarding_method": "method",
    "weight": "weight",
    "upper_threshold": "upper",
    "lower_threshold": "lower",
    "tunnel_type": "tunnel",
    "tunnel_port": "tunnel_port",
    "tunnel_checksum": "checksum",
}
_SERVER_RANGES = (
    ("port", 0, 65535),
    # Linux 6.1 takes thresholds up to 2^32 - 1, 7.2 refuses those above 2^31 - 1.
    ("upper_threshold", 0, 2**31 - 1),
    ("lower_threshold", 0, 2**31 - 1),
    ("tunnel_port", 1, 65535),
)
_DAEMON_OPTIONS = {"syncid": "syncid", "maxlen": "maxlen", "mcast_port": "port", "mcast_ttl": "ttl"}
_DAEMON_RANGES = (("syncid", 0, 255), ("mcast_port", 1, 65535), ("mcast_ttl", 1, 255))
#: The kernel's minimum for a backup daemon: it silently raises smaller values.
_SHORTEST_MESSAGE = {"master": 1, "backup": 1024}


class DesiredServer(NamedTuple):
    """A desired real server. ``options`` are those given, by their names in the model."""

    option: str
    place: Place
    options: Mapping[str, Any]
    state: str = "present"


class DesiredService(NamedTuple):
    """A desired virtual service. ``servers`` is None where they are not managed. ``flags`` are the names that were
    given for scheduler flags."""

    option: str
    key: Key
    options: Mapping[str, Any]
    servers: tuple[DesiredServer, ...] | None = None
    purge: bool = False
    state: str = "present"
    flags: tuple[str, ...] = ()


class DesiredDaemon(NamedTuple):
    """The daemons that should run, and the options given for them."""

    roles: tuple[str, ...]
    options: Mapping[str, Any]


class Desired(NamedTuple):
    """The desired state of the table. None is not managed."""

    services: tuple[DesiredService, ...] = ()
    purge: bool = False
    timeouts: Mapping[str, int] = {}
    daemons: DesiredDaemon | None = None


def desired_of(params: Mapping[str, Any]) -> Desired:
    """The parameters of ipvs_config as desired state. Raises InputError with all problems."""
    problems: list[Problem] = []
    services = [
        _service(f"virtual_servers[{index}].", given, problems)
        for index, given in enumerate(params["virtual_servers"] or ())
    ]
    if params["purge"] and params["virtual_servers"] is None:
        remedy = "List the virtual servers that stay; an empty list is a list too."
        problems.append(Problem("purge", True, "would remove every virtual server, as none is listed", remedy))
    timeouts = {name: value for name, value in (params["timeouts"] or {}).items() if value is not None}
    problems += _out_of_range("timeouts.", timeouts, [(name, 1, LONGEST) for name in timeouts])
    daemons = _daemons(params["sync_daemon"], problems) if params["sync_daemon"] else None
    return _checked(Desired(_known(services), params["purge"], timeouts, daemons), problems)


def desired_service_of(params: Mapping[str, Any]) -> Desired:
    """The parameters of ipvs_virtual_server as desired state. Raises InputError with all problems."""
    problems: list[Problem] = []
    return _checked(Desired(_known([_service("", params, problems)])), problems)


def _known(services: Sequence[DesiredService | None]) -> tuple[DesiredService, ...]:
    return tuple([service for service in services if service is not None])


def _checked(desired: Desired, problems: list[Problem]) -> Desired:
    seen: dict[Key, str] = {}
    for service in desired.services:
        problems += _twice(seen, service.key, str(service.key), service.option.rstrip("."))
        places: dict[Place, str] = {}
        for server in service.servers or ():
            problems += _twice(places, server.place, "{0} port {1}".format(*server.place), server.option)
    refuse(problems)
    return desired


def _twice(seen: dict[Any, str], key: Any, name: str, option: str) -> Iterator[Problem]:
    first = seen.setdefault(key, option)
    if first != option:
        yield Problem(option, name, f"is named by {first} already", "Name it once.")


def _service(prefix: str, given: Mapping[str, Any], problems: list[Problem]) -> DesiredService | None:
    """One virtual service. Where it cannot be identified: None, and a problem is added."""
    ranges = (("port", 0, 65535), ("fwmark", 1, 2**32 - 1), ("persistence_timeout", 0, LONGEST))
    found = list(_out_of_range(prefix, given, ranges))
    key = _key(prefix, given, found)
    options: dict[str, Any] = {}
    for name, option in (("scheduler", "scheduler"), ("persistence_engine", "engine")):
        word = given[name]
        if word is not None:
            options[option] = word
            known = word.replace("_", "").isalnum() and word.isascii() and len(word) <= 15
            if not known and (word or option == "scheduler"):
                remedy = "Give a name as the kernel's modules have it, such as wrr, or sip for an engine."
                found.append(Problem(prefix + name, word, "is not a name that the kernel could know", remedy))
    if given["flags"] is not None:
        options["flags"] = 0
        for flag in given["flags"]:
            options["flags"] |= FLAGS[flag]
    if given["persistence_timeout"] is not None:
        options["timeout"] = given["persistence_timeout"]
    if given["persistence_netmask"] is not None and key is not None:
        options["mask"] = _mask(prefix, given["persistence_netmask"], key.family, found)
    servers = None
    if given["real_servers"] is not None:
        port = key.port if key is not None else 0
        all_servers = [
            _server(f"{prefix}real_servers[{index}]", one, port, found)
            for index, one in enumerate(given["real_servers"])
        ]
        servers = tuple([server for server in all_servers if server is not None])
    elif given["purge_real_servers"]:
        remedy = "List the real servers that stay; an empty list is a list too."
        reason = "would remove every real server, as none is listed"
        found.append(Problem(prefix + "purge_real_servers", True, reason, remedy))
    problems += found
    if key is None or found:
        return None
    flags = tuple(given["flags"] or ())
    return DesiredService(prefix, key, options, servers, given["purge_real_servers"], given["state"], flags)


def _key(prefix: str, given: Mapping[str, Any], problems: list[Problem]) -> Key | None:
    address, fwmark, family = given["address"], given["fwmark"], given["family"]
    if fwmark is not None:
        for name in ("protocol", "address", "port"):
            if given[name] is not None:
                reason = "is ignored by the kernel for a firewall mark"
                problems.append(Problem(prefix + name, given[name], reason, "Leave it out, or leave fwmark out."))
        return Key(6 if family == "ipv6" else 4, fwmark=fwmark)
    for name in ("protocol", "address", "port"):
        if given[name] is None:
            remedy = "Give protocol, address and port, or fwmark."
            problems.append(Problem(prefix + name, None, "is missing", remedy))
    if address is None:
        return None
    found = _address(prefix + "address", address, problems)
    if found is None or given["protocol"] is None or given["port"] is None:
        return None
    if family is not None and family != f"ipv{found.family}":
        reason = f"is not the family of {found.host}"
        problems.append(Problem(prefix + "family", family, reason, "Leave it out: the address tells."))
    return Key(found.family, given["protocol"], found.host, given["port"])


def _server(option: str, given: Mapping[str, Any], port: int, problems: list[Problem]) -> DesiredServer | None:
    problems += _out_of_range(option + ".", given, _SERVER_RANGES)
    found = _address(option + ".address", given["address"], problems)
    if found is None:
        return None
    if given["port"] is not None:
        port = given["port"]
    options = {ours: given[name] for name, ours in _SERVER_OPTIONS.items() if given[name] is not None}
    return DesiredServer(option, (found.host, port), options, given["state"])


def _address(option: str, text: str, problems: list[Problem]) -> Address | None:
    found = parse_address(text)
    if found is None or found.prefix is not None:
        problems.append(
            Problem(option, text, "is not an address", "Give an IPv4 or IPv6 address without a prefix length.")
        )
        return None
    return found


def _mask(prefix: str, text: str, family: int, problems: list[Problem]) -> str:
    """A netmask for IPv4, which may be given as a prefix length; a prefix length for IPv6."""
    length = int(text) if text.isascii() and text.isdigit() else 0
    if family == 4 and 1 <= length <= 32:
        return socket.inet_ntoa((2**32 - 2 ** (32 - length)).to_bytes(4, "big"))
    if family == 6 and 1 <= length <= 128:
        return str(length)
    found = parse_address(text) if family == 4 else None
    if found is not None and found.family == 4 and found.prefix is None:
        return found.host
    reason = f"is not a netmask for IPv{family}"
    remedy = "Give one such as 255.255.255.0." if family == 4 else "Give a prefix length from 1 to 128."
    problems.append(Problem(prefix + "persistence_netmask", text, reason, remedy))
    return HOST_MASK[family]


def _daemons(given: Mapping[str, Any], problems: list[Problem]) -> DesiredDaemon:
    shortest = max([_SHORTEST_MESSAGE[role] for role in given["roles"]], default=1)
    problems += _out_of_range("sync_daemon.", given, (*_DAEMON_RANGES, ("maxlen", shortest, 65507)))
    options = {ours: given[name] for name, ours in _DAEMON_OPTIONS.items() if given[name] is not None}
    name = given["interface"]
    if name is not None:
        options["interface"] = name
        if not 0 < len(name) < 16 or not name.isascii() or any(one in "/:" or one <= " " for one in name):
            remedy = "Give a name such as eth1."
            problems.append(Problem("sync_daemon.interface", name, "is not the name of an interface", remedy))
    elif given["roles"]:
        remedy = "Name the interface that leads to the other directors."
        problems.append(Problem("sync_daemon.interface", None, "is missing", remedy))
    group = given["mcast_group"]
    if group is not None:
        found = parse_address(group)
        host = found.host if found is not None and found.prefix is None else ""
        options["group"] = host
        if not (host.startswith("ff") or 224 <= int(host.partition(".")[0] if "." in host else 0) < 240):
            remedy = "Give one such as 224.0.0.81, which is the kernel's default."
            problems.append(Problem("sync_daemon.mcast_group", group, "is not a multicast address", remedy))
    return DesiredDaemon(tuple(role for role in ("master", "backup") if role in given["roles"]), options)


def _out_of_range(prefix: str, given: Mapping[str, Any], ranges: Sequence[tuple[str, int, int]]) -> Iterator[Problem]:
    for name, low, high in ranges:
        value = given[name]
        if value is not None and (isinstance(value, bool) or not low <= value <= high):
            reason = f"is not between {low} and {high}"
            yield Problem(prefix + name, value, reason, f"Give a number from {low} to {high}")
