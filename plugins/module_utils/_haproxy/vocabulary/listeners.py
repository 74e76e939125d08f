# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses and ports of ``bind`` lines, in any spelling, and whether two of them accept the same connections.

``*``, ``0.0.0.0``, ``ipv4@*`` and an empty address are the same; so are ``[::1]``, ``::1`` and ``ipv6@::1``, and a path
with or without ``unix@``. A port may be a range. ``::`` with ``v4v6`` accepts IPv4 too, but no connection for which an
IPv4 listener exists: the kernel prefers the more specific socket (seen with Linux 6: all of 200).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import split_address, takes_port

_PREFIX = re.compile(r"(?:[a-z]+\+)?(ipv4|ipv6|unix|quic4|quic6|udp4|udp6|udp)@")
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_APART = ("interface", "namespace")
_THREADS = ("thread", "process")


class Listener(NamedTuple):
    """``apart`` has what allows several listeners on one address: the transport, an interface, a network namespace.
    ``low`` to ``high`` are ports; 0 where there are none. ``threads`` serve it: one address may be split over several
    lines with different threads."""

    spelled: str
    host: str
    apart: tuple[str, ...]
    low: int
    high: int
    threads: str = ""

    def overlaps(self, other: Listener) -> bool:
        """Whether one connection could be accepted by either."""
        return (
            self.apart == other.apart
            and self.host == other.host
            and self.low <= other.high
            and other.low <= self.high
            and (self.threads == other.threads or not self.threads or not other.threads)
        )


def listeners(words: list[str]) -> Iterator[Listener]:
    """The listeners in a ``bind`` line's words, without those that only HAProxy can resolve (variables,
    descriptors)."""
    restricted = [f"{word} {value}" for word, value in zip(words, words[1:]) if word in _APART]
    threads = " ".join(f"{word} {value}" for word, value in zip(words, words[1:]) if word in _THREADS)
    for spelled in words[1].split(",") if len(words) > 1 else ():
        prefix = _PREFIX.match(spelled)
        family = prefix.group(1) if prefix is not None else ""
        plain = spelled[prefix.end() :] if prefix is not None else spelled
        apart = ("udp" if family.startswith(("quic", "udp")) else "", *sorted(restricted))
        if plain.startswith("/") or spelled.startswith("abns@"):
            yield Listener(spelled, plain, apart, 0, 0, threads)
            continue
        host, port = split_address(plain)
        ports = _RANGE.fullmatch(port)
        if ports is None or not takes_port(plain) or "@" in host:
            continue
        low = int(ports.group(1))
        yield Listener(
            spelled,
            "::" if host == "*" and family.endswith("6") else host,
            apart,
            low,
            int(ports.group(2) or low),
            threads,
        )


def shared(found: list[tuple[str, Listener]]) -> Iterator[tuple[str, Listener, str]]:
    """Each listener that overlaps an earlier one, as (title of its section, listener, title of the earlier one's
    section). ``found`` are the listeners in file order, each with the title of its section."""
    ordered = sorted(range(len(found)), key=lambda place: found[place][1].low)
    open_ones: list[int] = []
    overlaps: list[tuple[int, int]] = []
    for place in ordered:
        listener = found[place][1]
        open_ones = [other for other in open_ones if found[other][1].high >= listener.low]
        overlaps += [(max(place, one), min(place, one)) for one in open_ones if listener.overlaps(found[one][1])]
        open_ones.append(place)
    for later, earlier in sorted(dict(sorted(overlaps, reverse=True)).items()):
        yield found[later][0], found[later][1], found[earlier][0]
