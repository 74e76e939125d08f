# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VIP as it is declared, and its profile: the kind of VIP it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any, ClassVar, NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import Front, Port, fronts

Interface = Union[IPv4Interface, IPv6Interface]
Section = dict[str, Any]

VARIABLE = "k8s_edge_vips"


class ByHand(NamedTuple):
    """An option of a VIP that takes a module's own options, which go over what is derived. ``fixed`` follow from the
    VIP; ``of_one_port`` cannot be given where the VIP has several ports."""

    options: Mapping[str, Spec]
    fixed: tuple[str, ...]
    of_one_port: tuple[str, ...] = ()


class Noticed(NamedTuple):
    """Seconds, at most: until a server that says that it does not serve gets no new connections any more, and until one
    that says that it does gets them."""

    left: float
    back: float


class Profile:
    """A kind of VIP. A file in ``_profiles`` defines one as ``PROFILE``; nothing else has to know of it.

    ``about`` says in one or more sentences where such a VIP leads. ``options`` are those of a VIP that not every
    profile has, as an argument spec with descriptions, in which ``{vips}`` stands for the role's variable.
    """

    name = ""
    about = ""
    options: ClassVar[Mapping[str, Spec]] = {}
    #: HAProxy on the holder leads to the servers.
    proxied = False
    #: The kernel of the holder leads to the servers, which have the VIP on their loopback interface.
    directed = False
    #: The servers are apiservers, whose certificates a CA has signed. A host that is one of them can serve by itself.
    apiservers = False

    def by_hand(self) -> Mapping[str, ByHand]:
        """Those of ``options`` that take a module's own options."""
        return {}

    def problems(
        self, path: str, entry: Mapping[str, Any], servers: Sequence[str], ports: Sequence[Port]
    ) -> Iterator[Problem]:
        """What is wrong with an entry of ``k8s_edge_vips``, whose types are right."""
        yield from ()

    def settings(self, entry: Mapping[str, Any], ports: Sequence[Port]) -> Any:
        """What the profile reads from an entry for itself; kept in ``Vip.settings``."""

    def conflicts(self, vips: Sequence[Vip]) -> Iterator[Problem]:
        """What is wrong with the VIPs of this profile together."""
        yield from ()

    def proxies(self, vip: Vip, servers: Mapping[str, str], checks: Checks) -> Iterator[tuple[Section, Section]]:
        """HAProxy's frontend and backend for each port, as haproxy_config takes them. ``servers`` are addresses by
        name."""
        yield from ()

    def virtual_servers(self, vip: Vip, address: Interface, servers: Sequence[str]) -> Iterator[Section]:
        """The virtual servers of one address, as keepalived_config takes them. ``servers`` are addresses."""
        yield from ()

    def asked_port(self, vip: Vip) -> int | None:
        """The port at which directors ask a real server whether it serves; None where they do not."""

    def noticed_after(self, vip: Vip) -> Noticed | None:
        """How long directors take to notice what a real server says of itself; None where there are none."""


class Vip(NamedTuple):
    """One entry of ``k8s_edge_vips``.

    ``addresses`` holds at most one address of each family, each with its prefix. ``hosts`` are the names of the hosts
    that may hold it, web-2 before web-10; ``servers`` those that serve it. ``endpoint`` is the name that clients use,
    empty where they use the address; ``clients`` are the networks that they are in, none for everywhere. ``ports`` are
    those that clients connect to, none where that is not known, and where they lead. ``maxconn`` is set by hand or
    follows from the number of nodes. ``instance``, ``frontend`` and ``backend`` are set by hand and go over what is
    derived.
    """

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
        """How messages name this entry."""
        return f"{VARIABLE}[{self.name}]"

    @property
    def proxied(self) -> bool:
        """Whether HAProxy leads to servers of it."""
        return self.profile.proxied and bool(self.servers)

    @property
    def directed(self) -> bool:
        """Whether the kernel of its holder leads to servers of it."""
        return self.profile.directed

    @property
    def fronts(self) -> tuple[Front, ...]:
        """A frontend and a backend of HAProxy for each port; none where the VIP does not lead there."""
        return fronts(self.name, self.ports) if self.proxied else ()

    @property
    def beside(self) -> bool:
        """Whether every host that may hold the VIP is an apiserver too, so that HAProxy runs beside it."""
        return self.proxied and self.profile.apiservers and set(self.hosts) <= set(self.servers)
