# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts of an inventory: what is derived for each, the order in which they are changed, and what forbids the
change. Pure.

``hostvars`` is Ansible's, or a dictionary of dictionaries. Each variable is read once."""

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
    return_notes,
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
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import HostState, host_state, order, silenced_by
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.removal import remains, removal_notes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.side_by_side import (
    batches,
    groups_of,
    parallel_groups,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.trades import lost_address_problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The host variable with the result of edge_plan.
PLAN = "k8s_edge_plan"

#: The variable with hosts or addresses, set by hand, that take part in no VIP any more although others list them as
#: peers.
GONE = "k8s_edge_members_gone"

#: The sections of a host's part that have a role of their own. In that role ``<role>_vips`` overrides
#: ``k8s_edge_vips``.
SECTIONS = {
    "keepalived": "keepalived",
    "haproxy": "haproxy",
    "firewall": "firewall",
    "selinux": "selinux",
    "kernel": "kernel",
    "ipvs": "ipvs_director",
}


class Fleet:
    """The hosts of an inventory. ``entries``: the declared VIPs, by default the value of ``k8s_edge_vips``."""

    def __init__(self, groups: Groups, hostvars: Hostvars, entries: Any = None) -> None:
        self.groups = groups
        self.hostvars: Hostvars = hostvars if isinstance(hostvars, HostsReadOnce) else HostsReadOnce(hostvars)
        self._entries = entries
        self._parts: dict[str, dict[str, Any]] = {}

    @cached_property
    def vips(self) -> tuple[Vip, ...]:
        """The declared VIPs. Raises InputError with every problem in them."""
        return vips_of(self.groups, self.hostvars) if self._entries is None else declared(self._entries, self.groups)

    @cached_property
    def down(self) -> tuple[str, ...]:
        """The hosts that are declared down."""
        return hosts_down(self.hostvars)

    @cached_property
    def parallel(self) -> int:
        """How many groups of hosts may be changed at once, one host of each. Raises InputError for malformed values."""
        return parallel_groups(self.hostvars)

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of each host's part."""
        return Derivation(self.vips, self.hostvars)

    @property
    def hosts(self) -> list[str]:
        """The hosts that may hold a VIP or are managed by their role variables alone, without those that are down."""
        return without(list(dict.fromkeys([*hosts_of(self.vips), *by_hand(self.hostvars)])), self.down)

    @property
    def proxied(self) -> list[str]:
        """The hosts whose HAProxy forwards a VIP to servers."""
        return without(hosts_of([vip for vip in self.vips if vip.proxied]), self.down)

    @property
    def backends(self) -> dict[str, list[str]]:
        """The names of HAProxy's backends for VIPs, by host."""
        return {
            host: [front.backend for vip in self.vips if vip.proxied and host in vip.hosts for front in vip.fronts]
            for host in self.proxied
        }

    @property
    def real_servers(self) -> list[str]:
        """The hosts that serve a directed VIP."""
        return without(real_server_hosts(self.vips), self.down)

    @property
    def former_real_servers(self) -> list[str]:
        """The hosts that serve no directed VIP but have more addresses on loopback than the usual ones."""
        serving = real_server_hosts(self.vips)
        return [host for host in self.hosts if host not in serving and shares_loopback(self.hostvars[host])]

    @property
    def notes(self) -> list[str]:
        """What to do when hosts that are down are back."""
        return return_notes(self.vips, self.down)

    @cached_property
    def read(self) -> bool:
        """Whether keepalived's state was read on every host that may hold a VIP."""
        return all(BEFORE in self.variables(host) for host in self.hosts)

    @cached_property
    def host_states(self) -> list[HostState]:
        """The state of every host that may hold a VIP, before the roll; empty if the hosts were not read."""
        return [self._host_state(host) for host in self.hosts] if self.read else []

    @cached_property
    def order(self) -> list[str]:
        """The hosts in the order in which they are changed; in the declared order if they were not read.

        Raises InputError if the declaration cannot work for a host, including its proxies and virtual servers, or while
        others are down."""
        refuse(list(unserved(self.vips, self.down)))
        for host in self.hosts:
            given = self.variables(host)
            refuse(list(unverified(host, self.vips, verified_by(given))))
            self.derivation.proxies(host)
            self.derivation.director(host, given)
        stood = self.host_states
        desired = {host: [*self._instances(host), *self._written(host)] for host in (self.hosts if stood else ())}
        infos = {host: self.variables(host).get(BEFORE) or {} for host in self.hosts}
        refuse(list(lost_address_problems(self.vips, desired, infos)))
        if self.down:
            refuse(list(disagreeing(self.vips, self.down, {each.host: each.coordinated for each in stood})))
        return order(stood, self.derivation.partners) or self.hosts

    @cached_property
    def former_members(self) -> list[dict[str, Any]]:
        """Former members of VIPs, and what happens to each; empty if the hosts were not read."""
        if not self.read:
            return []
        try:
            desired = {host: self.derivation.instances(host, {}) for host in hosts_of(self.vips)}
        except InputError:
            return []  # reported by ``order``, which every run reads
        gone = {str(each) for host in hosts_of(self.vips)[:1] for each in self.variables(host).get(GONE) or ()}
        return [
            each.as_dict(bool(each.host) and truth(self.variables(each.host or "").get("keepalived_purge")))
            for each in former_members(self.vips, desired, self.hostvars, BEFORE)
            if each.instances is not None or not gone & {each.host, each.address}
        ]

    @property
    def leaving(self) -> dict[str, list[str]]:
        """By host: the instances that may be removed first, on former members."""
        found: dict[str, list[str]] = {}
        for each in self.former_members:
            if each["leaves"]:
                found.setdefault(each["host"], []).extend(each["instances"])
        return {host: list(dict.fromkeys(names)) for host, names in found.items()}

    @cached_property
    def foreign(self) -> Foreign:
        """Hand-made configuration on the hosts that conflicts with the declaration."""
        return foreign(self.vips, self.hosts, self.hostvars)

    @property
    def unheld(self) -> list[dict[str, str]]:
        """The addresses that no member holds, each with a host that can ask whether an outsider answers for it."""
        return unheld(self.vips, self.hostvars, BEFORE) if self.read else []

    @property
    def remains(self) -> list[dict[str, Any]]:
        """What each host still has from this collection, if ``k8s_edge_vips`` is an empty list."""
        return remains(self.groups, self.hostvars)

    @property
    def remaining(self) -> list[str]:
        """A sentence for each host that keeps some of it."""
        return removal_notes(self.groups, self.hostvars)

    def silenced(self, host: str) -> list[str]:
        """The peers that must be stopped while keepalived on this host is changed; empty if nothing was read."""
        return silenced_by(host, self.host_states, self.derivation.partners)

    def section(self, name: str, host: str, given: Mapping[str, Any] | None = None) -> Any:
        """One section of a host's part. ``given`` overrides the host's variables."""
        variables = ChainMap(dict(given or {}), self.variables(host))  # type: ignore[arg-type]  # it is only read
        derivation = self.derivation
        entries = self.variables(host).get(f"{SECTIONS[name]}_vips") if given is None else None
        if entries is not None:
            derivation = Derivation(declared(entries, self.groups), self.hostvars)
        found = getattr(derivation, name)(host, variables)
        return {**found, "silenced": self.silenced(host)} if name == "keepalived" else found

    def host(self, name: str) -> dict[str, Any]:
        """The whole part of a host as plain data. A host that is only a real server has the section ``ipvs`` alone."""
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
        """The result of edge_plan on a host; empty if it did not run there."""
        return self.variables(host).get(PLAN) or {}

    @property
    def changing(self) -> list[str]:
        """The hosts with something to change, in order: former members, real servers (before directors send them
        packets), and members."""
        others = [host for host in (*self.leaving, *self.real_servers) if host not in self.hosts]
        members = [host for batch in self.batches for host in batch]
        return [*(host for host in dict.fromkeys(others) if host in self._needed), *members]

    @property
    def beside_changing(self) -> list[str]:
        """The members that change, and those that share a VIP with a host that changes."""
        changing = set(self.changing)
        beside = {host for vip in self.vips if changing & set(vip.hosts) for host in vip.hosts}
        return [host for host in self.hosts if host in beside]

    @cached_property
    def batches(self) -> list[list[str]]:
        """The members with something to change, in steps: the hosts of a step are changed side by side."""
        members = [host for host in self.order if host in self._needed]
        groups = groups_of(self.hosts, self.vips, self.hostvars) if self.parallel > 1 else {}
        return batches(members, groups, self.parallel)

    @cached_property
    def _needed(self) -> set[str]:
        """The hosts with something to change, and the peers that are stopped for them: a stopped peer is started again
        by its own change."""
        needed = {host for host in self.concerned if self.plan(host).get("would_change", True)} | set(self.leaving)
        return needed | {peer for host in self.hosts if host in needed for peer in self.silenced(host)}

    def variables(self, host: str) -> Mapping[str, Any]:
        """The variables of a host; empty for a host that is not in the inventory."""
        return self.hostvars.get(host) or {}

    def _instances(self, host: str) -> list[dict[str, Any]]:
        return self.derivation.instances(host, self.variables(host).get("keepalived_instance_defaults") or {})

    def _written(self, host: str) -> list[Mapping[str, Any]]:
        """The instances that the host's own variables declare."""
        return [each for each in self.variables(host).get("keepalived_instances") or () if "name" in each]

    def _host_state(self, host: str) -> HostState:
        known = self.variables(host)
        steps = ((self.plan(host).get("planes") or {}).get("keepalived_config") or {}).get("steps") or ()
        leads = len(self.derivation.led_by(host))
        return host_state(host, self.vips, known, known[BEFORE], self._instances(host), steps, leads)
