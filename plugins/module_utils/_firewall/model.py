# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a firewall should accept: frozen values, checked, with addresses in a normal form."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

WITH_PORT = ("tcp", "udp", "sctp")
#: Protocols without ports, and their numbers.
WITHOUT_PORT = {"vrrp": 112, "ah": 51}


class Opening(NamedTuple):
    """Packets to accept. ``source`` and ``destination`` are addresses or networks of one family; None means any."""

    protocol: str
    port: int | None = None
    source: str | None = None
    destination: str | None = None

    @property
    def version(self) -> int | None:
        """4 or 6, or None for both."""
        address = self.source or self.destination
        return None if address is None else ipaddress.ip_network(address).version

    def __str__(self) -> str:
        name = self.protocol.upper() + (f" port {self.port}" if self.port else "")
        to = f" at {self.destination}" if self.destination else ""
        return f"{name}{to} from {self.source or 'anywhere'}"


class Desired(NamedTuple):
    """The desired state. An empty one removes all that is ours.

    ``interfaces`` are those where packets arrive. At ``guarded`` addresses only the listed openings are accepted. With
    ``close`` False nothing is closed yet.
    """

    openings: tuple[Opening, ...] = ()
    interfaces: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()
    close: bool = True


def openings(entries: Sequence[Mapping[str, Any]], problems: list[Problem]) -> tuple[Opening, ...]:
    """The option ``openings``, one value for each source. Problems are added to ``problems``."""
    found: dict[Opening, None] = {}
    for index, entry in enumerate(entries):
        path = f"openings[{index}]"
        port = entry.get("port")
        if entry["protocol"] in WITHOUT_PORT and port is not None:
            remedy = "Leave the port out, or name a protocol that has them."
            problems.append(Problem(f"{path}.port", port, f"cannot be given: {entry['protocol']} has no ports", remedy))
        elif entry["protocol"] not in WITHOUT_PORT and not 1 <= (port or 0) <= 65535:
            problems.append(Problem(f"{path}.port", port, "is not a port", "Give a number from 1 to 65535."))
        destination = _network(f"{path}.destination", entry.get("destination"), problems)
        sources = entry.get("sources")
        if sources is not None and not sources:
            remedy = "List who may connect, or leave it out for everybody."
            problems.append(Problem(f"{path}.sources", sources, "lets nobody in", remedy))
        for number, text in enumerate(sources or [None]):
            place = f"{path}.sources[{number}]"
            source = _network(place, text, problems)
            if source and destination and (":" in source) != (":" in destination):
                remedy = "Give sources and destination of one family; write an opening for each."
                problems.append(Problem(place, text, f"has another address family than {destination}", remedy))
            found[Opening(entry["protocol"], port, source, destination)] = None
    return tuple(found)


def addresses(option: str, texts: Iterable[str], problems: list[Problem]) -> tuple[str, ...]:
    """Addresses in a normal form. Invalid ones are added to ``problems``."""
    found = [_network(f"{option}[{index}]", text, problems) for index, text in enumerate(texts)]
    return tuple(each for each in found if each)


def _network(path: str, text: str | None, problems: list[Problem]) -> str | None:
    """An address or network in a normal form: without a prefix that covers one host only, without host bits."""
    if text is None:
        return None
    try:
        network = None if "%" in text else ipaddress.ip_network(text, strict=False)  # no firewall takes a zone
    except ValueError:
        network = None
    if network is None:
        problems.append(
            Problem(path, text, "is not an address", "Write it as 10.0.0.1, 10.0.0.0/8, fd00::1 or fd00::/64.")
        )
        return None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
