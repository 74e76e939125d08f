# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read ``k8s_edge_vips`` once, and check it before anything is derived from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_interface, ip_network
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.profiles import DEFAULT, foreign_options, profiles
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vip_spec import by_hand_options, entry_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import inner_problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import ports_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE, Interface, Vip

#: The most hosts of a VIP: more have no distinct priorities with gaps between them.
MOST_HOSTS = 100

#: The default of maxconn: connections per node (kubelet, kube-proxy, agents, controllers, user sessions, and for a
#: moment old and new ones when all reconnect), connections from elsewhere, and the assumed number of nodes.
PER_NODE, BESIDE_NODES, NODES = 50, 1000, 60


def declared(entries: Any, groups: Mapping[str, Sequence[str]]) -> tuple[Vip, ...]:
    """The entries of ``k8s_edge_vips`` as Vip values. Raises InputError with every problem in them."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        shown = None if isinstance(entries, Mapping) else entries
        refuse([Problem(VARIABLE, shown, "is not a list", "Write a list of VIPs, each with name and addresses.")])
    problems: list[Problem] = []
    vips = [_entry(index, entry, groups, problems) for index, entry in enumerate(entries)]
    refuse(problems)
    known = [vip for vip in vips if vip is not None]
    together = [
        problem
        for profile in profiles().values()
        for problem in profile.conflicts([vip for vip in known if vip.profile is profile])
    ]
    refuse([*_conflicts(known), *together])
    return tuple(known)


def _entry(index: int, entry: Any, groups: Mapping[str, Sequence[str]], problems: list[Problem]) -> Vip | None:
    before = len(problems)
    path = f"{VARIABLE}[{index}]"
    if not isinstance(entry, Mapping):
        problems.append(Problem(path, entry, "is not a dictionary", "Write name, addresses, port and leads_to."))
        return None
    entry = {key: value for key, value in entry.items() if value is not None}
    name = entry.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", name):
        problems.append(
            Problem(
                path + ".name",
                name,
                "cannot name a VRRP instance and a proxy",
                "Use up to 64 letters, digits, '_', '.' and '-', not beginning with '.' or '-'.",
            )
        )
        return None
    path = f"{VARIABLE}[{name}]"
    problems.extend(_option_problems(path, entry))
    if len(problems) > before:
        return None
    hosts = _group(path + ".hosts", entry.get("hosts", "haproxy"), groups, problems)
    if len(hosts) > MOST_HOSTS:
        problems.append(
            Problem(path + ".hosts", entry.get("hosts"), f"has {len(hosts)} hosts", f"Give a VIP at most {MOST_HOSTS}.")
        )
    servers: tuple[str, ...] = ()
    if entry.get("leads_to") is not None:
        servers = _group(path + ".leads_to", entry["leads_to"], groups, problems)
    ports = ports_of(path, entry, serves=bool(servers), problems=problems)
    profile = profiles()[entry.get("profile") or DEFAULT]
    problems.extend(foreign_options(path, entry, profile))
    problems.extend(profile.problems(path, entry, servers, ports))
    endpoint = entry.get("endpoint") or ""
    if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.|$))*", str(endpoint)):
        problems.append(Problem(path + ".endpoint", endpoint, "is not a host name", "Give the name that clients use."))
    router = entry.get("virtual_router_id")
    if router is not None:
        router = _number(path + ".virtual_router_id", router, 1, 255, problems)
    holder = entry.get("holder")
    if holder is not None and holder not in hosts:
        problems.append(_no_member(path + ".holder", holder, hosts))
    priorities = entry.get("priorities") or {}
    for host, priority in priorities.items():
        if host not in hosts:
            problems.append(_no_member(path + ".priorities", host, hosts))
        _number(f"{path}.priorities[{host}]", priority, 1, 254, problems)
    nodes = _number(path + ".nodes", entry.get("nodes", NODES), 1, 100000, problems)
    enough = BESIDE_NODES + PER_NODE * nodes
    vip = Vip(
        name=name,
        addresses=tuple(_addresses(path + ".addresses", entry.get("addresses"), problems)),
        hosts=hosts,
        servers=servers,
        endpoint=str(endpoint),
        clients=tuple(_clients(path + ".clients", entry.get("clients"), problems)),
        ports=ports,
        profile=profile,
        virtual_router_id=router,
        interface=entry.get("interface"),
        priorities={host: int(priority) for host, priority in priorities.items() if str(priority).isdigit()},
        holder=holder,
        maxconn=_number(path + ".maxconn", entry.get("maxconn", enough), 1, 2147483647, problems),
        instance=entry.get("instance") or {},
        frontend=entry.get("frontend") or {},
        backend=entry.get("backend") or {},
        settings=profile.settings(entry, ports),
    )
    return vip if len(problems) == before else None


def _option_problems(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Wrong types and unknown options at any depth, and nested options that cannot override what is derived."""
    yield from inner_problems(entry_options(), entry, path)
    several = not isinstance(entry.get("ports"), (str, int)) and len(entry.get("ports") or ()) > 1
    for option, (_options, fixed, of_one_port) in by_hand_options().items():
        by_hand = entry.get(option)
        if not isinstance(by_hand, Mapping):
            continue
        for name in fixed:
            if name in by_hand:
                remedy = "Leave it out, or write the whole section by hand, in the variables of the roles."
                yield Problem(f"{path}.{option}.{name}", None, "follows from the VIP", remedy)
        for name in of_one_port if several else ():
            if name in by_hand:
                remedy = "Leave it out, or declare a VIP with one port."
                yield Problem(f"{path}.{option}.{name}", None, "would apply to each of the VIP's ports", remedy)


def _group(path: str, name: Any, groups: Mapping[str, Sequence[str]], problems: list[Problem]) -> tuple[str, ...]:
    """The hosts of a group, sorted by name. The inventory's order is not reliable: AWX may return another one after an
    import, and priorities follow from the order."""
    members = tuple(sorted(groups.get(name) or (), key=_by_name)) if isinstance(name, str) else ()
    if not members:
        problems.append(
            Problem(
                path, name, "is not a group with hosts in this inventory", "Name a group that has hosts, or add it."
            )
        )
    return members


def _by_name(host: str) -> tuple[list[tuple[str, int]], str]:
    """A key that sorts web-2 before web-10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"([^0-9]*)([0-9]*)", host)], host


def _number(path: str, value: Any, low: int, high: int, problems: list[Problem]) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        number = int(value)
    if number is None or not low <= number <= high:
        problems.append(Problem(path, value, f"is not a whole number from {low} to {high}", "Give one in that range."))
        return low
    return number


def _addresses(path: str, values: Any, problems: list[Problem]) -> Iterable[Interface]:
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        problems.append(Problem(path, values, "is not a list of addresses", "Write for example [10.0.0.100/24]."))
        return
    families = set()
    for index, value in enumerate(values):
        here = f"{path}[{index}]"
        reason = _unfit(str(value))
        if reason:
            problems.append(Problem(here, value, *reason))
            continue
        address = ip_interface(str(value))
        if address.version in families:
            problems.append(
                Problem(here, value, "is a second address of the same family", "Declare it as a VIP of its own.")
            )
            continue
        families.add(address.version)
        yield address


def _clients(path: str, values: Any, problems: list[Problem]) -> Iterable[str]:
    if values is None:
        return
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        remedy = "Write for example [10.0.0.0/8], or leave it out for everybody."
        problems.append(Problem(path, values, "is not a list of networks", remedy))
        return
    for index, value in enumerate(values):
        try:
            yield str(ip_network(str(value)))
        except ValueError as error:
            remedy = "Write an address, or a network such as 10.0.0.0/8 or fd00::/64."
            problems.append(Problem(f"{path}[{index}]", value, f"is not a network: {error}", remedy))


def _unfit(text: str) -> tuple[str, str] | None:
    """Why a text cannot be a VIP, and the remedy; None if it can."""
    example = "Write an address with its prefix, for example 10.0.0.100/24 or fd00::100/64."
    host, slash, length = text.partition("/")
    try:
        address = ip_interface(text)
    except ValueError:
        return "is not an address", example
    if not slash or not length.isdigit() or "%" in host:
        return "has no prefix length, so its network is not known", example
    if address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local:
        return (
            "is not an address that clients can reach a host at",
            "Use a free unicast address of the hosts' network.",
        )
    network = address.network
    ends = {network.network_address} | ({network.broadcast_address} if address.version == 4 else set())
    if network.num_addresses > 2 and address.ip in ends:
        return "is the network or broadcast address of its network", "Use a free address between them."
    return None


def _conflicts(vips: Sequence[Vip]) -> Iterable[Problem]:
    names: set[str] = set()
    holders: dict[Any, str] = {}
    proxies: dict[str, str] = {}
    for vip in vips:
        if vip.name in names:
            yield Problem(vip.path + ".name", vip.name, "is declared twice", "Give each VIP a name of its own.")
        names.add(vip.name)
        for proxy in (name for front in vip.fronts for name in (front.backend, front.frontend)):
            if proxies.setdefault(proxy, vip.name) != vip.name:
                reason = f"gives HAProxy a section {proxy}, as {VARIABLE}[{proxies[proxy]}] does"
                yield Problem(vip.path + ".name", vip.name, reason, "Give one of them another name.")
        for address in vip.addresses:
            if address.ip in holders:
                yield Problem(
                    vip.path + ".addresses",
                    str(address),
                    f"is also declared by {holders[address.ip]}",
                    "An address belongs to one VIP, with all its ports: name them there, in ports.",
                )
            holders.setdefault(address.ip, vip.name)


def _no_member(path: str, host: Any, hosts: Sequence[str]) -> Problem:
    return Problem(path, host, "is not among the hosts of this VIP", "Use: {}.".format(", ".join(hosts)))
