# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared VIP, and its profile: the kind of VIP that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any, ClassVar, NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import Front, Port, fronts

Interface = Union[IPv4Interface, IPv6Interface]
Section = dict[str, Any]

VARIABLE = "k8s_edge_vips"


class ByHand(NamedTuple):
    """An option of a VIP that accepts a module's options, which override the derived ones. ``fixed``: options
    determined by the VIP. ``of_one_port``: options that a VIP with several ports cannot have."""

    options: Mapping[str, Spec]
    fixed: tuple[str, ...]
    of_one_port: tuple[str, ...] = ()


class Noticed(NamedTuple):
    """How long directors take to notice a server's state, at most, in seconds. ``left``: until a server that reports
    that it stops gets no new connections. ``back``: until a server that reports that it serves gets some."""

    left: float
    back: float


class Profile:
    """A kind of VIP. A file in ``_profiles`` defines it as ``PROFILE``; no other code needs to know it.

    ``about``: one or more sentences on where such a VIP leads. ``options``: the options of a VIP that only some
    profiles have, as an argument spec with descriptions. ``{vips}`` in a description stands for the role's variable."""

    name = ""
    about = ""
    options: ClassVar[Mapping[str, Spec]] = {}
    #: HAProxy on the holder forwards to the servers.
    proxied = False
    #: The holder's kernel forwards to the servers, which have the VIP on their loopback interface.
    directed = False
    #: The servers are apiservers with certificates signed by a CA. A host that is an apiserver can serve by itself.
    apiservers = False

    def by_hand(self) -> Mapping[str, ByHand]:
        """The ``options`` that accept a module's options."""
        return {}

    def problems(
        self, path: str, entry: Mapping[str, Any], servers: Sequence[str], ports: Sequence[Port]
    ) -> Iterator[Problem]:
        """Problems of an entry of ``k8s_edge_vips``, whose types have been checked."""
        yield from ()

    def settings(self, entry: Mapping[str, Any], ports: Sequence[Port]) -> Any:
        """What the profile itself reads from an entry; kept in ``Vip.settings``."""

    def conflicts(self, vips: Sequence[Vip]) -> Iterator[Problem]:
        """Problems of this profile's VIPs in combination."""
        yield from ()

    def proxies(self, vip: Vip, servers: Mapping[str, str], health: Health) -> Iterator[tuple[Section, Section]]:
        """HAProxy's frontend and backend for each port, as haproxy_config takes them. ``servers``: addresses by
        name."""
        yield from ()

    def virtual_servers(self, vip: Vip, address: Interface, servers: Sequence[str]) -> Iterator[Section]:
        """The virtual servers of one address, as keepalived_config takes them. ``servers``: addresses."""
        yield from ()

    def asked_port(self, vip: Vip) -> int | None:
        """The port at which directors check a real server; None if they do not."""

    def noticed_after(self, vip: Vip) -> Noticed | None:
        """How long directors take to notice what a real server reports; None for other profiles."""


class Vip(NamedTuple):
    """One entry of ``k8s_edge_vips``.

    ``addresses``: at most one of each family, each with its prefix. ``hosts``: the names of the hosts that may hold it,
    sorted naturally (web-2 before web-10). ``servers``: the names of the hosts that serve it. ``endpoint``: the name
    that clients use; empty if they use the address. ``clients``: the networks of the clients; empty for any. ``ports``:
    the clients' ports and the corresponding ports of the servers; empty if unknown. ``maxconn``: declared, or computed
    from the number of nodes. ``instance``, ``frontend`` and ``backend``: options set by hand that override the derived
    ones."""

    name: str
    addresses: tuple[Interface, ...]
    hosts: tuple[str, ...]
    servers: tuple[str, ...]
    endpoint: str
    clients: tuple[str, ...]
    ports: tuple[Port, ...]
    profile: Profile
    virtual_router_id: int | None
    interface: str | None
    priorities: Mapping[str, int]
    holder: str | None
    maxconn: int
    instance: Mapping[str, Any]
    frontend: Mapping[str, Any]
    backend: Mapping[str, Any]
    settings: Any = None

    @property
    def path(self) -> str:
        """The path of this entry in messages."""
        return f"{VARIABLE}[{self.name}]"

    @property
    def proxied(self) -> bool:
        """Whether HAProxy forwards it to servers."""
        return self.profile.proxied and bool(self.servers)

    @property
    def directed(self) -> bool:
        """Whether its holder's kernel forwards it to servers."""
        return self.profile.directed

    @property
    def fronts(self) -> tuple[Front, ...]:
        """A frontend and a backend of HAProxy for each port; empty if HAProxy does not forward it."""
        return fronts(self.name, self.ports) if self.proxied else ()

    @property
    def beside(self) -> bool:
        """Whether every host that may hold the VIP is also one of its apiservers, so that HAProxy runs beside an
        apiserver."""
        return self.proxied and self.profile.apiservers and set(self.hosts) <= set(self.servers)
