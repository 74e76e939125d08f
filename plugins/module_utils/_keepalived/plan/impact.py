# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload does to the VIPs that this host holds. Pure. Only loaded where something changes.

Seen by running keepalived 2.2.7 and 2.3.3 (test_keepalived_impacts.py). A reload keeps the state of an instance whose
virtual router ID, interface and family are in both files, whatever its name. Any other instance begins as BACKUP: its
addresses go and come back after the whole master-down time, and so do those of all instances in its sync group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import INSTANCES, SYNC_GROUPS

#: A change of one of these begins the instance anew. A list counts as being there or not.
_ANEW = ("unicast_src_ip", "unicast_peer")
_ADDRESSES = ("virtual_ipaddress", "virtual_ipaddress_excluded")
_TABLE = Table(SYNC_GROUPS, INSTANCES)


def impact(before: Document, after: Document) -> str:
    """``vip_move`` where a reload takes a VIP from its holder for longer than some milliseconds, or may let it move.
    Otherwise ``reload``.

    Who leads hangs on the peers too, whom nobody asks here: any change of a priority may move a VIP.
    """
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    instances, coming = old.get("instances", ()), new.get("instances", ())
    if let_go(instances, coming, new.get("sync_groups", ())):
        return "vip_move"
    now = {_identity(each): each for each in coming}
    # A priority that falls lets a peer take the VIP; one that rises takes it from a peer, as an end of nopreempt does.
    leads = any(_held(each) and leads_anew(each, now.get(_identity(each), each)) for each in instances)
    return "vip_move" if leads else "reload"


def let_go(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The addresses, without prefix, that a reload takes away from a host that is MASTER of their instances, whoever
    leads afterwards: those of an instance that begins anew, of all others in its sync group (``groups`` of the new
    file), and those that go or get another place."""
    now = {_identity(each): each for each in new}
    kept = {each.get("name"): now[_identity(each)] for each in old if _identity(each) in now}
    anew = {each.get("name") for each in old if _begins_anew(each, kept.get(each.get("name")))}
    became = {each.get("name"): name for name, each in kept.items()}
    for group in groups:
        names = [each for each in group.get("group") or () if each in _names(new)]
        # A name that no kept instance has is that of one which begins with this file.
        if any(name not in became or became[name] in anew for name in names):
            anew |= {became[name] for name in names if name in became}
    return [
        address
        for each in old
        for address, place in _held(each).items()
        if each.get("name") in anew or _held(kept[each.get("name")]).get(address) != place
    ]


def grouped_early(before: Document, after: Document) -> list[str]:
    """The instances that a change begins in a sync group of others, as ``joining`` says."""
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    groups = new.get("sync_groups", ())
    found = joining(old.get("instances", ()), new.get("instances", ()), groups)
    return list(dict.fromkeys(name for names in found.values() for name in names))


def joining(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> dict[str, list[str]]:
    """For each instance that is kept, the new ones that would begin in its sync group: where keepalived is MASTER of
    the first, it gives that one's addresses up until the new ones are MASTER too. Grouped by a later reload, when they
    are, they cost nothing."""
    kept = {_identity(each) for each in old}
    fresh = [each.get("name") for each in new if _identity(each) not in kept]
    found: dict[str, list[str]] = {}
    for group in groups:
        names = group.get("group") or ()
        late = [name for name in names if name in fresh]
        if late:
            found.update((name, late) for name in names if name not in fresh and name in _names(new))
    return found


def _names(instances: Sequence[Mapping[str, Any]]) -> set[Any]:
    return {each.get("name") for each in instances}


def holds(instance: Mapping[str, Any], address: str) -> bool:
    """Whether it is one of the instance's virtual addresses, as ``traded`` spells them."""
    return address in _held(instance)


def lost_addresses(before: Document, after: Document) -> list[str]:
    """The addresses that are lost where two files trade them, as ``traded`` says."""
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    return traded(old.get("instances", ()), new.get("instances", ()))


def traded(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    """The addresses that keepalived would be MASTER without, where it is MASTER of the instances that trade them.

    It goes through the instances in the order of the old file: where the one that gets an address comes before the one
    that gives it, the address is added first, and then taken away.
    """
    now = {_identity(each): each for each in new}
    order = [each for each in old if _identity(each) in now]
    givers = {address: place for place, each in enumerate(order) for address in _held(each)}
    return [
        address
        for place, each in enumerate(order)
        for address in _held(now[_identity(each)])
        if address not in _held(each) and givers.get(address, -1) > place
    ]


#: What of an address a reload leaves as it is while keepalived holds it (2.2.7, 2.3.3 and 2.3.4 were seen to).
_LEFT = ("preferred_lft", "brd")


def left_as_they_are(before: Document, after: Document) -> list[str]:
    """The changes of held addresses that a reload does not make, as ``ADDRESS OPTION``: those of an address that stays
    and keeps all for which keepalived would take it away and add it anew."""
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    now = {_identity(each): each for each in new.get("instances", ())}
    found = []
    for each in old.get("instances", ()):
        there = {_rest(entry): entry for entry in _entries(now.get(_identity(each), {}))}
        for entry in _entries(each):
            same = there.get(_rest(entry), entry)
            found += [f"{entry['address']} {option}" for option in _LEFT if entry.get(option) != same.get(option)]
    return found


def _rest(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """All of an address but what a reload leaves as it is."""
    return tuple(sorted((key, str(value)) for key, value in entry.items() if key not in _LEFT))


def _identity(instance: Mapping[str, Any]) -> tuple[Any, ...]:
    first = next(_entries(instance), None)
    family = first and parse_address(str(first.get("address")))
    return (
        instance.get("virtual_router_id"),
        instance.get("interface"),
        bool(family and ":" in family.host),
        # A router ID that the file takes from a parameter is nobody else's.
        instance.get("name") if instance.get("virtual_router_id") is None else None,
    )


def leads_anew(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether another host may lead the instance after a change."""
    return old.get("priority") != new.get("priority") or bool(old.get("nopreempt")) > bool(new.get("nopreempt"))


def _begins_anew(old: Mapping[str, Any], new: Mapping[str, Any] | None) -> bool:
    if new is None or old.get("unicast_src_ip") != new.get("unicast_src_ip"):
        return True
    return any((old.get(key) or None, new.get(key) or None).count(None) == 1 for key in _ANEW)


def _held(instance: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """The addresses of an instance, without prefix length, and where each is."""
    found = {}
    for entry in _entries(instance):
        address = parse_address(str(entry.get("address")))
        if address is not None:
            found[address.host] = (entry.get("dev") or instance.get("interface"), entry.get("scope"))
    return found


def _entries(instance: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for option in _ADDRESSES:
        yield from (entry for entry in instance.get(option, ()) if isinstance(entry, dict))
