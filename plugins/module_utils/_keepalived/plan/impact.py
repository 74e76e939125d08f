# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload does to the VIPs that this host holds. Pure. Loaded only when something changes.

Seen with keepalived 2.2.7 and 2.3.3 (test_keepalived_impacts.py). A reload keeps the state of an instance whose virtual
router ID, interface and family are in both files, whatever its name. Any other instance starts as BACKUP: its addresses
are removed and come back after the whole master-down time, and so are those of all instances in its sync group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import INSTANCES, SYNC_GROUPS

#: A change of one of these restarts the instance. For a list only its existence counts.
_ANEW = ("unicast_src_ip", "unicast_peer")
_ADDRESSES = ("virtual_ipaddress", "virtual_ipaddress_excluded")
_TABLE = Table(SYNC_GROUPS, INSTANCES)


def impact(before: Document, after: Document) -> str:
    """``vip_move`` where a reload removes a VIP from its holder for longer than some milliseconds, or may let it move.
    Otherwise ``reload``.

    Which host is MASTER also depends on the peers, which are not read here: any change of a priority may move a VIP.
    """
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    instances, coming = old.get("instances", ()), new.get("instances", ())
    if let_go(instances, coming, new.get("sync_groups", ())):
        return "vip_move"
    now = {_identity(each): each for each in coming}
    # A lower priority lets a peer take the VIP; a higher one takes it from a peer, and so does removing nopreempt.
    leads = any(_held(each) and leads_anew(each, now.get(_identity(each), each)) for each in instances)
    return "vip_move" if leads else "reload"


def let_go(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The addresses, without prefix, that a reload removes from a host that is MASTER of their instances, whichever
    host is MASTER afterwards: those of an instance that restarts, of all others in its sync group (``groups`` of the
    new file), and those that are removed or moved."""
    now = {_identity(each): each for each in new}
    kept = {each.get("name"): now[_identity(each)] for each in old if _identity(each) in now}
    anew = {each.get("name") for each in old if _begins_anew(each, kept.get(each.get("name")))}
    became = {each.get("name"): name for name, each in kept.items()}
    for group in groups:
        names = [each for each in group.get("group") or () if each in _names(new)]
        # A name that no kept instance has belongs to an instance that is new in this file.
        if any(name not in became or became[name] in anew for name in names):
            anew |= {became[name] for name in names if name in became}
    return [
        address
        for each in old
        for address, place in _held(each).items()
        if each.get("name") in anew or _held(kept[each.get("name")]).get(address) != place
    ]


def grouped_early(before: Document, after: Document) -> list[str]:
    """The new instances that a change starts in a sync group of existing ones, as in ``joining``."""
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    groups = new.get("sync_groups", ())
    found = joining(old.get("instances", ()), new.get("instances", ()), groups)
    return list(dict.fromkeys(name for names in found.values() for name in names))


def joining(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> dict[str, list[str]]:
    """For each kept instance, the new ones in its sync group. Where keepalived is MASTER of the kept one, it gives up
    its addresses until the new ones are MASTER too. Adding them to the group with a later reload, once they are MASTER,
    does not interrupt anything."""
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
    """Whether an address is one of the instance's virtual addresses, in the spelling of ``traded``."""
    return address in _held(instance)


def lost_addresses(before: Document, after: Document) -> list[str]:
    """The addresses that are lost because instances exchange them, as in ``traded``."""
    old, new = _TABLE.read(before, before.root), _TABLE.read(after, after.root)
    return traded(old.get("instances", ()), new.get("instances", ()))


def traded(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    """The addresses that are missing after a reload, where keepalived is MASTER of the instances that exchange them.

    It handles the instances in the order of the old file: where the instance that gets an address comes before the one
    that loses it, the address is first added and then removed.
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


#: Options of an address that a reload does not change while keepalived holds it (seen with 2.2.7, 2.3.3 and 2.3.4).
_LEFT = ("preferred_lft", "brd")


def left_as_they_are(before: Document, after: Document) -> list[str]:
    """The changes of held addresses that a reload does not make, as ``ADDRESS OPTION``: the address stays, and no
    option changes that would make keepalived remove it and add it again."""
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
    """The options of an address without those that a reload does not change."""
    return tuple(sorted((key, str(value)) for key, value in entry.items() if key not in _LEFT))


def _identity(instance: Mapping[str, Any]) -> tuple[Any, ...]:
    first = next(_entries(instance), None)
    family = first and parse_address(str(first.get("address")))
    return (
        instance.get("virtual_router_id"),
        instance.get("interface"),
        bool(family and ":" in family.host),
        # A virtual router ID from a parameter equals no other.
        instance.get("name") if instance.get("virtual_router_id") is None else None,
    )


def leads_anew(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether another host may become MASTER of the instance after a change."""
    return old.get("priority") != new.get("priority") or bool(old.get("nopreempt")) > bool(new.get("nopreempt"))


def _begins_anew(old: Mapping[str, Any], new: Mapping[str, Any] | None) -> bool:
    if new is None or old.get("unicast_src_ip") != new.get("unicast_src_ip"):
        return True
    return any((old.get(key) or None, new.get(key) or None).count(None) == 1 for key in _ANEW)


def _held(instance: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """The addresses of an instance, without prefix length, and the place of each."""
    found = {}
    for entry in _entries(instance):
        address = parse_address(str(entry.get("address")))
        if address is not None:
            found[address.host] = (entry.get("dev") or instance.get("interface"), entry.get("scope"))
    return found


def _entries(instance: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for option in _ADDRESSES:
        yield from (entry for entry in instance.get(option, ()) if isinstance(entry, dict))
