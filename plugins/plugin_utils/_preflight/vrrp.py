# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the VRRP advertisements that the hosts receive with the declaration and with the running configuration.
Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import Member
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import live_states, written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, NOTE, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen

_OTHER_ID = "Set virtual_router_id of the VIP by hand, to one that is free here: {free}. Or stop keepalived on {who}"


def vrrp_findings(seen: Seen) -> Iterator[Finding]:
    """Outsiders that use a declared virtual router ID or address, members that disagree, and other VRRP senders."""
    try:
        members = seen.fleet.derivation.members
    except EdgeError:
        return  # reported as a problem of the declaration
    for host, observed in seen.observations.items():
        mine = [member for member in members if member.host == host]
        taken = {int(each["virtual_router_id"]) for each in observed["advertisements"]} | {
            each.router for each in members
        }
        free = [number for number in range(1, 256) if number not in taken][:1]
        for packet in observed["advertisements"]:
            if packet["priority"]:  # priority 0 means that the sender stops
                yield from _judged(seen, host, mine, packet, str(free[0]) if free else "none is free")


def _judged(seen: Seen, host: str, mine: list[Member], packet: Mapping[str, Any], free: str) -> Iterator[Finding]:
    source = seen.host_of_address.get(packet["source"])
    who = f"{source} ({packet['source']})" if source else f"{packet['source']}, which is not a host of this inventory"
    router = packet["virtual_router_id"]
    there = [each for each in mine if each.place.interface == packet["interface"] and _family(each) == packet["family"]]
    same = [each for each in there if each.router == router]
    if same:
        yield from _with_our_id(seen, host, same[0], packet, source, who, free)
        return
    claimed = [each for each in there if str(each.address.ip) in packet["addresses"]]
    if claimed and source not in claimed[0].vip.hosts:
        reason = (
            f"{claimed[0].address.ip} is announced on {packet['interface']}, as virtual router ID {router}, by {who}"
        )
        remedy = "Remove the address there, or declare another one"
        yield Finding(ERROR, (host,), claimed[0].vip.path, reason, remedy)
    elif source not in seen.fleet.hosts:
        what = ", ".join(packet["addresses"]) or "no address"
        reason = f"virtual router ID {router} is in use, for {what}, by {who}"
        yield Finding(NOTE, (host,), f"VRRP on {packet['interface']}", reason)


def _family(member: Member) -> int:
    return member.address.version


def _with_our_id(
    seen: Seen, host: str, member: Member, packet: Mapping[str, Any], source: str | None, who: str, free: str
) -> Iterator[Finding]:
    vip, router = member.vip, member.router
    if source in vip.hosts:
        yield from _disagreement(seen, host, member, packet, str(source))
        return
    former = {each["host"] for each in seen.fleet.former_members if each["vip"] == vip.name}
    severity = WARNING if source in former else ERROR
    reason = (
        f"virtual router ID {router} on {packet['interface']} is in use by {who}. It sends VRRP version "
        f"{packet['version']} with priority {packet['priority']} for {', '.join(packet['addresses']) or 'no address'}. "
        f"The hosts of the VIP would accept it as a member, or become MASTER too (split brain)"
    )
    yield Finding(severity, (host,), vip.path, reason, _OTHER_ID.format(free=free, who=packet["source"]))


def _disagreement(seen: Seen, host: str, member: Member, packet: Mapping[str, Any], source: str) -> Iterator[Finding]:
    """Options in which a member's advertisements differ from the running configuration of this host, which therefore
    drops them. None if keepalived does not run here yet: it will get the declared configuration."""
    info = seen.info(host)
    own = written_instances(info).get(member.instance)
    if own is None or not info.get("active") or member.instance not in live_states(info):
        return
    common = (info.get("configuration") or {}).get("global_defs") or {}
    has = {
        "VRRP version": (packet["version"], int(own.get("version") or common.get("vrrp_version") or 2)),
        "authentication": (packet["authentication"] or "none", _authentication(own)),
        "addresses": (sorted(packet["addresses"]), sorted(_addresses(own))),
    }
    if packet["version"] == 2:
        has["an interval in seconds of"] = (packet["advert_int"], float(own.get("advert_int") or 1))
    for what, (sent, mine) in has.items():
        if sent != mine:
            reason = (
                f"{source} sends {what} {_as_text(sent)}, and keepalived here has {_as_text(mine)}: it drops these "
                "adverts, and both become MASTER (split brain)"
            )
            remedy = "Give both the same configuration: playbooks/site.yml changes the members together"
            # If one of them changes in this run, the change removes the difference.
            changes = any(seen.fleet.plan(each).get("would_change") for each in (host, source))
            about = f"{member.vip.path}, instance {member.instance}"
            yield Finding(WARNING if changes else ERROR, (host,), about, reason, remedy)


def _authentication(instance: Mapping[str, Any]) -> str:
    return str((instance.get("authentication") or {}).get("auth_type") or "none")


def _addresses(instance: Mapping[str, Any]) -> Iterator[str]:
    for entry in instance.get("virtual_ipaddress") or ():
        yield str(entry.get("address") if isinstance(entry, Mapping) else entry).partition("/")[0]


def _as_text(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
