# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address pools, given as ranges or networks, as the cloud provider of kube-vip takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import dns_label, interface

#: The namespace of the pool for all namespaces without a pool of their own.
GLOBAL = "global"

#: Given this address, kube-vip asks a DHCP server for one instead.
DHCP = "0.0.0.0/32"


class Span(NamedTuple):
    """Addresses of one family, as written: a single address, ``first - last``, or a network with its prefix.
    ``single``: it is one address. Single addresses are compared without netaddr, so only inventories with pools need
    netaddr."""

    stated: str
    single: bool = False

    @property
    def family(self) -> int:
        """4 or 6."""
        return int(next(iter(_addresses(self.stated).iter_cidrs())).version)

    def holds(self, address: object) -> bool:
        """Whether the span contains the address."""
        return self.meets(Span(str(address), single=True))

    def meets(self, other: Span) -> bool:
        """Whether two spans have an address in common."""
        if self.single and other.single:
            return ip_address(self.stated) == ip_address(other.stated)
        return not _addresses(self.stated).isdisjoint(_addresses(other.stated))


@cache
def _addresses(text: str) -> Any:
    """A netaddr.IPSet. Raises ValueError with the reason for a malformed text, and EdgeError if netaddr is missing."""
    try:
        from netaddr import AddrFormatError, IPNetwork, IPRange, IPSet
    except ImportError as error:
        raise EdgeError(
            "Pools of addresses are compared by the Python package netaddr, and this controller does not have it. "
            "Install it where ansible-playbook runs: pip install netaddr"
        ) from error
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            return IPSet(IPRange(first, last))
        network = IPNetwork(text)
    except (AddrFormatError, TypeError, ValueError) as error:
        raise ValueError(str(error).rstrip("!")) from error
    if network.ip != network.network:
        raise ValueError(f"{network.ip} is an address within the network {network.cidr}")
    return IPSet(network)


class Pool(NamedTuple):
    """The addresses of one namespace, or of all others. ``path``: the option that messages name."""

    path: str
    namespace: str
    by: str
    spans: tuple[Span, ...]
    interface: str
    share: bool


def pools_of(given: Sequence[Mapping[str, Any]], variable: str, problems: list[Problem]) -> list[Pool]:
    """The declared pools, whose types have been checked. A malformed pool is left out and adds to ``problems``."""
    found = [pool for index, each in enumerate(given) for pool in _pool(f"{variable}[{index}]", each, problems)]
    problems += _overlaps(found)
    return found


def _pool(path: str, given: Mapping[str, Any], problems: list[Problem]) -> Iterator[Pool]:
    ways = [key for key in ("ranges", "cidrs") if given.get(key)]
    if len(ways) != 1:
        reason = "has ranges as well as cidrs: the provider would use the cidrs only" if ways else "has no addresses"
        problems.append(Problem(path, None, reason, "Give either ranges or cidrs."))
        return
    spans = []
    for index, text in enumerate(given[ways[0]]):
        here = f"{path}.{ways[0]}[{index}]"
        try:
            spans.append(_range(text) if ways[0] == "ranges" else _cidr(text))
        except ValueError as error:
            example = "10.0.0.10-10.0.0.20" if ways[0] == "ranges" else "10.0.0.16/28"
            problems.append(Problem(here, text, f"is none: {error}", f"Write for example {example}."))
    if given.get("share") and any(span.family == 6 for span in spans):
        reason, remedy = "is for IPv4 only: services never share an IPv6 address", "Give IPv6 a pool without share."
        problems.append(Problem(f"{path}.share", True, reason, remedy))
    namespace = given.get("namespace") or GLOBAL
    problems += dns_label(f"{path}.namespace", namespace)
    problems += interface(f"{path}.interface", given.get("interface") or "")
    yield Pool(path, namespace, ways[0], tuple(spans), given.get("interface") or "", bool(given.get("share")))


def _range(text: str) -> Span:
    if "-" not in text:
        raise ValueError("a range has a first and a last address with '-' between them")
    return _read(text)


def _cidr(text: str) -> Span:
    if "/" not in text:
        raise ValueError("a network has a prefix length")
    return _read(text)


def _read(text: str) -> Span:
    _addresses(text)
    return Span(text)


def _overlaps(pools: Sequence[Pool]) -> Iterator[Problem]:
    namespaces: dict[str, Pool] = {}
    for pool in pools:
        if pool.namespace in namespaces:
            reason, remedy = "has a pool already: the second would replace the first", "Put them in one."
            yield Problem(f"{pool.path}.namespace", pool.namespace, reason, remedy)
        namespaces.setdefault(pool.namespace, pool)
    everybody = namespaces.get(GLOBAL)
    for pool in pools:
        if everybody and everybody.by == "cidrs" and pool.by == "ranges":
            reason = "are never used: the provider takes cidrs first, and finds the global ones"
            yield Problem(f"{pool.path}.ranges", None, reason, "Write this pool as cidrs, or the global one as ranges.")
    spans = [(pool, span) for pool in pools for span in pool.spans if span.stated != DHCP]
    for index, (pool, span) in enumerate(spans):
        for other, known in spans[:index]:
            if other is not pool and span.meets(known):
                reason = f"has addresses of {known.stated} in {other.path}: two services would get the same address"
                yield Problem(f"{pool.path}.{pool.by}", span.stated, reason, "Declare pools that do not overlap.")
