# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that an inventory names for its VIPs, and their variables, each read once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE, Vip

Groups = Mapping[str, Sequence[str]]
Hostvars = Mapping[str, Mapping[str, Any]]

#: A host variable: manage HAProxy and keepalived on the host by its role variables even if no VIP names it.
BY_HAND = "k8s_edge_by_hand"

_MISSING = object()


class ReadOnce(Mapping[str, Any]):
    """A mapping that reads each value once. Ansible merges and templates a host's variables on every access."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._read(name) if name in self._source else _MISSING
        if self._known[name] is _MISSING:
            raise KeyError(name)
        return self._known[name]

    def _read(self, name: str) -> Any:
        return self._source[name]

    def __contains__(self, name: object) -> bool:
        return self._known[str(name)] is not _MISSING if name in self._known else name in self._source

    def __iter__(self) -> Iterator[str]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)


class HostsReadOnce(ReadOnce):
    """``hostvars``, with the variables of each host read once."""

    def _read(self, name: str) -> Any:
        return ReadOnce(self._source[name] or {})


def vips_of(groups: Groups, hostvars: Hostvars) -> tuple[Vip, ...]:
    """The VIPs declared by ``k8s_edge_vips``. The value of the first host that has the variable counts."""
    for host in groups.get("all") or ():
        entries = (hostvars.get(host) or {}).get(VARIABLE) if hostvars else None
        if entries or not isinstance(entries, (list, type(None))):
            return declared(entries, groups)
    return ()


def hosts_of(vips: Sequence[Vip]) -> list[str]:
    """Every host that may hold a VIP, once, in the declared order."""
    return list(dict.fromkeys(host for vip in vips for host in vip.hosts))


def by_hand(hostvars: Hostvars) -> list[str]:
    """The hosts that are managed by their role variables alone."""
    return [host for host in hostvars if truth((hostvars[host] or {}).get(BY_HAND))]


def present(vips: Sequence[Vip], hostvars: Hostvars) -> list[str]:
    """The hosts of ``hosts_of`` that are not declared down."""
    return without(hosts_of(vips), hosts_down(hostvars))


def partners_of(vips: Sequence[Vip]) -> dict[str, list[str]]:
    """For each host, the hosts that share a VIP with it."""
    hosts = hosts_of(vips)
    beside = {host: {other for vip in vips if host in vip.hosts for other in vip.hosts} - {host} for host in hosts}
    return {host: [other for other in hosts if other in beside[host]] for host in hosts}
