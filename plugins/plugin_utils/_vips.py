# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``k8s_edge_vips`` declares, read once and checked before anything is derived from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface, ip_interface, ip_network
from typing import Any, NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils import _directed

Interface = Union[IPv4Interface, IPv6Interface]

#: More hosts than this have no distinct priorities with room between them, and VRRP was not made for.
MOST_HOSTS = 100

PROFILES = ("kube_apiserver", "tcp", _directed.PROFILE)

#: Connections to allow for: of each node (kubelet, kube-proxy, agents, controllers, sessions of people, and for a
#: moment the old ones beside the new when all come back), and of what is not on a node; and nodes where none are given.
PER_NODE, BESIDE_NODES, NODES = 50, 1000, 60
VARIABLE = "k8s_edge_vips"


class Vip(NamedTuple):
    """One entry of ``k8s_edge_vips``.

    ``addresses`` holds at most one address of each family, each with its prefix. ``hosts`` are the names of the hosts
    that may hold it, in the group's order; ``servers`` those that serve it. ``endpoint`` is the name that clients use,
    empty where they use the address; ``clients`` are the networks that they are in, none for everywhere. ``maxconn`` is
    set by hand or follows from the number of nodes. ``instance``, ``frontend`` and ``backend`` are set by hand and go
    over what is derived. ``directed`` says where the kernel of the holder sends it, where that is not to HAProxy.
    """

    name: str
    addresses: tuple[Interface, ...]
    hosts: tuple[str, ...]
    servers: tuple[str, ...]
    endpoint: str
    clients: tuple[str, ...]
    port: int
    backend_port: int
    profile: str
    virtual_router_id: int | None
    interface: str | None
    priorities: Mapping[str, int]
    holder: str | None
    maxconn: int
    instance: Mapping[str, Any]
    frontend: Mapping[str, Any]
    backend: Mapping[str, Any]
    directed: _directed.Directed | None = None

    @property
    def path(self) -> str:
        """How messages name this entry."""
        return f"{VARIABLE}[{self.name}]"

    @property
    def ports(self) -> tuple[int, ...]:
        """Where clients connect; none where the VIP leads nowhere."""
        return self.directed.ports if self.directed else (self.port,) if self.port else ()

    @property
    def beside(self) -> bool:
        """Whether every host that may hold the VIP is an apiserver too, so that HAProxy runs beside it."""
        return self.profile == "kube_apiserver" and bool(self.servers) and set(self.hosts) <= set(self.servers)


#: The keys an entry may have. ``name`` and ``addresses`` must be there.
KEYS = (
    "name",
    "addresses",
    "port",
    "hosts",
    "leads_to",
    "endpoint",
    "clients",
    "backend_port",
    "profile",
    "virtual_router_id",
    "interface",
    "priorities",
    "holder",
    "nodes",
    "maxconn",
    "instance",
    "frontend",
    "backend",
    *_directed.KEYS,
)


def declared(entries: Any, groups: Mapping[str, Sequence[str]]) -> tuple[Vip, ...]:
    """The entries of ``k8s_edge_vips`` as values; InputError with everything that is wrong with them."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        refuse([Problem(VARIABLE, entries, "is not a list", "Write a list of VIPs, each with name and addresses.")])
    problems: list[Problem] = []
    vips = [_entry(index, entry, groups, problems) for index, entry in enumerate(entries)]
    refuse(problems)
    known = [vip for vip in vips if vip is not None]
    refuse([*_clashes(known), *_directed.clashes([vip for vip in known if vip.directed])])
    return tuple(known)


def _entry(index: int, entry: Any, groups: Mapping[str, Sequence[str]], problems: list[Problem]) -> Vip | None:
    before = len(problems)
    path = f"{VARIABLE}[{index}]"
    if not isinstance(entry, Mapping):
        problems.append(Problem(path, entry, "is not a dictionary", "Write name, addresses, port and leads_to."))
        return None
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
    for key in entry:
        if key not in KEYS:
            problems.append(Problem(path, key, "is not a key of a VIP", "Use: {}.".format(", ".join(KEYS))))
    hosts = _group(path + ".hosts", entry.get("hosts", "haproxy"), groups, problems)
    if len(hosts) > MOST_HOSTS:
        problems.append(
            Problem(path + ".hosts", entry.get("hosts"), f"has {len(hosts)} hosts", f"Give a VIP at most {MOST_HOSTS}.")
        )
    servers: tuple[str, ...] = ()
    if entry.get("leads_to") is not None:
        servers = _group(path + ".leads_to", entry["leads_to"], groups, problems)
    directed = _directed.directed(path, entry, servers, problems)
    if entry.get("profile") == _directed.PROFILE:
        servers, port = (), directed.ports[0] if directed else 0
    else:
        given = entry.get("port", 0 if not servers else None)
        port = _number(path + ".port", given, 1 if servers else 0, 65535, problems)
    endpoint = entry.get("endpoint") or ""
    if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.|$))*", str(endpoint)):
        problems.append(Problem(path + ".endpoint", endpoint, "is not a host name", "Write the name that clients use."))
    profile = entry.get("profile", PROFILES[0])
    if profile not in PROFILES:
        problems.append(Problem(path + ".profile", profile, "is not known", "Use: {}.".format(", ".join(PROFILES))))
    router = entry.get("virtual_router_id")
    if router is not None:
        router = _number(path + ".virtual_router_id", router, 1, 255, problems)
    holder = entry.get("holder")
    if holder is not None and holder not in hosts:
        problems.append(_stranger(path + ".holder", holder, hosts))
    priorities = _mapping(path + ".priorities", entry.get("priorities"), problems)
    for host, priority in priorities.items():
        if host not in hosts:
            problems.append(_stranger(path + ".priorities", host, hosts))
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
        port=port,
        backend_port=_number(path + ".backend_port", entry.get("backend_port", port or 1), 1, 65535, problems),
        profile=str(profile),
        virtual_router_id=router,
        interface=entry.get("interface"),
        priorities={host: int(priority) for host, priority in priorities.items() if str(priority).isdigit()},
        holder=holder,
        maxconn=_number(path + ".maxconn", entry.get("maxconn", enough), 1, 2147483647, problems),
        instance=_mapping(path + ".instance", entry.get("instance"), problems),
        frontend=_mapping(path + ".frontend", entry.get("frontend"), problems),
        backend=_mapping(path + ".backend", entry.get("backend"), problems),
        directed=directed,
    )
    return vip if len(problems) == before else None


def _group(path: str, name: Any, groups: Mapping[str, Sequence[str]], problems: list[Problem]) -> tuple[str, ...]:
    members = tuple(groups.get(name) or ()) if isinstance(name, str) else ()
    if not members:
        problems.append(
            Problem(path, name, "is no group with hosts in this inventory", "Name a group that has hosts, or add it.")
        )
    return members


def _number(path: str, value: Any, low: int, high: int, problems: list[Problem]) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        number = int(value)
    if number is None or not low <= number <= high:
        problems.append(Problem(path, value, f"is not a whole number from {low} to {high}", "Give one in that range."))
        return low
    return number


def _mapping(path: str, value: Any, problems: list[Problem]) -> Mapping[str, Any]:
    if value is None or isinstance(value, Mapping):
        return value or {}
    problems.append(Problem(path, value, "is not a dictionary", "Write keys and values."))
    return {}


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
            problems.append(Problem(f"{path}[{index}]", value, f"is no network: {error}", remedy))


def _unfit(text: str) -> tuple[str, str] | None:
    """Why a text cannot be a VIP, and what to write instead; None where it can."""
    example = "Write an address with its prefix, for example 10.0.0.100/24 or fd00::100/64."
    host, slash, length = text.partition("/")
    try:
        address = ip_interface(text)
    except ValueError:
        return "is not an address", example
    if not slash or not length.isdigit() or "%" in host:
        return "has no prefix length, so its network is not known", example
    if address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local:
        return "is an address that no host can serve others with", "Take a free unicast address of the hosts' network."
    network = address.network
    ends = {network.network_address} | ({network.broadcast_address} if address.version == 4 else set())
    if network.num_addresses > 2 and address.ip in ends:
        return "is its network's own or broadcast address", "Take a free address between them."
    return None


def _clashes(vips: Sequence[Vip]) -> Iterable[Problem]:
    names: set[str] = set()
    holders: dict[Any, str] = {}
    for vip in vips:
        if vip.name in names:
            yield Problem(vip.path + ".name", vip.name, "is declared twice", "Give each VIP a name of its own.")
        names.add(vip.name)
        for address in vip.addresses:
            if address.ip in holders:
                yield Problem(
                    vip.path + ".addresses",
                    str(address),
                    f"is also declared by {holders[address.ip]}",
                    "An address belongs to one VIP; add further ports to that VIP's frontend.",
                )
            holders.setdefault(address.ip, vip.name)


def _stranger(path: str, host: Any, hosts: Sequence[str]) -> Problem:
    return Problem(path, host, "is not among the hosts of this VIP", "Use: {}.".format(", ".join(hosts)))
