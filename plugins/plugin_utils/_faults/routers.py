# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group the instances of all hosts into virtual routers: the members of each, as their files have them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import instance_addresses, plain_address

Instance = Mapping[str, Any]


class Router(NamedTuple):
    """One virtual router. ``members``: its instances by host, as keepalived_info returns them."""

    name: str
    members: Mapping[str, Instance]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(self.members)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Every virtual address of any member, once, in the form in which it occurs first."""
        found: dict[str, dict[str, Any]] = {}
        for instance in self.members.values():
            for entry in instance.get("virtual_ipaddress") or ():
                found.setdefault(plain_address(entry.get("address")), entry)
        return [entry for address, entry in found.items() if address]

    def agreed(self, option: str) -> Any:
        """The value of an option if all members have the same; otherwise None."""
        found = [each.get(option) for each in self.members.values()]
        return found[0] if all(each == found[0] for each in found) else None


def routers(instances: Mapping[str, Sequence[Instance]]) -> list[Router]:
    """Group ``instances`` (by host) into virtual routers. Instances of two hosts belong together if they have the same
    virtual router ID and also share a name or an address, or one lists the other as a unicast peer."""
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
    """The addresses of the instance's unicast peers."""
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
