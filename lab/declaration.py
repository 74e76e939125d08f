# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a lab, read from an Ansible inventory. Pure, except for reading the inventory and checking the
kernel."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.command import LabError, run, succeeds

STATE = Path("/var/lib/k8s_edge-lab")  # the state of labs, one directory for each, and the disks of machines
DEFAULT_INSTANCE = "k8s-edge"
CONTAINER, MACHINE = "container", "machine"
KUBE_GROUP = "kube_control_plane"
CLIENT_GROUP = "client"
EDGE_GROUP = "edge"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LONGEST_LINK = 15  # Linux: IFNAMSIZ - 1. The interface of a host's cable has the host's name.


@dataclass(frozen=True)
class Host:
    """One host: its name, its addresses with prefix (`10.77.0.11/24`), its groups, and its kind. A `container` shares
    this machine's kernel; a `machine` has its own, which may enforce SELinux."""

    name: str
    addresses: tuple[str, ...]
    groups: tuple[str, ...]
    kind: str = CONTAINER
    selinux: bool = False


@dataclass(frozen=True)
class Lab:
    """A set of hosts.

    `networks` are prefixes; the controller has the first address of each. `served` are the VIPs (without prefix) that
    the apiservers' certificates contain in addition to their own addresses. `spare` are further VIPs, for those that a
    test declares."""

    instance: str
    networks: tuple[str, ...]
    served: tuple[str, ...]
    hosts: tuple[Host, ...]
    spare: tuple[str, ...] = ()

    def host(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"no host {name} in the lab {self.instance}. It has: {', '.join(h.name for h in self.hosts)}.")

    def members(self, group: str) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if group in host.groups)

    @property
    def gateways(self) -> tuple[str, ...]:
        """The controller's addresses in the lab, with prefix."""
        networks = [ipaddress.ip_network(network) for network in self.networks]
        return tuple(f"{network[1]}/{network.prefixlen}" for network in networks)


def state_of(instance: str) -> Path:
    return STATE / instance


def read_inventory(path: str, instance: str | None) -> Lab:
    """The lab that the inventory at ``path`` describes. ``instance`` overrides the inventory's lab_instance."""
    try:
        listing = run("ansible-inventory", "--inventory", path, "--list")
    except FileNotFoundError:
        raise LabError(
            "ansible-inventory is not on the PATH. Use bin/lab, or activate an environment with ansible-core."
        ) from None
    return from_inventory(json.loads(listing), instance)


def kernel_has_ipvs() -> bool:
    """Whether this machine's kernel has IPVS. Loads the module if possible."""
    return Path("/proc/net/ip_vs").exists() or succeeds("modprobe", "ip_vs")


def from_inventory(
    listing: Mapping[str, Any], instance: str | None = None, ipvs_here: Callable[[], bool] = kernel_has_ipvs
) -> Lab:
    """The lab in the JSON of `ansible-inventory --list`. ``ipvs_here`` is called if a host needs IPVS."""
    hostvars: Mapping[str, Mapping[str, Any]] = listing["_meta"]["hostvars"]
    if not hostvars:
        raise LabError("the inventory has no hosts.")
    common = next(iter(hostvars.values()))
    networks = tuple(common.get("lab_networks", ()))
    if not networks:
        raise LabError("the inventory does not say lab_networks: a list of prefixes, for example [10.77.0.0/24].")
    name = instance or common.get("lab_instance", DEFAULT_INSTANCE)
    groups = _groups_of(listing)
    hosts = tuple(
        Host(
            _link_name(host),
            _addresses(host, hostvars[host].get("ansible_host", ""), networks),
            tuple(sorted(groups[host])),
            *_kind(host, hostvars[host], ipvs_here),
        )
        for host in sorted(hostvars)
    )
    _refuse_doubles(hosts)
    served = [a.partition("/")[0] for vip in common.get("k8s_edge_vips", ()) for a in vip.get("addresses", ())]
    return Lab(_link_name(name), networks, tuple(served), hosts, tuple(common.get("lab_spare_vips", ())))


def _groups_of(listing: Mapping[str, Any]) -> dict[str, set[str]]:
    """Every group of each host, indirect ones included."""

    def hosts_below(group: str) -> Iterable[str]:
        entry = listing.get(group, {})
        yield from entry.get("hosts", ())
        for child in entry.get("children", ()):
            yield from hosts_below(child)

    groups: dict[str, set[str]] = {name: set() for name in listing["_meta"]["hostvars"]}
    for group in listing:
        if group not in ("_meta", "all", "ungrouped"):
            for name in hosts_below(group):
                groups[name].add(group)
    return groups


def _link_name(name: str) -> str:
    if len(name) > _LONGEST_LINK or not _NAME.fullmatch(name):
        raise LabError(
            f"the name {name!r} cannot be used in a lab: "
            f"give at most {_LONGEST_LINK} small letters, digits and hyphens."
        )
    return name


def _addresses(name: str, ansible_host: str, networks: Iterable[str]) -> tuple[str, ...]:
    """One address per network. ``ansible_host`` determines it in its network; in the others the host has the same
    number as written: 10.77.0.11 and fd00:77::11."""
    try:
        given = ipaddress.ip_address(ansible_host)
    except ValueError:
        raise LabError(f"{name}: ansible_host is {ansible_host!r}; give an address in one of lab_networks.") from None
    number = re.split(r"[.:]", ansible_host)[-1]
    found = []
    for text in networks:
        network = ipaddress.ip_network(text)
        if given in network:
            address = given
        else:
            prefix = str(network.network_address)
            joined = f"{prefix}{number}" if network.version == 6 else f"{prefix.rpartition('.')[0]}.{number}"
            try:
                address = ipaddress.ip_address(joined)
            except ValueError:
                raise LabError(f"{name}: {ansible_host} has no counterpart in {text} ({joined}).") from None
        found.append(f"{address}/{network.prefixlen}")
    if not any(given in ipaddress.ip_network(text) for text in networks):
        raise LabError(f"{name}: {ansible_host} is in none of lab_networks ({', '.join(networks)}).")
    return tuple(found)


def _kind(name: str, told: Mapping[str, Any], ipvs_here: Callable[[], bool]) -> tuple[str, bool]:
    """The values of lab_kind and lab_selinux, with the kind that lab_ipvs requires."""
    usual = MACHINE if told.get("lab_ipvs") and "lab_kind" not in told and not ipvs_here() else CONTAINER
    kind, selinux = told.get("lab_kind", usual), bool(told.get("lab_selinux", False))
    if kind not in (CONTAINER, MACHINE):
        raise LabError(f"{name}: lab_kind is {kind!r}; give {CONTAINER} or {MACHINE}.")
    if selinux and kind != MACHINE:
        raise LabError(f"{name}: lab_selinux needs a kernel of the host's own. Add lab_kind: {MACHINE}.")
    return kind, selinux


def _refuse_doubles(hosts: Iterable[Host]) -> None:
    owner: dict[str, str] = {}
    for host in hosts:
        for address in host.addresses:
            if address in owner:
                raise LabError(f"{owner[address]} and {host.name} both have {address}.")
            owner[address] = host.name


def to_json(lab: Lab) -> str:
    return json.dumps(asdict(lab), indent=2) + "\n"


def from_json(text: str) -> Lab:
    data = json.loads(text)
    hosts = tuple(
        Host(**{**h, "addresses": tuple(h["addresses"]), "groups": tuple(h["groups"])}) for h in data["hosts"]
    )
    return Lab(data["instance"], tuple(data["networks"]), tuple(data["served"]), hosts, tuple(data.get("spare", ())))
