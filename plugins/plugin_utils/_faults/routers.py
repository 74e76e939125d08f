# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of all hosts that belong together: the members of one virtual router, as their files have it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import instance_addresses, plain_address

Instance = Mapping[str, Any]


class Router(NamedTuple):
    """``members`` are the instances by host, as keepalived_info has them."""

    name: str
    members: Mapping[str, Instance]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(self.members)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Every virtual address that a member has, once, as the first one says it."""
        found: dict[str, dict[str, Any]] = {}
        for instance in self.members.values():
            for entry in instance.get("virtual_ipaddress") or ():
                found.setdefault(plain_address(entry.get("address")), entry)
        return [entry for address, entry in found.items() if address]

    def agreed(self, option: str) -> Any:
        """What all members have for an option; None where they differ."""
        said = [each.get(option) for each in self.members.values()]
        return said[0] if all(each == said[0] for each in said) else None


def routers(instances: Mapping[str, Sequence[Instance]]) -> list[Router]:
    """The virtual routers of ``instances`` by host. Two of different hosts belong together that have one virtual router
    ID, and one name or an address in common or one for the other's peer."""
    found: list[dict[str, Instance]] = []
    for host, each in instances.items():
        for instance in each:
            if "name" not in instance:
                continue
            mine = next((one for one in found if host not in one and _together(instance, one.values())), None)
            if mine is None:
                found.append({host: instance})
            else:
                mine[host] = instance
    return [Router(str(next(iter(each.values()))["name"]), each) for each in found]


def peers(instance: Instance) -> set[str]:
    """The addresses of its unicast peers."""
    return {plain_address(each.get("address")) for each in instance.get("unicast_peer") or ()}


def _together(instance: Instance, others: Iterable[Instance]) -> bool:
    return any(
        instance.get("virtual_router_id") == other.get("virtual_router_id")
        and bool(
            instance["name"] == other["name"]
            or instance_addresses(instance) & instance_addresses(other)
            or plain_address(instance.get("unicast_src_ip")) in peers(other)
        )
        for other in others
    )
