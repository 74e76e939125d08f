# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host stands in the network: its interfaces and addresses, from gathered facts and the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vips import Interface, Vip


class Place(NamedTuple):
    """An address of a host on one of its interfaces. ``secondary`` is true for an added one, as a held VIP is."""

    interface: str
    address: Interface
    secondary: bool = False


class Misplaced(Exception):
    """A host has no place for a VIP; ``problem`` says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def places(hostvars: Mapping[str, Any]) -> tuple[Place, ...]:
    """Every address in the facts of one host. No facts, no places."""
    facts = hostvars.get("ansible_facts") or {}
    found: list[Place] = []
    for name in facts.get("interfaces") or ():
        found.extend(_on_interface(facts.get(str(name).replace("-", "_").replace(".", "_").replace(":", "_")) or {}))
    return tuple(found)


def _on_interface(fact: Mapping[str, Any]) -> Iterable[Place]:
    name = str(fact.get("device", ""))
    if not name or name == "lo":
        return
    primary = [fact["ipv4"]] if fact.get("ipv4") else []
    for secondary, entries in ((False, primary), (True, fact.get("ipv4_secondaries") or ())):
        for entry in entries:
            if entry.get("address"):
                prefix = entry.get("prefix") or entry.get("netmask")
                yield Place(name, ip_interface("{}/{}".format(entry["address"], prefix or 32)), secondary)
    for entry in fact.get("ipv6") or ():
        yield Place(name, ip_interface("{}/{}".format(entry["address"].split("%")[0], entry.get("prefix") or 128)))


def place_for(vip: Vip, address: Interface, host: str, hostvars: Mapping[str, Any], vips: Sequence[Vip]) -> Place:
    """The host's own address and interface beside one address of a VIP.

    The interface is the one set by hand (``interface`` of the VIP, or the host's variable ``k8s_edge_interface``), or
    the one whose network contains the address. Misplaced where there is none, or more than one.
    """
    theirs = {each.ip for other in vips for each in other.addresses}
    mine = [
        place
        for place in places(hostvars)
        if place.address.version == address.version
        and place.address.ip not in theirs
        and not place.address.is_link_local
    ]
    path = f"{vip.path}.addresses on host {host}"
    if not places(hostvars):
        raise Misplaced(
            Problem(
                path,
                str(address),
                "has no interface: the host's facts were not gathered",
                "Every host of the VIP must be reachable and read, so run without --limit, and gather network facts.",
            )
        )
    by_hand = hostvars.get("k8s_edge_interface") or vip.interface
    if by_hand:
        mine = [place for place in mine if place.interface == by_hand]
        if not mine:
            raise Misplaced(
                Problem(
                    path,
                    str(address),
                    f"has no neighbour on interface {by_hand}: no own IPv{address.version} address there",
                    "Correct the interface, or give it an address.",
                )
            )
    beside = [place for place in mine if address.ip in place.address.network]
    if not beside and by_hand:
        return mine[0]
    if not beside:
        raise Misplaced(
            Problem(
                path,
                str(address),
                "lies in none of the host's networks ({})".format(
                    ", ".join(sorted({str(place.address.network) for place in mine})) or "no addresses"
                ),
                "Correct the address, or set interface by hand.",
            )
        )
    interfaces = sorted({place.interface for place in beside})
    if len(interfaces) > 1:
        raise Misplaced(
            Problem(
                path,
                str(address),
                "fits several interfaces ({})".format(", ".join(interfaces)),
                "Set interface by hand.",
            )
        )
    return min(beside, key=lambda place: (place.secondary, place.address))


def stated_address(host: str, hostvars: Mapping[str, Any]) -> str | None:
    """The address by which the inventory says a host is reached: ``k8s_edge_address``, ``ansible_host`` or its name."""
    for text in (hostvars.get("k8s_edge_address"), hostvars.get("ansible_host"), host):
        try:
            return str(ip_address(str(text)))
        except ValueError:
            if text is not None and text is hostvars.get("k8s_edge_address"):
                return None
    return None


def held(vip: Vip, hostvars: Mapping[str, Any]) -> bool:
    """Whether the facts of a host show one of the VIP's addresses."""
    return any(place.address.ip == address.ip for place in places(hostvars) for address in vip.addresses)
