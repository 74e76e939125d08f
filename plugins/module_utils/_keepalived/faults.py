# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change or drop although every value alone is good: conflicts within an instance,
and between an instance and the rest of the file (vrrp_complete_instance and vrrp_parser.c say which).

Faults are sought before and after an edit; only those that the edit brings in are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import (
    INCLUDES,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vrrp import INSTANCE, SYNC_GROUP

#: What a block may track, and the top-level keywords that define it.
_TRACKED = {
    "track_script": ("vrrp_script",),
    "track_process": ("vrrp_track_process",),
    "track_file": ("track_file", "vrrp_track_file"),
    "track_bfd": ("bfd_instance",),
}
_TRACKERS = {keyword: option for option, keywords in _TRACKED.items() for keyword in keywords}
_NEEDED = {
    "vrrp_script": ("script",),
    "vrrp_track_process": ("process",),
    "track_file": ("file",),
    "vrrp_track_file": ("file",),
    "vrrp_sync_group": ("group",),
    "bfd_instance": ("neighbor_ip", "neighbour_ip"),
}
_LVS = ("virtual_server", "virtual_server_group")


def new_faults(before: Document, after: Document) -> list[Problem]:
    """The faults that are there after an edit and were not before, in the order of the file."""
    known = frozenset(_texts(before) & _texts(after))
    old = {_identity(fault) for fault in faults(before, known)}
    return [fault for fault in faults(after, known) if _identity(fault) not in old]


def _texts(document: Document) -> set[str]:
    return {document.text[block.start : block.closing + 1] for block in document.root.blocks}


def faults(document: Document, known: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Every fault of a file, as far as it can be known without its includes and conditions. ``known`` are texts of
    virtual servers that need no look."""
    statements = [one for one in document.statements(document.root) if not one.condition]
    instances = [(name(one), _values(document, one, INSTANCE)) for one in statements if one.keyword == "vrrp_instance"]
    default_version = _default_version(document, statements)
    for instance, values in instances:
        for option, value, reason, remedy in instance_faults(values, default_version):
            yield Problem("instance {0}: {1}".format(instance, option), value, reason, remedy)
    yield from _duplicates(statements)
    yield from _incomplete(document, statements)
    yield from _clashes(instances)
    if not any(one.keyword in INCLUDES or one.keyword[:1] in ("~", "$") for one in statements):
        yield from _undefined(document, statements)
    if any(one.keyword in _LVS for one in statements):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.lvs_faults import lvs_faults

        yield from lvs_faults(document, statements, known)


def instance_faults(values: dict[str, Any], default_version: int = 2) -> Iterator[tuple[str, Any, str, str]]:
    """Conflicts within one instance, as (option, value, reason, remedy)."""
    families = _families(values)
    version = values.get("version") or (3 if 6 in families else default_version)
    state, priority = values.get("initial_state"), values.get("priority")
    yield from _version_faults(values, version, families)
    yield from _address_faults(values, families, version)
    if values.get("nopreempt") is True:
        if state == "MASTER":
            yield "nopreempt", True, "is cleared by keepalived where the state is MASTER", "Set initial_state: BACKUP."
        if priority == 255:
            yield "nopreempt", True, "is cleared by keepalived where the priority is 255", "Set a priority below 255."
    if values.get("preempt_delay"):
        if state == "MASTER":
            remedy = "Set initial_state: BACKUP."
            yield "preempt_delay", values["preempt_delay"], "is cleared by keepalived where the state is MASTER", remedy
        if values.get("nopreempt") is True:
            remedy = "Use one of the two."
            yield "preempt_delay", values["preempt_delay"], "is cleared by keepalived where nopreempt is set", remedy
    unicast = bool(values.get("unicast_peer"))
    if values.get("unicast_ttl") is not None and not unicast:
        yield "unicast_ttl", values["unicast_ttl"], "is reset by keepalived without unicast_peer", "Name the peers."
    if values.get("unicast_src_ip") and not unicast and not values.get("unicast_fault_no_peer"):
        reason = "means multicast all the same, as there is no unicast_peer (keepalived says: deprecated)"
        yield "unicast_src_ip", values["unicast_src_ip"], reason, "Name the peers in unicast_peer."
    if values.get("mcast_dst_ip") and unicast:
        reason = "is ignored by keepalived where there are unicast peers"
        yield "mcast_dst_ip", values["mcast_dst_ip"], reason, "Use one of the two."
    if values.get("virtual_router_id") is None:
        yield (
            "virtual_router_id",
            None,
            "is missing, and keepalived drops such an instance",
            "Give a number from 1 to 255.",
        )
    if values.get("interface") is None and not (values.get("unicast_src_ip") or values.get("mcast_src_ip")):
        yield "interface", None, "is missing, and keepalived drops such an instance", "Name the interface."
    for tracked in _dicts(values.get("track_interface")):
        if tracked.get("name") == values.get("interface"):
            reason = "is ignored by keepalived: an instance tracks its own interface anyway"
            yield "track_interface", tracked.get("name"), reason, "Leave it out."
    if values.get("vmac_xmit_base") and "use_vmac" not in values:
        yield "vmac_xmit_base", True, "is cleared by keepalived without use_vmac", "Set use_vmac too."


def _version_faults(values: dict[str, Any], version: int, families: set[int]) -> Iterator[tuple[str, Any, str, str]]:
    interval = values.get("advert_int")
    authentication = values.get("authentication")
    if version == 2 and 6 in families:
        yield "version", 2, "cannot carry IPv6", "Set version: 3."
    if isinstance(interval, float):
        if version == 2 and interval != int(interval):
            reason = "is rounded by keepalived: VRRP version 2 has whole seconds only"
            yield "advert_int", interval, reason, "Give whole seconds, or set version: 3."
        if version == 3 and interval > 40.95:
            yield "advert_int", interval, "is cut by keepalived: VRRP version 3 ends at 40.95", "Give at most 40.95."
        if version == 3 and abs(interval * 100 - round(interval * 100)) > 1e-6:
            reason = "is rounded by keepalived: VRRP version 3 counts in steps of 0.01 s"
            yield "advert_int", interval, reason, "Give at most two digits after the point."
    if isinstance(authentication, dict) and authentication:
        if version == 3:
            reason = "is ignored by keepalived: VRRP version 3 has no authentication"
            yield "authentication", "(given)", reason, "Leave it out, or set version: 2."
        elif authentication.get("auth_type") and not authentication.get("auth_pass"):
            yield "authentication.auth_pass", None, "is missing, so keepalived ignores the rest", "Give it."
        elif authentication.get("auth_pass") and not authentication.get("auth_type"):
            yield "authentication.auth_type", None, "is missing, so keepalived ignores the rest", "Give PASS or AH."
        elif authentication.get("auth_type") == "AH" and values.get("initial_state") == "MASTER":
            reason = "makes keepalived start as BACKUP all the same"
            yield "authentication.auth_type", "AH", reason, "Set initial_state: BACKUP."
    if isinstance(values.get("auth_hmac"), dict):
        yield from _hmac_faults(values["auth_hmac"], bool(authentication))


def _hmac_faults(hmac: dict[str, Any], authentication: bool) -> Iterator[tuple[str, Any, str, str]]:
    """auth_hmac as keepalived's manual has it (keepalived.conf(5), from 2.4)."""
    if authentication:
        yield "auth_hmac", "(given)", "and authentication exclude each other", "Remove one of the two blocks."
    keys = [key.get("id") for key in _dicts(hmac.get("keys"))]
    if not keys:
        yield "auth_hmac.keys", None, "is missing, so there is nothing to sign with", "Give at least one key."
    elif hmac.get("active_key") is not None and hmac["active_key"] not in keys:
        there = ", ".join(str(key) for key in keys)
        yield "auth_hmac.active_key", hmac["active_key"], "is none of the keys", f"Use one of: {there}."
    if hmac.get("time_window") is not None and hmac.get("anti_replay") == "monotonic":
        reason = "means nothing where anti_replay is monotonic"
        yield "auth_hmac.time_window", hmac["time_window"], reason, "Leave it out, or set anti_replay: time."


def _address_faults(values: dict[str, Any], families: set[int], version: int) -> Iterator[tuple[str, Any, str, str]]:
    if len(families) > 1:
        reason = "mixes IPv4 and IPv6, and keepalived would drop one family"
        remedy = "Make one instance for each family, or put the other family into virtual_ipaddress_excluded."
        yield "virtual_ipaddress", _spelled(values), reason, remedy
    addresses = _dicts(values.get("virtual_ipaddress"))
    if values.get("virtual_ipaddress") == [] or "virtual_ipaddress" not in values:
        yield "virtual_ipaddress", None, "is missing: an instance without an address serves nothing", "Name one."
    family = min(families) if len(families) == 1 else None
    for option in ("unicast_src_ip", "mcast_src_ip", "mcast_dst_ip"):
        found = parse_address(values.get(option) or "")
        if found is not None and family is not None and found.family != family and not values.get("native_ipv6"):
            reason = "is not of the family of the virtual addresses, and keepalived would drop one or the other"
            yield option, values[option], reason, "Give an IPv{0} address.".format(family)
    for peer in _dicts(values.get("unicast_peer")):
        found = parse_address(peer.get("address") or "")
        if found is not None and family is not None and found.family != family and not values.get("native_ipv6"):
            reason = "is not of the family of the virtual addresses, and keepalived would drop it"
            yield "unicast_peer", peer["address"], reason, "Give an IPv{0} address.".format(family)
        if peer.get("min_ttl", 0) > peer.get("max_ttl", 255):
            yield "unicast_peer", peer["address"], "has min_ttl above max_ttl: every packet is dropped", "Swap them."
        if found is not None and peer["address"] == values.get("unicast_src_ip"):
            yield "unicast_peer", peer["address"], "is this host's own unicast_src_ip", "List the other hosts only."
    for entry in addresses + _dicts(values.get("virtual_ipaddress_excluded")):
        yield from _virtual_address_faults(entry)


def _virtual_address_faults(entry: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    found = parse_address(entry.get("address") or "")
    if found is None:
        return
    kind = _useless(found.host, found.family)
    if kind:
        yield (
            "virtual_ipaddress",
            str(found),
            "is {0}, and keepalived would take it silently".format(kind),
            ("Give an address of the network that clients reach."),
        )
    if found.family == 6:
        for part in ("brd", "scope", "label"):
            if part in entry:
                reason = "has a {0}, which keepalived does not take for IPv6".format(part)
                yield "virtual_ipaddress", str(found), reason, "Leave {0} out.".format(part)
    if "brd" in entry and "peer" in entry:
        yield "virtual_ipaddress", str(found), "has both brd and peer: keepalived ignores brd", "Use one of the two."
    if "peer" in entry and found.full_prefix != (32 if found.family == 4 else 128):
        reason = "has a prefix length beside a peer, and keepalived would ignore it"
        yield (
            "virtual_ipaddress",
            str(found),
            reason,
            "Give {0}/{1}.".format(found.host, 32 if found.family == 4 else 128),
        )
    if entry.get("brd") in ("+", "-") and found.full_prefix > 30:
        yield "virtual_ipaddress", str(found), "is too narrow for a broadcast address", "Leave brd out."


def _useless(host: str, family: int) -> str:
    if family == 4:
        first = int(host.split(".", 1)[0])
        if first == 127:
            return "a loopback address"
        if first >= 224:
            return "a multicast or reserved address"
        return "no host's address" if first == 0 else ""
    if host == "::1":
        return "a loopback address"
    if host == "::":
        return "no host's address"
    return "a multicast address" if host.startswith("ff") else ""


def _families(values: dict[str, Any]) -> set[int]:
    found = (parse_address(entry.get("address") or "") for entry in _dicts(values.get("virtual_ipaddress")))
    return {one.family for one in found if one is not None}


def _spelled(values: dict[str, Any]) -> str:
    return ", ".join(str(entry.get("address")) for entry in _dicts(values.get("virtual_ipaddress")))


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items or () if isinstance(item, dict)]


def _duplicates(statements: Iterable[Statement]) -> Iterator[Problem]:
    """The same name twice: keepalived skips the second block."""
    seen: set[tuple[str, ...]] = set()
    for statement in statements:
        if statement.block is None or statement.keyword in _LVS or not statement.arguments:
            continue
        key = (statement.keyword, *statement.arguments)
        if key in seen:
            yield Problem(" ".join(key), statement.arguments[-1], "stands twice in the file", "Name it once.")
        seen.add(key)


def _incomplete(document: Document, statements: Iterable[Statement]) -> Iterator[Problem]:
    """Blocks without the one line that they are about: keepalived removes them."""
    for statement in statements:
        needed = _NEEDED.get(statement.keyword)
        if needed is None or statement.block is None:
            continue
        lines = list(document.statements(statement.block))
        if not any(line.keyword in needed or is_opaque(line) for line in lines):
            option = "{0} {1}: {2}".format(statement.keyword, name(statement), needed[0])
            yield Problem(option, None, "is missing, and keepalived would remove the whole block", "Give it.")


def _clashes(instances: list[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    """Two instances that want the same address, or the same router ID on one interface."""
    owners: dict[Any, str] = {}
    for instance, values in instances:
        entries = _dicts(values.get("virtual_ipaddress")) + _dicts(values.get("virtual_ipaddress_excluded"))
        here: set[Any] = set()
        for entry in entries:
            key = ("address", str(entry.get("address")).partition("/")[0], entry.get("dev") or values.get("interface"))
            if key in here or owners.get(key, instance) != instance:
                other = "twice in this instance" if key in here else "in instance {0} too".format(owners[key])
                option = "instance {0}: virtual_ipaddress".format(instance)
                reason = "stands {0}, and keepalived would say nothing".format(other)
                yield Problem(option, key[1], reason, "Give each address to one instance.")
            here.add(key)
            owners.setdefault(key, instance)
        families = _families(values) or {4}
        for family in sorted(families):
            router = (values.get("virtual_router_id"), values.get("interface"), family)
            if None in router:
                continue
            if owners.get(router, instance) != instance:
                option = "instance {0}: virtual_router_id".format(instance)
                reason = "is used on {0} by instance {1} too".format(router[1], owners[router])
                yield Problem(option, router[0], reason, "Give each instance on an interface a number of its own.")
            owners.setdefault(router, instance)


def _undefined(document: Document, statements: Iterable[Statement]) -> Iterator[Problem]:
    """Who names something that is not there. Trackers must stand before the blocks that track them."""
    defined: dict[str, set[str]] = {option: set() for option in _TRACKED}
    statements = list(statements)
    everywhere = [(_TRACKERS[one.keyword], name(one)) for one in statements if one.keyword in _TRACKERS]
    names = {name(one) for one in statements if one.keyword == "vrrp_instance"}
    for statement in statements:
        if statement.keyword in _TRACKERS:
            defined[_TRACKERS[statement.keyword]].add(name(statement))
        elif statement.keyword in ("vrrp_instance", "vrrp_sync_group"):
            table = INSTANCE if statement.keyword == "vrrp_instance" else SYNC_GROUP
            values = _values(document, statement, table)
            where = "{0} {1}".format(statement.keyword.partition("_")[2], name(statement))
            for option in _TRACKED:
                for tracked in _dicts(values.get(option)):
                    if tracked.get("name") in defined[option]:
                        continue
                    later = (option, tracked.get("name")) in everywhere
                    reason = "is defined further down in the file" if later else "is not defined in the file"
                    remedy = "Define it above." if later else "Define it too (keepalived_config), or leave it out."
                    reason += ", and keepalived would drop it"
                    yield Problem("{0}: {1}".format(where, option), tracked.get("name"), reason, remedy)
            for member in values.get("group") or ():
                if member not in names:
                    reason = "is no instance of this file, and keepalived would drop it"
                    yield Problem("{0}: group".format(where), member, reason, "Name instances that are defined.")


def name(statement: Statement) -> str:
    return " ".join(statement.arguments)


def _values(document: Document, statement: Statement, table: Any) -> dict[str, Any]:
    if statement.block is None:
        return {}
    values: dict[str, Any] = table.read(document, statement.block)
    return values


def _default_version(document: Document, statements: Iterable[Statement]) -> int:
    for statement in statements:
        if statement.keyword == "global_defs" and statement.block is not None:
            for line in document.statements(statement.block):
                if line.keyword == "vrrp_version" and line.arguments == ["3"]:
                    return 3
    return 2


def _identity(fault: Problem) -> tuple[str, str, str]:
    return fault.option, repr(fault.value), fault.reason
