# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's interfaces and addresses, from what was read of the host and from the inventory.

``keepalived_info`` lists the kernel's addresses exactly. Gathered facts are used for hosts without its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    held_addresses,
    kept_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

LOOPBACK = "lo"


class Place(NamedTuple):
    """An address of a host and its interface; the interface is empty if facts do not have it.

    ``secondary``: an added address, such as a held VIP. ``deprecated``: an IPv6 address that the host does not use as a
    source."""

    interface: str
    address: Interface
    secondary: bool = False
    deprecated: bool = False


class Misplaced(Exception):
    """A host has no interface for a VIP. ``problem`` has the reason and the remedy."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def places(hostvars: Mapping[str, Any]) -> tuple[Place, ...]:
    """Every address of one host except on loopback, as far as it was read; empty if nothing was read."""
    listed = (hostvars.get(BEFORE) or {}).get("addresses")
    if listed:
        return tuple(
            Place(one["interface"], ip_interface(one["address"]), bool(one["secondary"]), bool(one["deprecated"]))
            for one in listed
            if one["interface"] != LOOPBACK
        )
    return tuple(_by_facts(hostvars.get("ansible_facts") or {}))


def _by_facts(facts: Mapping[str, Any]) -> Iterable[Place]:
    # In the keys of interfaces Ansible (2.19, facts/network/linux.py and facts/namespace.py) writes ``_`` for ``-`` and
    # keeps dots. An IPv4 address with a label has a key of its own that is no interface: eth0_vip for eth0:vip.
    keys = [str(name).replace("-", "_") for name in facts.get("interfaces") or ()]
    devices = {key: str(fact["device"]) for key in keys for fact in [facts.get(key) or {}] if fact.get("device")}
    for key in keys:
        beneath = [each for each in devices if key.startswith(each + "_")]
        name = devices.get(key) or (devices[max(beneath, key=len)] if beneath else "")
        if name != LOOPBACK:
            yield from _on_interface(name, facts.get(key) or {})


def _on_interface(name: str, fact: Mapping[str, Any]) -> Iterable[Place]:
    primary = [fact["ipv4"]] if fact.get("ipv4") else []
    for secondary, entries in ((False, primary), (True, fact.get("ipv4_secondaries") or ())):
        for entry in entries:
            if entry.get("address"):
                prefix = entry.get("prefix") or entry.get("netmask")
                yield Place(name, ip_interface("{}/{}".format(entry["address"], prefix or 32)), secondary)
    for entry in fact.get("ipv6") or ():
        yield Place(name, ip_interface("{}/{}".format(entry["address"].split("%")[0], entry.get("prefix") or 128)))


def place_for(vip: Vip, address: Interface, host: str, hostvars: Mapping[str, Any], vips: Sequence[Vip]) -> Place:
    """The host's own address and interface that belong to one address of a VIP.

    The interface is the declared one (``interface`` of the VIP, or the host variable ``k8s_edge_interface``) or else
    the one whose network contains the address. Among several addresses there, the one by which the inventory reaches
    the host is preferred. Raises Misplaced if there is no interface or more than one, and if the VIP's prefix matches
    no network of the host there."""
    path = f"{vip.path}.addresses on host {host}"
    there = places(hostvars)
    if not there:
        raise _misplaced(
            path,
            address,
            "has no interface: the host's facts were not gathered",
            "Every host of the VIP must be read, so run without --limit, and gather network facts. If the host is "
            "down, name it in k8s_edge_hosts_down, and the others can be changed without it.",
        )
    usable = [
        place
        for place in there
        if place.interface and place.address.version == address.version and not place.address.is_link_local
    ]
    mine = _own(usable, hostvars, vips)
    by_hand = hostvars.get("k8s_edge_interface") or vip.interface
    if by_hand:
        mine = [place for place in mine if place.interface == by_hand]
        if not mine:
            others = [place for place in usable if place.interface == by_hand]
            reason = f"has no network on interface {by_hand}: no IPv{address.version} address of its own is there"
            raise _misplaced(path, address, reason + _held_for_others(others), _GIVE_IT_ONE)
    beside = [place for place in mine if address.ip in place.address.network]
    best = sorted(beside or mine, key=lambda place: _rank(place, stated_addresses(host, hostvars)))
    if not beside and by_hand:
        return best[0]
    if not beside:
        networks = ", ".join(sorted({str(place.address.network) for place in mine})) or "no addresses"
        others = [place for place in usable if place not in mine and address.ip in place.address.network]
        reason = f"lies in none of the host's networks ({networks})" + _held_for_others(others)
        raise _misplaced(path, address, reason, "Correct the address, or set interface by hand.")
    interfaces = sorted({place.interface for place in beside})
    if len(interfaces) > 1:
        reason = "fits several interfaces ({})".format(", ".join(interfaces))
        raise _misplaced(path, address, reason, "Set interface by hand.")
    _check_prefix(path, address, beside)
    return best[0]


_GIVE_IT_ONE = "Correct the interface, or give it an address."


def _misplaced(path: str, address: Interface, reason: str, remedy: str) -> Misplaced:
    return Misplaced(Problem(path, str(address), reason, remedy))


def _own(usable: Iterable[Place], hostvars: Mapping[str, Any], vips: Sequence[Vip]) -> list[Place]:
    """The host's own addresses: those that neither VRRP nor kube-vip moves between hosts."""
    info = hostvars.get(BEFORE) or {}
    moving = kept_addresses(info) | {str(each.ip) for vip in vips for each in vip.addresses}
    moving |= {str(each) for each in (hostvars.get("kube_vip_control_plane") or {}).get("addresses") or ()}
    declared = hostvars.get("kube_vip_cloud_provider_pools") or ()
    pools = []
    if declared:
        from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.address_pools import pools_of

        pools = pools_of(declared, "", [])
    return [
        place
        for place in usable
        if str(place.address.ip) not in moving
        and not any(span.holds(place.address.ip) for pool in pools for span in pool.spans)
    ]


def _held_for_others(places_there: Sequence[Place]) -> str:
    names = ", ".join(str(place.address) for place in places_there)
    return f"; {names} moves between hosts and does not belong to a host" if names else ""


def _rank(place: Place, stated: Sequence[str]) -> tuple[bool, bool, bool, bool, Interface]:
    """A sort key; lowest for the address that is most certainly the host's own and used as a source."""
    alone = place.address.network.num_addresses == 1
    return str(place.address.ip) not in stated, place.deprecated, alone, place.secondary, place.address


def _check_prefix(path: str, address: Interface, beside: Sequence[Place]) -> None:
    """Refuse a prefix that differs from the network's. It would give the holder an additional route: it would expect
    hosts on the link that are not there, and in IPv4 send from the VIP, which disappears when the VIP moves. /32 and
    /128 create no route."""
    lengths = {place.address.network.prefixlen for place in beside}
    if address.network.prefixlen in lengths | {address.max_prefixlen}:
        return
    place = max(beside, key=lambda each: each.address.network.prefixlen)
    raise _misplaced(
        path,
        address,
        f"has another prefix than the host's network there ({place.address.network} on {place.interface}): its holder "
        f"would get an additional route to {address.network}",
        f"Write {address.ip}/{place.address.network.prefixlen}, or {address.ip}/{address.max_prefixlen}.",
    )


def stated_address(host: str, hostvars: Mapping[str, Any]) -> str | None:
    """The address by which the inventory says a host is reached: ``k8s_edge_address``, ``ansible_host`` or its name."""
    for text in (hostvars.get("k8s_edge_address"), hostvars.get("ansible_host"), host):
        try:
            return str(ip_address(str(text)))
        except ValueError:
            if text is not None and text is hostvars.get("k8s_edge_address"):
                return None
    return None


def stated_addresses(host: str, hostvars: Mapping[str, Any]) -> list[str]:
    """Every address that the inventory gives a host; they may be of both families."""
    found = []
    for text in (hostvars.get("k8s_edge_address"), hostvars.get("ansible_host"), host):
        try:
            found.append(str(ip_address(str(text))))
        except ValueError:
            continue
    return found


def held(vip: Vip, hostvars: Mapping[str, Any]) -> bool:
    """Whether a host holds one of the VIP's addresses, according to keepalived_info or to its facts."""
    known = held_addresses(hostvars.get(BEFORE) or {})
    known |= {str(place.address.ip) for place in places(hostvars)}
    return any(str(address.ip) in known for address in vip.addresses)
