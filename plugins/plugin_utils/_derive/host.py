# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host has to run, let in and allow, by the declaration and by its own variables. Pure.

Roles that are used alone give their own variables. In a playbook they stand in the inventory, and what is not there has
the default of its role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import director, loopback_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.firewall_needs import firewall_needs, understood
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.selinux_needs import programs
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import (
    Member,
    desired_instances,
    instance_name,
    members,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, released, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import partners_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

Hostvars = Mapping[str, Mapping[str, Any]]
Variables = Mapping[str, Any]

#: What every derived instance has unless ``keepalived_instance_defaults`` or the VIP's ``instance`` say otherwise.
#: VRRP 3 with half a second between advertisements: a lost holder is followed within 1.5 to 2 seconds. A gratuitous
#: ARP every minute heals the caches that missed one.
INSTANCE_DEFAULTS = {"version": 3, "advert_int": 0.5, "garp_master_refresh": 60}

#: Where HAProxy says on loopback how it is, unless a variable says otherwise.
HEALTH_PORT = 8404

#: Where keepalived's check scripts lie. What lies in the folder of the EL family gets the SELinux type that keepalived
#: may run.
SCRIPT_FOLDER = "/etc/keepalived"
SCRIPT_FOLDERS = {"RedHat": "/usr/libexec/keepalived"}


class Derivation:
    """What is derived from VIPs for any host; what the hosts have in common is derived once."""

    def __init__(self, vips: Sequence[Vip], hostvars: Hostvars) -> None:
        self.vips = vips
        self.hostvars = hostvars
        self._everyone: list[tuple[Any, dict[str, list[dict[str, Any]]]]] = []

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every host's part in every instance."""
        return members(self.vips, self.hostvars)

    @cached_property
    def partners(self) -> dict[str, list[str]]:
        """For each host those that it shares a VIP with."""
        return partners_of(self.vips)

    def instances(
        self,
        host: str,
        defaults: Variables,
        scripts: Sequence[Variables] = (),
        watch: Watch | None = None,
    ) -> list[dict[str, Any]]:
        """The vrrp_instances of one host, derived and checked across all hosts.

        With ``watch``, where the host was read, an instance also gives up the watchers of ours that it no longer needs.
        """
        options = (overridden(INSTANCE_DEFAULTS, defaults), list(scripts), watch)
        derived = next((found for known, found in self._everyone if known == options), None)
        if derived is None:
            derived = desired_instances(self.members, *options)
            self._everyone.append((options, derived))
        mine = derived.get(host, [])
        if watch is None:
            return mine
        written = written_instances((self.hostvars.get(host) or {}).get(BEFORE) or {})
        owner = {instance_name(vip, address): vip for vip in self.vips for address in vip.addresses}
        return [{**each, **released(each, written.get(each["name"], {}), owner[each["name"]])} for each in mine]

    def led_by(self, host: str) -> list[str]:
        """The names of the instances in which the host has the highest priority."""
        highest: dict[str, int] = {}
        for part in self.members:
            highest[part.instance] = max(part.priority, highest.get(part.instance, 0))
        return [part.instance for part in self.members if part.host == host and part.priority == highest[part.instance]]

    def keepalived(self, host: str, variables: Variables) -> dict[str, Any]:
        """Its instances, what they track, and what it directs, as ``keepalived_config`` takes them; its
        ``script_folder``; its ``partners``, who could take over, and ``alone``, whether all who could are down."""
        family = (variables.get("ansible_facts") or {}).get("os_family")
        folder = SCRIPT_FOLDERS.get(str(family), SCRIPT_FOLDER)
        tells = variables.get("keepalived_process_events", (variables.get(BEFORE) or {}).get("process_events"))
        watch = Watch(
            health_port=_health_port(variables, "keepalived"),
            folder=folder,
            check=variables.get("keepalived_health_check") or {},
            servers=truth(variables.get("keepalived_require_servers")),
            processes=tells is None or bool(tells),
        )
        scripts = _list(variables, "keepalived_scripts")
        partners = self.partners.get(host, [])
        able = without(partners, hosts_down(self.hostvars))
        return {
            "instances": self.instances(host, variables.get("keepalived_instance_defaults") or {}, scripts, watch),
            **watchers(host, self.vips, self.hostvars, watch),
            **self.director(host, variables),
            "script_folder": folder,
            "partners": able,
            "alone": bool(partners and not able),
        }

    def director(self, host: str, variables: Variables) -> dict[str, Any]:
        """Its part of keepalived.conf as a director, nothing in it for other hosts."""
        further = _list(variables, "keepalived_virtual_servers")
        return director(host, self.vips, self.hostvars, lambda: self.members, further)

    def proxies(self, host: str, health_port: int = HEALTH_PORT) -> dict[str, list[dict[str, Any]]]:
        """HAProxy's frontends and backends, but for what hangs on its version and on the file of a CA."""
        return desired_proxies(host, self.vips, self.hostvars, Checks("", health_port))

    def firewall(self, host: str, variables: Variables) -> dict[str, list[Any]]:
        """What it lets in, as ``firewall_access`` takes it, and the names of the instances that only keepalived.conf
        has (``undeclared``)."""
        sections = variables.get("firewall_sections")
        if sections is None:
            sections = [*_list(variables, "haproxy_frontends"), *_list(variables, "haproxy_listens")]
        defaults = _either(variables, "firewall_instance_defaults", "keepalived_instance_defaults") or {}
        own = _either(variables, "firewall_instances", "keepalived_instances") or ()
        instances = [*self.instances(host, defaults), *own]
        names = {each.get("name") for each in instances}
        undeclared = [each for each in _kept(variables) if each.get("name") not in names]
        found = firewall_needs(
            [vip for vip in self.vips if host in vip.hosts],
            [*instances, *(each for each in undeclared if understood(each))],
            {each["name"]: each for each in self.proxies(host)["frontends"]},
            sections,
            _either(variables, "firewall_global_defs", "keepalived_global_defs") or {},
        )
        return {**found, "undeclared": [each["name"] for each in undeclared]}

    def selinux(self, host: str, variables: Variables) -> list[Any]:
        """Its programs and what they need, as ``selinux_access`` takes them."""
        port = _health_port(variables, "selinux")
        derived = self.proxies(host, port)
        sections = variables.get("selinux_sections")
        if sections is None:
            kinds = ("haproxy_frontends", "haproxy_listens", "haproxy_backends")
            sections = [each for kind in kinds for each in _list(variables, kind)]
        return programs(
            [*derived["frontends"], *derived["backends"], *sections],
            _either(variables, "selinux_global", "haproxy_global") or {},
            port,
            _either(variables, "selinux_scripts", "keepalived_scripts") or (),
        )

    def kernel(self, host: str, variables: Variables) -> dict[str, int]:
        """The kernel's parameters by which HAProxy may bind a VIP that another host holds, for each family that it
        binds one of."""
        sections = variables.get("kernel_sections")
        if sections is None:
            sections = [*_list(variables, "haproxy_frontends"), *_list(variables, "haproxy_listens")]
        named = {str(bind.get("address")) for section in sections for bind in section.get("bind") or ()}
        held = [vip for vip in self.vips if host in vip.hosts]
        families = {each.version for vip in held for each in vip.addresses if vip.proxied or str(each.ip) in named}
        return {f"net.ipv{version}.ip_nonlocal_bind": 1 for version in sorted(families)}

    def ipvs(self, host: str, variables: Variables) -> dict[str, Any]:
        """Its part as a director, and ``loopback``, the VIPs that it serves as a real server."""
        return {**self.director(host, variables), "loopback": loopback_addresses(host, self.vips)}


def _list(variables: Variables, name: str) -> Sequence[Any]:
    return list(variables.get(name) or ())


def _either(variables: Variables, name: str, other: str) -> Any:
    """The variable of a role, or what its default takes it from."""
    given = variables.get(name)
    return variables.get(other) if given is None else given


def _health_port(variables: Variables, role: str) -> int:
    return int(_either(variables, f"{role}_health_port", "k8s_edge_health_port") or HEALTH_PORT)


def _kept(variables: Variables) -> Sequence[Any]:
    """The instances that keepalived.conf had when the playbook began, where it keeps what nobody declares."""
    if truth(variables.get("keepalived_purge")):
        return ()
    return ((variables.get(BEFORE) or {}).get("configuration") or {}).get("instances") or ()
