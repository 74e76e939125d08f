# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports of a VIP: those that clients connect to, and the corresponding ports of the servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import is_number

EXAMPLE = "[80, 443], or {80: 8080, 443: 8443} where the servers have other ports"


class Port(NamedTuple):
    """A port that clients connect to, and the corresponding port of the servers."""

    port: int
    server_port: int


class Front(NamedTuple):
    """One port of a VIP in HAProxy: the names of its backend and frontend, the clients' port, and the servers' port."""

    backend: str
    frontend: str
    port: int
    server_port: int


def fronts(name: str, ports: Sequence[Port]) -> tuple[Front, ...]:
    """The first port's backend has the VIP's name; the names of others contain the port too, so that adding a port
    renames nothing. A frontend and its backend have different names: HAProxy 3.3 no longer lets them share one."""
    backends = [name if index == 0 else f"{name}_{port.port}" for index, port in enumerate(ports)]
    return tuple(Front(backend, f"{backend}_vip", *port) for backend, port in zip(backends, ports, strict=True))


def ports_of(path: str, entry: Mapping[str, Any], *, serves: bool, problems: list[Problem]) -> tuple[Port, ...]:
    """The ports of an entry of ``k8s_edge_vips``, declared by ``port`` and ``backend_port``, or by ``ports``.

    ``ports`` is a list, or a dictionary from the clients' port to the servers'. ``serves``: the VIP leads to servers,
    so a port is required. Empty if problems were added."""
    given = entry.get("ports")
    if given is None:
        found = list(_single(path, entry, serves, problems))
    else:
        problems.extend(_beside(path, entry))
        found = list(_several(f"{path}.ports", given, problems))
    return tuple(found)


def port_number(value: Any) -> int | None:
    """A port given as a number or as a string, as keys of JSON are; None if it is not a port."""
    text = str(value) if is_number(value) or isinstance(value, str) else ""
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if 1 <= number <= 65535 else None


def port_numbers(value: Any) -> list[int]:
    """The ports in a bind or server line of haproxy.cfg: one port, a range of ports, or none if a variable contains
    it."""
    first, dash, last = str(value).partition("-")
    ends = [port_number(each) for each in ((first, last) if dash else (first,))]
    return [] if None in ends else list(range(ends[0] or 0, (ends[-1] or 0) + 1))


def _single(path: str, entry: Mapping[str, Any], serves: bool, problems: list[Problem]) -> Iterator[Port]:
    given = entry.get("port")
    if not serves and given in (None, 0):
        return
    port, behind = port_number(given), port_number(entry.get("backend_port") or given)
    if port is None:
        remedy = f"Give one in the range 1 to 65535, or several in ports: {EXAMPLE}"
        problems.append(Problem(f"{path}.port", given, "is not a port", remedy))
    elif behind is None:
        remedy = "Give one in the range 1 to 65535"
        problems.append(Problem(f"{path}.backend_port", entry["backend_port"], "is not a port", remedy))
    else:
        yield Port(port, behind)


def _beside(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    if entry.get("port") is not None:
        yield Problem(f"{path}.port", entry["port"], "stands beside ports", "Name it among the ports.")
    if entry.get("backend_port") is not None:
        remedy = "Write ports as a dictionary of the clients' port and the servers', such as {80: 8080, 443: 8443}."
        yield Problem(f"{path}.backend_port", entry["backend_port"], "stands beside ports", remedy)


def _several(path: str, given: Any, problems: list[Problem]) -> Iterator[Port]:
    mapped = isinstance(given, Mapping)
    if not given or not (mapped or (isinstance(given, Sequence) and not isinstance(given, str))):
        problems.append(
            Problem(path, None if given else given, "is not a list of ports", f"Write for example {EXAMPLE}.")
        )
        return
    seen: set[int] = set()
    for index, value in enumerate(given):
        behind = given[value] if mapped else value
        port, server_port = port_number(value), port_number(behind)
        if port is None or server_port is None:
            wrong = value if port is None else behind
            shown = wrong if isinstance(wrong, (str, int, float)) else None
            where = path if port is None and mapped else f"{path}[{value if mapped else index}]"
            problems.append(Problem(where, shown, "is not a port", "Give one in the range 1 to 65535"))
        elif port in seen:
            problems.append(Problem(path, port, "has a port twice", "Name each once."))
        else:
            seen.add(port)
            yield Port(port, server_port)
