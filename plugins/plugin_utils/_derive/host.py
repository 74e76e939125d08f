# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host must run, accept and allow, derived from the declaration and the host's variables. Pure.

A role used alone passes its own variables. In a playbook they come from the inventory; a variable that is not set has
the role's default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.check_scripts import check_scripts
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import (
    LOOPBACK_PARAMETERS,
    director,
    director_modules,
    director_parameters,
    loopback_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.firewall_needs import firewall_needs, understood
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import (
    CONFIG_PATH,
    LOGS,
    giving_way,
    kube_ca,
    left_alone,
    verified_by,
    whole_haproxy_cfg,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.keepalived_file import (
    CONFIG_PATH as KEEPALIVED_PATH,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.keepalived_file import (
    SCRIPT_USER,
    whole_keepalived_conf,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies, unverified
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.selinux_needs import programs
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import (
    Member,
    desired_instances,
    instance_name,
    members,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, released, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import BY_HAND, partners_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    HAPROXY_BEFORE,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE, Vip

Hostvars = Mapping[str, Mapping[str, Any]]
Variables = Mapping[str, Any]

#: The options of every derived instance unless ``keepalived_instance_defaults`` or the VIP's ``instance`` set others.
#: With VRRP 3 and an advertisement every 0.5 s, a failed holder is replaced within 1.5 to 2 s. A gratuitous ARP every
#: 60 s corrects caches that missed one.
INSTANCE_DEFAULTS = {"version": 3, "advert_int": 0.5, "garp_master_refresh": 60}

#: The port of HAProxy's health page on loopback.
HEALTH_PORT = 8404

#: The directory of keepalived's check scripts. On the EL family, files in that directory get the SELinux type that
#: keepalived may execute.
SCRIPT_DIRECTORY = "/etc/keepalived"
SCRIPT_DIRECTORIES = {"RedHat": "/usr/libexec/keepalived"}


#: No proxies: if no VIP leads through HAProxy, keepalived does not check it.
_NO_PROXIES: dict[str, list[dict[str, Any]]] = {"frontends": [], "backends": []}

#: Variables that make keepalived run on a host without a VIP.
KEEPALIVED_BY_HAND = ("keepalived_instances", "keepalived_virtual_servers")


class Derivation:
    """Derives the part of any host from the VIPs. What hosts have in common is derived once."""

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
        """For each host, the hosts that share a VIP with it."""
        return partners_of(self.vips)

    def instances(
        self,
        host: str,
        defaults: Variables,
        scripts: Sequence[Variables] = (),
        watch: Watch | None = None,
    ) -> list[dict[str, Any]]:
        """The vrrp_instances of one host, derived and checked across all hosts.

        With ``watch``, if the host was read, an instance also lists the derived trackers that it must stop tracking."""
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
        """The host's part in keepalived:

        ``instances``, ``scripts`` and the like, as ``keepalived_config`` takes them; ``options``, all of its options
        together; ``files``, ``users`` and ``script_directory``; ``serves``, whether keepalived has anything to do on
        the host; ``partners``, which could take over; ``peer_paths``, the path of each partner's keepalived.conf;
        ``alone``, whether all partners are down.

        Raises InputError for a system that is not supported."""
        facts = variables.get("ansible_facts") or {}
        directory = SCRIPT_DIRECTORIES.get(_family(host, facts), SCRIPT_DIRECTORY)
        tells = variables.get("keepalived_process_events", (variables.get(BEFORE) or {}).get("process_events"))
        watch = Watch(
            health_port=_health_port(variables, "keepalived"),
            directory=directory,
            check=variables.get("keepalived_health_check") or {},
            servers=truth(variables.get("keepalived_require_servers")),
            processes=tells is None or bool(tells),
        )
        further = _list(variables, "keepalived_scripts")
        partners = self.partners.get(host, [])
        able = without(partners, hosts_down(self.hostvars))
        part: dict[str, Any] = {
            "instances": self.instances(host, variables.get("keepalived_instance_defaults") or {}, further, watch),
            **watchers(host, self.vips, self.hostvars, watch),
            **self.director(host, variables),
        }
        user = str(variables.get("keepalived_script_user") or SCRIPT_USER)
        return {
            **part,
            "options": whole_keepalived_conf(host, user, part, variables),
            "files": check_scripts(part["scripts"], facts),
            "users": [user] if user == SCRIPT_USER else [],
            "serves": host in self.partners or any(variables.get(name) for name in KEEPALIVED_BY_HAND),
            "script_directory": directory,
            "partners": able,
            "peer_paths": {peer: self._path_on(peer, host, variables) for peer in able},
            "alone": bool(partners and not able),
        }

    def _path_on(self, peer: str, host: str, variables: Variables) -> str:
        """The path of a peer's keepalived.conf. A path that was passed to the role for ``host``, and is not in the
        inventory, applies to all hosts of the role."""
        name = "keepalived_config_path"
        own = (self.hostvars.get(host) or {}).get(name)
        common = variables.get(name) if own is None else None
        return str((self.hostvars.get(peer) or {}).get(name) or common or KEEPALIVED_PATH)

    def director(self, host: str, variables: Variables) -> dict[str, Any]:
        """The host's part of keepalived.conf as a director; empty for other hosts."""
        further = _list(variables, "keepalived_virtual_servers")
        return director(host, self.vips, self.hostvars, lambda: self.members, further)

    def proxies(self, host: str, health_port: int = HEALTH_PORT) -> dict[str, list[dict[str, Any]]]:
        """HAProxy's frontends and backends, without what depends on its version or on the CA file."""
        return desired_proxies(host, self.vips, self.hostvars, Health("", health_port))

    def haproxy(self, host: str, variables: Variables) -> dict[str, Any]:
        """The host's part in HAProxy:

        ``options`` of ``haproxy_config``; ``files`` that they need; ``verified_by``, the CA's path on the host, empty
        if apiservers are not verified; ``serves``, whether HAProxy serves a VIP or a section declared by hand;
        ``gives_way``, the result of ``giving_way``; if nothing is served, also the result of ``left_alone``.

        Raises InputError for a system that is not supported, and for a file that is not a CA."""
        path = str(variables.get("haproxy_config_path") or CONFIG_PATH)
        family = _family(host, variables.get("ansible_facts") or {})
        refuse(list(unverified(host, self.vips, verified_by(variables))))
        asks = any(vip.profile.apiservers for vip in self.vips if host in vip.hosts and vip.proxied)
        ca = kube_ca(variables, path) if asks else None
        version = str((variables.get(HAPROXY_BEFORE) or {}).get("version") or "")
        health = Health(ca.path if ca else "", _health_port(variables, "haproxy"), version)
        derived = desired_proxies(host, self.vips, self.hostvars, health)
        by_hand = {
            **{kind: variables.get(f"haproxy_{kind}") or {} for kind in ("global", "defaults")},
            **{kind: _list(variables, f"haproxy_{kind}") for kind in ("frontends", "listens", "backends", "sections")},
            "purge": truth(variables.get("haproxy_purge")),
        }
        serves = bool(derived["backends"])
        if not serves and truth(variables.get(BY_HAND)) and (by_hand["frontends"] or by_hand["listens"]):
            derived, serves = _NO_PROXIES, True
        options = whole_haproxy_cfg(path, family, derived, by_hand)
        return {
            "options": options,
            "files": [{"path": ca.path, "content": ca.content, "mode": "0644"}] if ca else [],
            "verified_by": ca.path if ca else "",
            "serves": serves,
            "gives_way": giving_way(variables.get(HAPROXY_BEFORE) or {}, derived["frontends"], by_hand),
            **({} if serves else left_alone(variables.get(HAPROXY_BEFORE) or {}, by_hand)),
        }

    def firewall(self, host: str, variables: Variables) -> dict[str, list[Any]]:
        """What the firewall accepts, as ``firewall_access`` takes it, and ``undeclared``, the names of the instances
        that are in keepalived.conf only."""
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
        return {
            **found,
            "openings": [*found["openings"], *_list(variables, "firewall_openings")],
            "interfaces": [*found["interfaces"], *_list(variables, "firewall_interfaces")],
            "undeclared": [each["name"] for each in undeclared],
        }

    def selinux(self, host: str, variables: Variables) -> list[Any]:
        """The programs and their needs, as ``selinux_access`` takes them."""
        port = _health_port(variables, "selinux")
        derived = self.proxies(host, port)
        if not derived["backends"] and truth(variables.get(BY_HAND)):
            derived = _NO_PROXIES
        sections = variables.get("selinux_sections")
        if sections is None:
            kinds = ("haproxy_frontends", "haproxy_listens", "haproxy_backends")
            sections = [each for kind in kinds for each in _list(variables, kind)]
        haproxy, keepalived = programs(
            [*derived["frontends"], *derived["backends"], *sections],
            _either(variables, "selinux_global", "haproxy_global") or {},
            port,
            _either(variables, "selinux_scripts", "keepalived_scripts") or (),
        )
        if truth(variables.get("selinux_haproxy_connect_any")):
            haproxy = {**haproxy, "any_port_boolean": "haproxy_connect_any"}
        return [haproxy, keepalived, *_list(variables, "selinux_programs")]

    def kernel(self, host: str, variables: Variables) -> dict[str, Any]:
        """The kernel parameters that let HAProxy bind a VIP held by another host, for each family of its binds."""
        sections = variables.get("kernel_sections")
        if sections is None:
            sections = [*_list(variables, "haproxy_frontends"), *_list(variables, "haproxy_listens")]
        named = {str(bind.get("address")) for section in sections for bind in section.get("bind") or ()}
        held = [vip for vip in self.vips if host in vip.hosts]
        families = {each.version for vip in held for each in vip.addresses if vip.proxied or str(each.ip) in named}
        derived = {f"net.ipv{version}.ip_nonlocal_bind": 1 for version in sorted(families)}
        return overridden(derived, variables.get("kernel_parameters") or {})

    def ipvs(self, host: str, variables: Variables) -> dict[str, Any]:
        """The host's part in IPVS:

        its keepalived.conf as a director, as ``director`` returns it; ``modules`` and ``parameters``, of a director's
        kernel; ``former``, whether it is a director no longer and what it had as one may be removed; ``loopback``, the
        VIPs that it serves as a real server; ``loopback_parameters``."""
        part = self.director(host, variables)
        loopback = loopback_addresses(host, self.vips)
        directs = bool(part["virtual_servers"])
        by_hand = variables.get("ipvs_director_parameters") or {}
        return {
            **part,
            "modules": director_modules(part["virtual_servers"]) if directs else [],
            "parameters": overridden(director_parameters(bool(loopback)), by_hand) if directs else {},
            "former": not directs and truth(variables.get("keepalived_purge")) and _synced(variables),
            "loopback": loopback,
            "loopback_parameters": LOOPBACK_PARAMETERS,
        }


def _family(host: str, facts: Variables) -> str:
    """The OS family. A host without facts may be of any. Raises InputError for one that the roles do not support."""
    family = str(facts.get("os_family") or next(iter(LOGS)))
    if family not in LOGS:
        system = f"{facts.get('distribution') or 'unknown'}, of the family {family}"
        reason = f"runs {system}, which is not supported"
        remedy = f"Supported are {' and '.join(LOGS)}. Remove such a host from the group that holds the VIPs"
        refuse([Problem(f"{VARIABLE}: hosts", host, reason, remedy)])
    return family


def _list(variables: Variables, name: str) -> Sequence[Any]:
    return list(variables.get(name) or ())


def _either(variables: Variables, name: str, other: str) -> Any:
    """The role's variable or, if it is not set, the variable that its default refers to."""
    given = variables.get(name)
    return variables.get(other) if given is None else given


def _health_port(variables: Variables, role: str) -> int:
    return int(_either(variables, f"{role}_health_port", "k8s_edge_health_port") or HEALTH_PORT)


def _synced(variables: Variables) -> bool:
    """Whether keepalived.conf had a director's sync daemon at the start of the playbook."""
    written = (variables.get(BEFORE) or {}).get("configuration") or {}
    return "lvs_sync_daemon" in (written.get("global_defs") or {})


def _kept(variables: Variables) -> Sequence[Any]:
    """The instances of keepalived.conf at the start of the playbook if undeclared ones are kept; none with purge."""
    if truth(variables.get("keepalived_purge")):
        return ()
    return ((variables.get(BEFORE) or {}).get("configuration") or {}).get("instances") or ()
