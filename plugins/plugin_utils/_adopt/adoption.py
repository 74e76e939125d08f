# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive an inventory from the configuration files of hosts, and list every fault in these files. Pure.

Without ``mend`` the variables repeat the files as they are: applied, they change nothing. With ``mend`` the instances
and proxies that form a VIP become an entry of ``k8s_edge_vips``, and other faults are corrected in the variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt import haproxy, keepalived, mend
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.inventory import files
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.secrets import VAULT
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.vips import Adopted, adopted_vips
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.fault import Fault, merged
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.haproxy import haproxy_faults
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.lvs import known_addresses, server_faults
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.proxies import APISERVER_PORTS
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.routers import Router, routers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.vrrp import file_faults, fleet_faults
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import BY_HAND
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import plain_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, WARNING
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE

#: The values of a host that lacks the file.
_NOTHING: Mapping[str, Any] = {}


class Adoption:
    """All hosts of one adoption. ``kube_ca_file`` is the path of the apiservers' CA on the controller; empty if none is
    given."""

    def __init__(self, sources: Sequence[Source], mended: bool, kube_ca_file: str = "") -> None:
        self.sources = {each.host: each for each in sources}
        self.mended = mended
        self.kube_ca_file = str.__str__(kube_ca_file)
        self.keepalived = {
            host: keepalived.translated(host, each.keepalived)
            for host, each in self.sources.items()
            if each.keepalived is not None
        }
        self.haproxy = {
            host: haproxy.translated(each.haproxy) for host, each in self.sources.items() if each.haproxy is not None
        }

    @cached_property
    def routers(self) -> list[Router]:
        """The virtual routers of all hosts."""
        instances = {
            host: [one for one in each.values.get("instances") or () if one.get("name") not in each.unsure]
            for host, each in self.keepalived.items()
        }
        return routers(instances)

    @property
    def vips(self) -> list[Adopted]:
        """The virtual routers that become VIPs; empty without ``mend``."""
        return self.recognized if self.mended else []

    @cached_property
    def recognized(self) -> list[Adopted]:
        """The virtual routers that can become VIPs."""
        values = {
            host: {
                "keepalived": self.keepalived[host].values if host in self.keepalived else _NOTHING,
                "haproxy": self.haproxy[host].values if host in self.haproxy else _NOTHING,
            }
            for host in self.sources
        }
        found = adopted_vips(self.routers, self.sources, values, bool(self.kube_ca_file))
        keepalived_values = {host: each.values for host, each in self.keepalived.items()}
        for each in found:
            each.entry["instance"].update(mend.watched(each, keepalived_values))
            self._without_secrets(each)
        return found

    def _without_secrets(self, vip: Adopted) -> None:
        """Replace the VIP's password by a reference to the variable of the hosts that holds it."""
        name = vip.router.members[vip.router.hosts[0]]["name"]
        for one in self.keepalived[vip.router.hosts[0]].variables.get("keepalived_instances") or ():
            for option in ("authentication", "auth_hmac"):
                if one["name"] == name and option in one and option in vip.entry["instance"]:
                    vip.entry["instance"][option] = one[option]

    @cached_property
    def faults(self) -> list[Fault]:
        """Every fault, the most severe first."""
        found: list[Fault] = []
        values = {host: each.values for host, each in self.keepalived.items()}
        for host, each in values.items():
            found += file_faults(self.sources[host], each)
        found += fleet_faults(self.routers, values)
        found += server_faults(list(self.sources.values()), values, self.routers)
        for host, translation in self.haproxy.items():
            moved = [plain_address(e["address"]) for r in self.routers if host in r.members for e in r.entries]
            found += haproxy_faults(host, translation.values, moved, bool(self.kube_ca_file))
        found += [each for host in self.sources for each in self._of_host(host)]
        return merged(each if self._mends(each) else each._replace(mended="") for each in found)

    def _mends(self, fault: Fault) -> bool:
        """Whether a VIP of the new inventory replaces what has the fault, so that the fault is mended."""
        mine = [vip for vip in self.recognized if set(fault.hosts) & set(vip.router.members)]
        kind, _blank, name = fault.about.partition(" ")
        if fault.kind in ("stats", "tls", "socket", "router-id", "script-security", "master"):
            return True
        if kind in ("frontend", "listen", "backend"):
            return any((kind, name) in vip.absorbed for vip in mine)
        if kind == "vrrp_instance":
            return any(name in (one["name"] for one in vip.router.members.values()) for vip in mine)
        if kind == "virtual_server":
            return any(name == f"{address} {port}" for vip in mine for address, port in vip.services)
        if fault.kind == "ignored":
            return any(vip.services for vip in mine)
        return bool(mine)

    def _of_host(self, host: str) -> list[Fault]:
        found = []
        for file, translation in (
            ("keepalived.conf", self.keepalived.get(host)),
            ("haproxy.cfg", self.haproxy.get(host)),
        ):
            for path in translation.masked if translation else ():
                reason = "is a mask and no secret: it is not written, and what stands on the host stays"
                remedy = "Write the secret to the inventory by hand, for a host that is set up anew"
                found.append(Fault("mask", ERROR, (host,), f"{file}: {path}", reason, remedy))
        if self.sources[host].selinux == "permissive":
            reason = "is permissive: nothing is kept from what it must not do"
            remedy = "setenforce 1, after site.yml has granted what HAProxy and keepalived need"
            found.append(Fault("selinux", WARNING, (host,), "SELinux", reason, remedy))
        return found

    @property
    def foreign(self) -> dict[str, list[str]]:
        """By host: what stays in its files unmanaged because no variable can express it."""
        found: dict[str, list[str]] = {}
        for host in self.sources:
            lines = [
                f"{file}: {each}"
                for file, translations in (("keepalived.conf", self.keepalived), ("haproxy.cfg", self.haproxy))
                if host in translations
                for each in translations[host].foreign
            ]
            lines += [f"IPVS: {each}" for each in self._undirected(host)]
            if lines:
                found[host] = lines
        return found

    def _undirected(self, host: str) -> list[str]:
        """The virtual services of the kernel that keepalived.conf does not declare."""
        known = {
            (plain_address(each.get("address")), each.get("port"))
            for each in (self.keepalived[host].values.get("virtual_servers") or () if host in self.keepalived else ())
        }
        return [
            f"{each['protocol']} {each['address']}:{each['port']} is in the kernel's table only, and lost with it"
            for each in self.sources[host].ipvs
            if each.get("address") and (plain_address(each["address"]), each.get("port")) not in known
        ]

    @cached_property
    def _groups(self) -> dict[str, list[str]]:
        """Hosts by group; the groups of VIP members come first."""
        found: dict[str, list[str]] = {}
        for vip in self.vips:
            vip.entry["hosts"] = self._group(found, list(vip.router.hosts), self._kind(vip))
            if vip.servers:
                vip.entry["leads_to"] = self._group(found, self._servers(vip), self._served(vip))
        grouped = {host for hosts in found.values() for host in hosts}
        for host in self.sources:
            if host not in grouped:
                name = "haproxy" if host in self.haproxy else "keepalived"
                self._group(found, [host], name, grow=not self.vips)
        return found

    @staticmethod
    def _group(found: dict[str, list[str]], hosts: list[str], name: str, grow: bool = False) -> str:
        for group, known in found.items():
            if sorted(known) == sorted(hosts):
                return group
        if grow and name in found:
            found[name] += hosts
            return name
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found[free] = hosts
        return free

    def _kind(self, vip: Adopted) -> str:
        if vip.services:
            return "edge"
        return "haproxy" if any(host in self.haproxy for host in vip.router.hosts) else "keepalived"

    @staticmethod
    def _served(vip: Adopted) -> str:
        port = vip.entry.get("backend_port", vip.entry.get("port"))
        return "kube_control_plane" if port in APISERVER_PORTS else f"{vip.entry['name']}_servers".replace("-", "_")

    @cached_property
    def _known(self) -> dict[str, str]:
        """Host names by address; includes servers."""
        return dict(known_addresses(list(self.sources.values()), self.routers))

    def _servers(self, vip: Adopted) -> list[str]:
        """The names of the hosts that a VIP leads to. A server whose address belongs to a known host gets that host's
        name."""
        found = []
        for name, address in vip.servers.items():
            host = self._known.get(plain_address(address))
            if host is None:
                host = name if name not in self._known.values() else f"{name}-{len(self._known)}"
                self._known[plain_address(address)] = host
            found.append(host)
        return found

    @property
    def files(self) -> dict[str, str]:
        """The files of the inventory: text by path."""
        groups = self._groups
        variables = {host: self._variables(host) for host in self.sources}
        common: dict[str, Any] = (
            {BY_HAND: True} if not self.vips else {VARIABLE: [_ordered(v.entry) for v in self.vips]}
        )
        common.update(self._secrets_of_vips(variables))
        if self.vips and self.kube_ca_file:
            common["k8s_edge_kube_ca_file"] = self.kube_ca_file
        if self.vips:
            variables = {host: {BY_HAND: True, **each} for host, each in variables.items()}
        addresses = {host: address for address, host in reversed(list(self._known.items()))}
        addresses.update({host: each.address for host, each in self.sources.items() if each.address})
        return files(groups, addresses, common, variables)

    def _secrets_of_vips(self, variables: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """The secrets that VIPs refer to. They are moved from the hosts' variables to common ones, since every host
        reads the VIPs."""
        named = str([vip.entry for vip in self.vips])
        found: dict[str, Any] = {}
        for each in variables.values():
            for name in [name for name in each if name.startswith(VAULT) and f"{{{{ {name} }}}}" in named]:
                found.setdefault(name, each.pop(name))
        return found

    def _variables(self, host: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        mine = [vip for vip in self.vips if host in vip.router.members]
        copied = any(each.kind == "router-id" and host in each.hosts for each in self.faults)
        if host in self.keepalived:
            translation = self.keepalived[host]
            given = translation.variables
            found.update(mend.keepalived(given, mine, copied, translation.whole) if self.mended else given)
            found.update(translation.vault)
        if host in self.haproxy:
            proxied = self.haproxy[host]
            found.update(
                mend.haproxy(proxied.variables, mine, not proxied.foreign) if self.mended else proxied.variables
            )
            found.update(proxied.vault)
        return found


def _ordered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with its keys in the usual order for readers."""
    order = ("name", "addresses", "port", "ports", "backend_port", "hosts", "leads_to", "profile", "check")
    return {**{key: entry[key] for key in order if key in entry}, **{k: v for k, v in entry.items() if k not in order}}
