# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts of an inventory together: what is derived for each, in which order they are changed, and what forbids it.

``hostvars`` is Ansible's, or a dictionary of dictionaries. Each variable is read once. Pure.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import real_server_hosts, shares_loopback
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import verified_by
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host import Derivation
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import unverified
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import (
    disagreeing,
    hosts_down,
    owed,
    unserved,
    without,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.former import former_members, unheld
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import (
    Groups,
    HostsReadOnce,
    Hostvars,
    by_hand,
    hosts_of,
    vips_of,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.foreign import Foreign, foreign
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import Standing, order, silenced_by, standing
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.removal import remains, removal_notes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.side_by_side import (
    batches,
    groups_of,
    parallel_groups,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.trades import trades
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: What edge_plan answered there.
PLAN = "k8s_edge_plan"

#: Hosts or addresses, by hand: those that take part in no VIP any more, though others still name them as peers.
GONE = "k8s_edge_members_gone"

#: The sections of a host's part that have a role of their own; ``<role>_vips`` goes over ``k8s_edge_vips`` there.
SECTIONS = {
    "keepalived": "keepalived",
    "haproxy": "haproxy",
    "firewall": "firewall",
    "selinux": "selinux",
    "kernel": "kernel",
    "ipvs": "ipvs_director",
}


class Fleet:
    """The hosts of an inventory. ``entries`` is the declaration, by default what ``k8s_edge_vips`` says."""

    def __init__(self, groups: Groups, hostvars: Hostvars, entries: Any = None) -> None:
        self.groups = groups
        self.hostvars: Hostvars = hostvars if isinstance(hostvars, HostsReadOnce) else HostsReadOnce(hostvars)
        self._entries = entries
        self._parts: dict[str, dict[str, Any]] = {}

    @cached_property
    def vips(self) -> tuple[Vip, ...]:
        """The declaration; InputError with everything that is wrong with it."""
        return vips_of(self.groups, self.hostvars) if self._entries is None else declared(self._entries, self.groups)

    @cached_property
    def down(self) -> tuple[str, ...]:
        """The hosts that are declared down."""
        return hosts_down(self.hostvars)

    @cached_property
    def parallel(self) -> int:
        """How many groups of hosts may have one of theirs changed at once; InputError where that is not a number."""
        return parallel_groups(self.hostvars)

    @cached_property
    def derivation(self) -> Derivation:
        """What is derived for each host."""
        return Derivation(self.vips, self.hostvars)

    @property
    def hosts(self) -> list[str]:
        """Those that may hold a VIP, and those that are managed by their role variables alone, without those that are
        down."""
        return without(list(dict.fromkeys([*hosts_of(self.vips), *by_hand(self.hostvars)])), self.down)

    @property
    def proxied(self) -> list[str]:
        """Those whose HAProxy leads a VIP to its servers."""
        return without(hosts_of([vip for vip in self.vips if vip.proxied]), self.down)

    @property
    def backends(self) -> dict[str, list[str]]:
        """The names of HAProxy's backends for the VIPs of each such host."""
        return {
            host: [front.backend for vip in self.vips if vip.proxied and host in vip.hosts for front in vip.fronts]
            for host in self.proxied
        }

    @property
    def real_servers(self) -> list[str]:
        """Those that serve a directed VIP."""
        return without(real_server_hosts(self.vips), self.down)

    @property
    def former_real_servers(self) -> list[str]:
        """Those that serve none, and have more on loopback than every host has there."""
        serving = real_server_hosts(self.vips)
        return [host for host in self.hosts if host not in serving and shares_loopback(self.hostvars[host])]

    @property
    def notes(self) -> list[str]:
        """What is to be done when hosts that are down come back."""
        return owed(self.vips, self.down)

    @cached_property
    def read(self) -> bool:
        """Whether every host that may hold a VIP was asked what its keepalived does."""
        return all(BEFORE in self.variables(host) for host in self.hosts)

    @cached_property
    def standings(self) -> list[Standing]:
        """How every host that may hold a VIP stood before the roll; nothing where they were not read."""
        return [self._standing(host) for host in self.hosts] if self.read else []

    @cached_property
    def order(self) -> list[str]:
        """The hosts in the order in which they are changed; the declared order where they have not been read.

        InputError where the declaration cannot work for one of them, its proxies and virtual servers included, or not
        while others are down.
        """
        refuse(list(unserved(self.vips, self.down)))
        for host in self.hosts:
            given = self.variables(host)
            refuse(list(unverified(host, self.vips, verified_by(given))))
            self.derivation.proxies(host)
            self.derivation.director(host, given)
        stood = self.standings
        desired = {host: [*self._instances(host), *self._written(host)] for host in (self.hosts if stood else ())}
        refuse(list(trades(self.vips, desired, {host: self.variables(host).get(BEFORE) or {} for host in self.hosts})))
        if self.down:
            refuse(list(disagreeing(self.vips, self.down, {each.host: each.coordinated for each in stood})))
        return order(stood, self.derivation.partners) or self.hosts

    @cached_property
    def former_members(self) -> list[dict[str, Any]]:
        """Hosts that take part in a VIP of which they are declared no longer, and what becomes of each; none where the
        hosts have not been read."""
        if not self.read:
            return []
        try:
            desired = {host: self.derivation.instances(host, {}) for host in hosts_of(self.vips)}
        except InputError:
            return []  # told by the order, which every run asks
        gone = {str(each) for host in hosts_of(self.vips)[:1] for each in self.variables(host).get(GONE) or ()}
        return [
            each.told(bool(each.host) and truth(self.variables(each.host or "").get("keepalived_purge")))
            for each in former_members(self.vips, desired, self.hostvars, BEFORE)
            if each.instances is not None or not gone & {each.host, each.address}
        ]

    @property
    def leaving(self) -> dict[str, list[str]]:
        """The former members whose instances may be taken out first, with these."""
        found: dict[str, list[str]] = {}
        for each in self.former_members:
            if each["leaves"]:
                found.setdefault(each["host"], []).extend(each["instances"])
        return {host: list(dict.fromkeys(names)) for host, names in found.items()}

    @cached_property
    def foreign(self) -> Foreign:
        """What somebody set up by hand there, where it meets what is declared."""
        return foreign(self.vips, self.hosts, self.hostvars)

    @property
    def unheld(self) -> list[dict[str, str]]:
        """The addresses that none of their hosts holds, each with a host that can ask whether somebody else does."""
        return unheld(self.vips, self.hostvars, BEFORE) if self.read else []

    @property
    def remains(self) -> list[dict[str, Any]]:
        """What each host still has of ours, where ``k8s_edge_vips`` is an empty list."""
        return remains(self.groups, self.hostvars)

    @property
    def remaining(self) -> list[str]:
        """A sentence for each host on which something of that is not removed."""
        return removal_notes(self.groups, self.hostvars)

    def silenced(self, host: str) -> list[str]:
        """The peers that must be silent while keepalived on this host is changed; none where nothing was read."""
        return silenced_by(host, self.standings, self.derivation.partners)

    def section(self, name: str, host: str, given: Mapping[str, Any] | None = None) -> Any:
        """One section of a host's part; ``given`` goes over the host's variables."""
        variables = ChainMap(dict(given or {}), self.variables(host))  # type: ignore[arg-type]  # it is only read
        derivation = self.derivation
        entries = self.variables(host).get(f"{SECTIONS[name]}_vips") if given is None else None
        if entries is not None:
            derivation = Derivation(declared(entries, self.groups), self.hostvars)
        found = getattr(derivation, name)(host, variables)
        return {**found, "silenced": self.silenced(host)} if name == "keepalived" else found

    def host(self, name: str) -> dict[str, Any]:
        """The whole part of a host, as plain data; of one that is only a real server, its section ``ipvs``."""
        if name not in self._parts:
            self._parts[name] = self._part(name)
        return self._parts[name]

    def _part(self, name: str) -> dict[str, Any]:
        sections = SECTIONS if name in self.hosts or name in self.leaving else ["ipvs"]
        return {**{each: self.section(each, name) for each in sections}, "leaving": self.leaving.get(name, [])}

    @property
    def concerned(self) -> list[str]:
        """The hosts that have a part."""
        return list(dict.fromkeys([*self.leaving, *self.hosts, *self.real_servers]))

    def plan(self, host: str) -> Mapping[str, Any]:
        """What edge_plan answered on a host; nothing where it was not asked."""
        return self.variables(host).get(PLAN) or {}

    @property
    def changing(self) -> list[str]:
        """The hosts that have something to do, in the order in which they are changed: former members that leave, real
        servers, which directors may send packets to afterwards, and the members."""
        others = [host for host in (*self.leaving, *self.real_servers) if host not in self.hosts]
        members = [host for batch in self.batches for host in batch]
        return [*(host for host in dict.fromkeys(others) if host in self._needed), *members]

    @property
    def beside_changing(self) -> list[str]:
        """The members that change, and those that share a VIP with one that does."""
        changing = set(self.changing)
        beside = {host for vip in self.vips if changing & set(vip.hosts) for host in vip.hosts}
        return [host for host in self.hosts if host in beside]

    @cached_property
    def batches(self) -> list[list[str]]:
        """The members that have something to do, in steps: those of one step are changed side by side."""
        members = [host for host in self.order if host in self._needed]
        groups = groups_of(self.hosts, self.vips, self.hostvars) if self.parallel > 1 else {}
        return batches(members, groups, self.parallel)

    @cached_property
    def _needed(self) -> set[str]:
        """The hosts that have something to do. A peer that must be stopped for the change of another has to come up
        again with its own."""
        needed = {host for host in self.concerned if self.plan(host).get("would_change", True)} | set(self.leaving)
        return needed | {peer for host in self.hosts if host in needed for peer in self.silenced(host)}

    def variables(self, host: str) -> Mapping[str, Any]:
        """The variables of a host; none where the inventory does not have it."""
        return self.hostvars.get(host) or {}

    def _instances(self, host: str) -> list[dict[str, Any]]:
        return self.derivation.instances(host, self.variables(host).get("keepalived_instance_defaults") or {})

    def _written(self, host: str) -> list[Mapping[str, Any]]:
        """The instances that are written by hand for it."""
        return [each for each in self.variables(host).get("keepalived_instances") or () if "name" in each]

    def _standing(self, host: str) -> Standing:
        known = self.variables(host)
        steps = ((self.plan(host).get("planes") or {}).get("keepalived_config") or {}).get("steps") or ()
        leads = len(self.derivation.led_by(host))
        return standing(host, self.vips, known, known[BEFORE], self._instances(host), steps, leads)
