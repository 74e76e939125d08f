# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VIP says that leads to real servers through the kernel (IPVS, direct routing) instead of through HAProxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vip_ports import Port, port_number

PROFILE = "ipvs"

#: The keys of a VIP that are about this, and those that are about HAProxy.
KEYS = ("check", "virtual_server")
HAPROXY_KEYS = ("endpoint", "backend_port", "nodes", "maxconn", "frontend", "backend")

#: How a real server is asked whether it serves, where the VIP says nothing else. Traefik answers at /ping.
CHECK = {"type": "http", "path": "/ping", "status": "200"}


class Directed(NamedTuple):
    """The real servers by host name, how they are checked (``check`` of an entry, complete), and options of every
    virtual server by hand, in the words of keepalived_virtual_server."""

    servers: tuple[str, ...]
    check: Mapping[str, Any]
    virtual_server: Mapping[str, Any]


def directed(
    path: str, entry: Mapping[str, Any], servers: tuple[str, ...], ports: Sequence[Port], problems: list[Problem]
) -> Directed | None:
    """What an entry of ``k8s_edge_vips`` says of it; None where it has another profile."""
    if entry.get("profile") != PROFILE:
        for key in KEYS:
            if key in entry:
                problems.append(Problem(f"{path}.{key}", None, "goes with profile ipvs only", "Leave it out."))
        return None
    before = len(problems)
    problems.extend(_faults(path, entry, servers, ports))
    if len(problems) > before or not ports:
        return None
    check = {**CHECK, **(entry.get("check") or {})}
    return Directed(servers, {"port": ports[0].port, **check}, entry.get("virtual_server") or {})


def _faults(path: str, entry: Mapping[str, Any], servers: Sequence[str], ports: Sequence[Port]) -> Iterator[Problem]:
    for key in HAPROXY_KEYS:
        if key in entry:
            yield Problem(f"{path}.{key}", None, "is about HAProxy, which profile ipvs has none of", "Leave it out.")
    if not servers:
        remedy = "Name the group of hosts that serve it: they get its address on loopback."
        yield Problem(f"{path}.leads_to", entry.get("leads_to"), "names no real servers", remedy)
    for port in ports:
        if port.port != port.server_port:
            reason = "is another port than the VIP's, and direct routing hands packets on unchanged"
            remedy = "Let the servers listen on the VIP's port, or use profile tcp."
            yield Problem(f"{path}.ports[{port.port}]", port.server_port, reason, remedy)
    if "port" in (entry.get("check") or {}) and port_number(entry["check"]["port"]) is None:
        yield Problem(f"{path}.check.port", entry["check"]["port"], "is no port", "Give a number from 1 to 65535.")


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
