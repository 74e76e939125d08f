# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts observed, by host, and which host owns which address on their networks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import places, stated_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

#: The result of vip_preflight on a host, and the controller's time before and after its call.
SEEN, ASKED_AT, ANSWERED_AT = "k8s_edge_wire", "k8s_edge_wire_asked_at", "k8s_edge_wire_answered_at"


class Seen:
    """The fleet with its hosts' observations. ``observations`` and ``infos``, the results of vip_preflight and
    keepalived_info by host, override those in the hosts' variables."""

    def __init__(
        self, fleet: Fleet, observations: Mapping[str, Any] | None = None, infos: Mapping[str, Any] | None = None
    ) -> None:
        self.fleet = fleet
        self._observations = observations
        self._infos = infos

    @cached_property
    def observations(self) -> dict[str, Mapping[str, Any]]:
        """The result of vip_preflight of each host that ran it."""
        given = self._observations
        found = {
            host: (self.fleet.variables(host).get(SEEN) if given is None else given.get(host)) or {}
            for host in self.fleet.hosts
        }
        return {host: observed for host, observed in found.items() if "links" in observed}

    def info(self, host: str) -> Mapping[str, Any]:
        """The result of keepalived_info of a host."""
        given = self._infos
        return (self.fleet.variables(host).get(BEFORE) if given is None else given.get(host)) or {}

    @cached_property
    def host_of_address(self) -> dict[str, str]:
        """The inventory host that owns an address or sends VRRP from it."""
        shared = {str(address.ip) for vip in self.fleet.vips for address in vip.addresses}
        known: dict[str, str] = {}
        for host in self.fleet.hostvars:
            for address in self._addresses(host):
                if address not in shared:
                    known.setdefault(address, host)
        return known

    def _addresses(self, host: str) -> Iterator[str]:
        variables = self.fleet.variables(host)
        yield from stated_addresses(host, variables)
        yield from (str(place.address.ip) for place in places(variables))
        for each in written_instances(variables.get(BEFORE) or {}).values():
            yield str(each.get("unicast_src_ip") or "")

    @cached_property
    def host_of_hardware(self) -> dict[str, str]:
        """The inventory host that owns a hardware address."""
        known: dict[str, str] = {}
        for host in self.fleet.hostvars:
            for hardware in self._hardware(host):
                known.setdefault(hardware, host)
        # The hardware address of a host that was not read is taken from its multicast packets. Others may have passed a
        # router.
        for packet in (each for observed in self.observations.values() for each in observed["advertisements"]):
            if packet["source"] in self.host_of_address and ip_address(packet["destination"]).is_multicast:
                known.setdefault(packet["hardware"], self.host_of_address[packet["source"]])
        return known

    def _hardware(self, host: str) -> Iterator[str]:
        yield from (
            str(link["hardware"]) for link in self.observations.get(host, {}).get("links") or () if link["hardware"]
        )
        facts = self.fleet.variables(host).get("ansible_facts") or {}
        for name in facts.get("interfaces") or ():
            fact = facts.get(str(name).replace("-", "_")) or {}
            # In a container, loopback has a hardware address of zeros.
            if fact.get("type") != "loopback" and fact.get("macaddress"):
                yield str(fact["macaddress"])
