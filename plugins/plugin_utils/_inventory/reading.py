# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to the results of ``keepalived_info`` and ``haproxy_info``: the parts on which decisions are based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_interface
from typing import Any, cast

#: The host variable with the result of keepalived_info from before the roll (playbooks/site.yml).
BEFORE = "k8s_edge_before"
#: The host variable with the result of haproxy_info.
HAPROXY_BEFORE = "k8s_edge_haproxy_before"


def written_instances(info: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The vrrp_instances in the configuration files, by name. Passwords and unknown options are left out."""
    return {each["name"]: each for each in (info.get("configuration") or {}).get("instances") or () if "name" in each}


def predecessors(info: Mapping[str, Any], desired: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The written instance that each desired one replaces, by the desired name. It has the same name, or an address in
    common if no desired instance has its name (one that was set up by hand). New instances are left out."""
    written, wanted = written_instances(info), list(desired)
    others = [each for name, each in written.items() if name not in [one["name"] for one in wanted]]
    found = {}
    for each in wanted:
        mine = instance_addresses(each)
        place = written.get(each["name"]) or next((one for one in others if mine & instance_addresses(one)), None)
        if place is not None:
            found[each["name"]] = place
    return found


def instance_addresses(instance: Mapping[str, Any]) -> set[str]:
    """The virtual addresses of an instance, written or desired, without prefix."""
    entries = [*(instance.get("virtual_ipaddress") or ()), *(instance.get("virtual_ipaddress_excluded") or ())]
    return {plain_address(each.get("address") if isinstance(each, Mapping) else each) for each in entries} - {""}


def plain_address(text: Any) -> str:
    """An address without prefix, in Python's notation; empty for malformed text."""
    try:
        return str(ip_interface(str(text)).ip)
    except ValueError:
        return ""


def coming_instances(info: Mapping[str, Any], desired: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The instances of the files after the desired ones are written. Undeclared instances stay."""
    written, declared = written_instances(info), {each["name"]: each for each in desired}
    changed = [{**each, **declared.get(name, {})} for name, each in written.items()]
    return [*changed, *(each for name, each in declared.items() if name not in written)]


def unknown_options(info: Mapping[str, Any], instance: str) -> frozenset[str]:
    """The options of a written instance whose values cannot be read from the files, as they depend on the running
    keepalived."""
    blocks = {each["block"]: each["options"] for each in info.get("unknown") or ()}
    return frozenset(blocks.get(f"vrrp_instance {instance}", ()))


def live_states(info: Mapping[str, Any]) -> dict[str, str]:
    """The state of each running instance: MASTER, BACKUP or FAULT."""
    return {each["name"]: each["state"] for each in info.get("instances") or ()}


def live_instance(info: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """One running instance, by its name."""
    return next((each for each in info.get("instances") or () if each["name"] == name), None)


def leads(info: Mapping[str, Any], name: str, address: str) -> bool:
    """Whether a running instance is MASTER and has the address, given without prefix. A MASTER may lack the address."""
    one = live_instance(info, name)
    if one is None or one["state"] != "MASTER":
        return False
    return "addresses" not in one or address in map(plain_address, one["addresses"])


def live_twin(info: Mapping[str, Any], instance: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A peer's running instance of the same virtual router as ``instance``, a running instance of another host. It has
    the same name, or the same virtual router ID and an address in common; names may differ between hosts."""
    addresses = set(instance.get("addresses") or ())
    for each in info.get("instances") or ():
        same_router = each.get("virtual_router_id") == instance.get("virtual_router_id")
        if each["name"] == instance["name"] or (same_router and addresses & set(each.get("addresses") or ())):
            return cast("Mapping[str, Any]", each)
    return None


def live_priority(instance: Mapping[str, Any]) -> int:
    """The effective priority of a running instance, including the weights of its checks; 0 if keepalived does not
    report it."""
    return int(instance.get("effective_priority") or instance.get("priority") or 0)


def missing_addresses(info: Mapping[str, Any], instance: str) -> list[str]:
    """The virtual addresses of one instance that the host's kernel does not have, as written in the file."""
    return [
        str(each["address"])
        for each in info.get("vips") or ()
        if each.get("instance") == instance and not each.get("held")
    ]


def held_addresses(info: Mapping[str, Any]) -> set[str]:
    """The virtual addresses that the host's kernel has, without prefix."""
    return {str(each["address"]).partition("/")[0] for each in info.get("vips") or () if each.get("held")}


def kept_addresses(info: Mapping[str, Any]) -> set[str]:
    """Every virtual address of any instance in the host's file or running keepalived, without prefix."""
    texts = [each["address"] for each in info.get("vips") or ()]
    texts += [text for each in info.get("instances") or () for text in each.get("addresses") or ()]
    return {str(ip_interface(str(text)).ip) for text in texts}
