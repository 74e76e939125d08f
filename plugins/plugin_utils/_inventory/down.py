# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are declared down: the other hosts are changed without them, as far as that is safe.

A host that is down stays a member, since it will return with its old configuration. So its peers keep it in their
configuration. No change is made that all members must agree on: after its return the host would be MASTER as well
(split brain). Until then it cannot take over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import Misplaced, Place, stated_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

VARIABLE = "k8s_edge_hosts_down"

Hostvars = Mapping[str, Mapping[str, Any]]


def hosts_down(hostvars: Hostvars) -> tuple[str, ...]:
    """The host names in ``k8s_edge_hosts_down``: a list, or a comma-separated string as ``-e`` passes it. The value of
    the first host that has the variable counts. Raises InputError for names of unknown hosts."""
    for host in hostvars:
        given = (hostvars[host] or {}).get(VARIABLE)
        if given is not None:
            return _names(given, hostvars)
    return ()


def _names(given: Any, hostvars: Hostvars) -> tuple[str, ...]:
    names = [each.strip() for each in given.split(",")] if isinstance(given, str) else given
    remedy = "Write the names of hosts as the inventory has them, for example [haproxy-2]."
    if not isinstance(names, Sequence):
        refuse([Problem(VARIABLE, given, "is not a list of hosts", remedy)])
    names = [name for name in names if name != ""]
    known = set(hostvars)
    refuse([Problem(VARIABLE, name, "is not a host of the inventory", remedy) for name in names if name not in known])
    return tuple(dict.fromkeys(map(str, names)))


def without(hosts: Iterable[str], down: Iterable[str]) -> list[str]:
    """The hosts that are not down, in their order."""
    gone = set(down)
    return [host for host in hosts if host not in gone]


def unserved(vips: Sequence[Vip], down: Sequence[str]) -> Iterator[Problem]:
    """A problem for each VIP whose hosts are all down."""
    for vip in vips:
        if not without(vip.hosts, down):
            reason = f"leaves no host for VIP {vip.name}"
            remedy = "Name only those that are down. If all are, there is nothing to change."
            yield Problem(VARIABLE, ", ".join(vip.hosts), reason, remedy)


def place_of_absent(vip: Vip, address: Interface, host: str, hostvars: Hostvars, peers: Sequence[Place]) -> Place:
    """The address of a host that could not be read, from the inventory or from its peers' files. These must name
    exactly one peer beside ``peers``, the places of the hosts that were read.

    The interface is empty, since nothing is written on that host. Raises Misplaced if the address cannot be found."""
    prefix = address.network.prefixlen
    for stated in stated_addresses(host, hostvars[host]):
        if ip_address(stated).version == address.version:
            return Place("", ip_interface(f"{stated}/{prefix}"))
    name = vip.name if address.version == 4 else f"{vip.name}-v6"
    known = {str(place.address.ip) for place in peers}
    left = {each for member in vip.hosts for each in _peers(hostvars.get(member) or {}, name)} - known
    if len(left) == 1:
        return Place("", ip_interface(f"{left.pop()}/{prefix}"))
    raise Misplaced(
        Problem(
            f"{vip.path}.addresses on host {host}",
            str(address),
            f"is in no known network of that host: it is down, and its IPv{address.version} address is not declared",
            "Set k8s_edge_address of that host, or wait until it is back.",
        )
    )


def _peers(hostvars: Mapping[str, Any], instance: str) -> Iterator[str]:
    written = written_instances(hostvars.get("k8s_edge_before") or {}).get(instance) or {}
    for peer in written.get("unicast_peer") or ():
        yield str(peer.get("address") if isinstance(peer, Mapping) else peer).split()[0]


def disagreeing(
    vips: Sequence[Vip], down: Sequence[str], coordinated: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    """A problem for each instance that needs a coordinated change while one of its members is down. ``coordinated``: by
    host, the instances that need one."""
    for vip in vips:
        absent = [host for host in vip.hosts if host in down]
        changing = {name for host in vip.hosts for name in coordinated.get(host, ())}
        names = sorted(changing & {vip.name, f"{vip.name}-v6"})
        if absent and names:
            yield Problem(
                vip.path,
                " and ".join(names),
                "would change settings that all members must agree on (virtual router ID, version, interface, unicast, "
                f"authentication, addresses) while {' and '.join(absent)} is down: it would return with its old "
                "configuration, and "
                "both would be MASTER (split brain)",
                "Make this change when all members are up, or remove a host that is lost for good from the group.",
            )


def return_notes(vips: Sequence[Vip], down: Sequence[str]) -> list[str]:
    """A sentence for each host: what to do when it is back."""
    members = [host for host in down if any(host in vip.hosts for vip in vips)]
    return [
        f"{host} is declared down: it was neither read nor changed, and keeps its old configuration. Once it is back, "
        f"run site.yml without it under {VARIABLE}, before an address that it may still hold is used elsewhere."
        for host in members
    ]
