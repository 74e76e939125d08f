# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts may be changed side by side: hosts of groups that are independent of each other. Pure.

A group consists of all hosts that share a VIP, a peer or a server, directly or through others, whether they change or
not. At most one host of a group is changed at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import places, stated_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    HAPROXY_BEFORE,
    instance_addresses,
    plain_address,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The variable with the number of groups in which a host may be changed at the same time.
VARIABLE = "k8s_edge_parallel_groups"

Hostvars = Mapping[str, Mapping[str, Any]]


def parallel_groups(hostvars: Hostvars) -> int:
    """The value of ``k8s_edge_parallel_groups``, a number or a string as ``-e`` passes it; 1 if no host has it. Raises
    InputError for anything but a positive integer, and for different values on hosts."""
    found: dict[int, str] = {}
    for host in hostvars:
        given = (hostvars[host] or {}).get(VARIABLE)
        if given is None:
            continue
        text = str(given).strip()
        if isinstance(given, (bool, float)) or not (text.isascii() and text.isdecimal()) or int(text) < 1:
            remedy = (
                "Write how many groups of hosts may have one of theirs changed at the same time, for example 2. "
                "1 is one host at a time in the whole fleet"
            )
            refuse([Problem(VARIABLE, given, f"is not a whole number from 1 on (host {host})", remedy)])
        found.setdefault(int(text), host)
    if len(found) > 1:
        listed = " and ".join(f"{number} on {host}" for number, host in found.items())
        refuse([Problem(VARIABLE, None, f"is {listed}, and there is one roll for all", "Set it in group_vars of all")])
    return next(iter(found), 1)


def groups_of(hosts: Sequence[str], vips: Sequence[Vip], hostvars: Hostvars) -> dict[str, str]:
    """The name of each host's group, which is the name of one of the group's hosts."""
    known = {address: host for host in hostvars for address in _own_addresses(host, hostvars[host] or {})}
    leader: dict[str, str] = {}

    def find(thing: str) -> str:
        while leader.setdefault(thing, thing) != thing:
            thing = leader[thing]
        return thing

    for vip in vips:
        for each in (*vip.hosts, *vip.servers):
            leader[find(each)] = find(vip.hosts[0])
    for host in hosts:
        for thing in _touched(hostvars.get(host) or {}):
            leader[find(known.get(thing, thing))] = find(host)
    names: dict[str, str] = {}
    return {host: names.setdefault(find(host), host) for host in hosts}


def batches(order: Sequence[str], groups: Mapping[str, str], number: int) -> list[list[str]]:
    """The hosts of ``order`` in steps. The hosts of a step belong to different groups; a step has at most ``number``
    hosts. The hosts of a group keep their order. A group is finished before another is begun."""
    if number == 1:
        return [[host] for host in order]
    waiting: dict[str, list[str]] = {}
    for host in order:
        waiting.setdefault(groups[host], []).append(host)
    found = []
    while waiting:
        now = list(waiting)[:number]
        found.append([waiting[group].pop(0) for group in now])
        waiting = {group: left for group, left in waiting.items() if left}
    return found


def _own_addresses(host: str, variables: Mapping[str, Any]) -> Iterator[str]:
    yield from stated_addresses(host, variables)
    yield from (str(place.address.ip) for place in places(variables))


def _touched(variables: Mapping[str, Any]) -> Iterator[str]:
    """What a host depends on beyond its declared VIPs, by its variables or files: peers, servers, virtual addresses,
    and the virtual router IDs of instances without unicast peers."""
    written = variables.get(HAPROXY_BEFORE) or {}
    instances = variables.get("keepalived_instances") or ()
    for each in (*instances, *written_instances(variables.get(BEFORE) or {}).values()):
        peers = [peer.get("address") if isinstance(peer, Mapping) else peer for peer in each.get("unicast_peer") or ()]
        yield from instance_addresses(each)
        yield from _elsewhere(peers)
        if not peers and each.get("virtual_router_id"):
            yield f"virtual router ID {each['virtual_router_id']}"
    for kind in ("backends", "listens"):
        for each in (*(variables.get(f"haproxy_{kind}") or ()), *((written.get("config") or {}).get(kind) or ())):
            yield from _elsewhere(server.get("address") for server in each.get("servers") or ())
    for each in variables.get("keepalived_virtual_servers") or ():
        yield from _elsewhere(server.get("address") for server in each.get("real_servers") or ())


def _elsewhere(places: Iterable[Any]) -> Iterator[str]:
    """The places on other hosts: no loopback addresses and no sockets."""
    for text in map(str, filter(None, places)):
        address = plain_address(text)
        if not (address and ip_address(address).is_loopback) and "@" not in text and not text.startswith("/"):
            yield address or text
