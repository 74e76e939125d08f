# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VIP says that leads to real servers through the kernel (IPVS, direct routing) instead of through HAProxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.lvs_words import VIRTUAL_SERVER_ARGUMENTS

PROFILE = "ipvs"

#: The keys of a VIP that are about this, and those that are about HAProxy.
KEYS = ("ports", "check", "virtual_server")
HAPROXY_KEYS = ("endpoint", "backend_port", "nodes", "maxconn", "frontend", "backend")

#: How a real server is asked whether it serves, where the VIP says nothing else. Traefik answers at /ping.
CHECK = {"type": "http", "path": "/ping", "status": "200"}
CHECK_TYPES = ("http", "https", "tcp")
CHECK_KEYS = (*CHECK, "port", "host")

#: What direct routing fixes: the address and the ports are the VIP's, and packets go unchanged to the real server.
FIXED = ("address", "port", "fwmark", "group", "family", "forwarding_method", "real_servers")


class Directed(NamedTuple):
    """The real servers by host name, the ports, how they are checked (``CHECK_KEYS``), and options of every virtual
    server by hand, in the words of keepalived_virtual_server."""

    servers: tuple[str, ...]
    ports: tuple[int, ...]
    check: Mapping[str, Any]
    virtual_server: Mapping[str, Any]


def directed(path: str, entry: Mapping[str, Any], servers: tuple[str, ...], problems: list[Problem]) -> Directed | None:
    """What an entry of ``k8s_edge_vips`` says of it; None where it has another profile."""
    if entry.get("profile") != PROFILE:
        for key in KEYS:
            if key in entry:
                problems.append(Problem(f"{path}.{key}", entry[key], "goes with profile ipvs only", "Leave it out."))
        return None
    before = len(problems)
    problems.extend(_faults(path, entry, servers))
    if len(problems) > before:
        return None
    check = {**CHECK, **(entry.get("check") or {})}
    ports = tuple(int(port) for port in _ports(entry))
    return Directed(servers, ports, {"port": ports[0], **check}, entry.get("virtual_server") or {})


def _ports(entry: Mapping[str, Any]) -> Sequence[Any]:
    ports = entry.get("ports")
    return [entry.get("port")] if ports is None else ports


def _faults(path: str, entry: Mapping[str, Any], servers: Sequence[str]) -> Iterator[Problem]:
    for key in HAPROXY_KEYS:
        if key in entry:
            yield Problem(
                f"{path}.{key}", entry[key], "is about HAProxy, which profile ipvs has none of", "Leave it out."
            )
    if not servers:
        remedy = "Name the group of hosts that serve it: they get its address on loopback."
        yield Problem(f"{path}.leads_to", entry.get("leads_to"), "names no real servers", remedy)
    ports = _ports(entry)
    if not isinstance(ports, Sequence) or isinstance(ports, str) or not ports:
        yield Problem(f"{path}.ports", ports, "is not a list of ports", "Write for example [80, 443].")
    elif len({str(port) for port in ports}) < len(ports):
        yield Problem(f"{path}.ports", list(ports), "has a port twice", "Name each once.")
    else:
        option = "port" if entry.get("ports") is None else "ports"
        for port in ports:
            if not _is_port(port):
                remedy = "Give a number from 1 to 65535."
                yield Problem(f"{path}.{option}", port, "is no port", remedy)
    if "port" in entry and "ports" in entry:
        yield Problem(f"{path}.port", entry["port"], "stands beside ports", "Name it among the ports.")
    yield from _check_faults(f"{path}.check", entry.get("check"))
    by_hand = entry.get("virtual_server")
    if by_hand is not None and not isinstance(by_hand, Mapping):
        yield Problem(f"{path}.virtual_server", by_hand, "is not a dictionary", "Write keys and values.")
        return
    for key, value in (by_hand or {}).items():
        if key in FIXED:
            remedy = "Leave it out, or write that service by hand in keepalived_virtual_servers."
            yield Problem(f"{path}.virtual_server.{key}", value, "follows from the VIP", remedy)
        elif key not in VIRTUAL_SERVER_ARGUMENTS:
            remedy = "Use the options of keepalived_virtual_server."
            yield Problem(f"{path}.virtual_server", key, "is no option of a virtual server", remedy)


def _check_faults(path: str, check: Any) -> Iterator[Problem]:
    if check is None:
        return
    if not isinstance(check, Mapping):
        yield Problem(path, check, "is not a dictionary", "Write for example {type: http, path: /ping}.")
        return
    for key in check:
        if key not in CHECK_KEYS:
            yield Problem(path, key, "is not a key of a check", "Use: {}.".format(", ".join(CHECK_KEYS)))
    if check.get("type", "http") not in CHECK_TYPES:
        yield Problem(f"{path}.type", check["type"], "is not known", "Use: {}.".format(", ".join(CHECK_TYPES)))
    if "port" in check and not _is_port(check["port"]):
        yield Problem(f"{path}.port", check["port"], "is no port", "Give a number from 1 to 65535.")


def clashes(vips: Sequence[Any]) -> Iterator[Problem]:
    """Directed VIPs that could have different masters on a host. A host has one sync daemon, so it can be the director
    of all of them or of none."""
    for index, vip in enumerate(vips):
        for other in vips[:index]:
            if not set(vip.hosts) & set(other.hosts):
                continue
            remedy = f"Give both the same, or direct one of them on other hosts: {other.path} has "
            if vip.hosts != other.hosts:
                reason = f"are not those of {other.path}, and a host directs either all of its VIPs or none"
                yield Problem(f"{vip.path}.hosts", list(vip.hosts), reason, remedy + ", ".join(other.hosts))
            elif (vip.holder, vip.priorities) != (other.holder, other.priorities):
                reason = f"is not as for {other.path}, and a host directs either all of its VIPs or none"
                told = other.priorities or other.holder or "neither holder nor priorities"
                yield Problem(f"{vip.path}.holder", vip.priorities or vip.holder, reason, remedy + str(told))
            break


def _is_port(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).isascii() and str(value).isdigit() and 1 <= int(value) <= 65535
