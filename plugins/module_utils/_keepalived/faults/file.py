# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change or drop although every single value is valid: faults of the whole file.

Faults are searched before and after an edit; only those that the edit introduces are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.instance import (
    UNKNOWN,
    dicts,
    families_of,
    instance_faults,
    is_group,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.unknowns import unknown_in
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    INCLUDES,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import TRACK_GROUPS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.globals import GLOBAL_DEFS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import (
    BFD_INSTANCE,
    INSTANCE,
    SCRIPT,
    SYNC_GROUP,
    TRACK_FILE,
    TRACK_PROCESS,
)

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
    "track_group": ("group",),
    "bfd_instance": ("neighbor_ip", "neighbour_ip"),
}
_WEIGHTED = {
    "vrrp_script": ("track_script", SCRIPT),
    "track_file": ("track_file", TRACK_FILE),
    "vrrp_track_file": ("track_file", TRACK_FILE),
    "bfd_instance": ("track_bfd", BFD_INSTANCE),
}
_NAMED_BY_SERVERS = ("virtual_server_group", "bfd_instance", "track_file", "vrrp_track_file")
_LVS = ("virtual_server", "virtual_server_group")
_MEMBERS = {"vrrp_instance": INSTANCE, "vrrp_sync_group": SYNC_GROUP, "track_group": TRACK_GROUPS.table}
_INTERFACES = ("static_ipaddress", "static_routes", "static_rules", "garp_group", "interface_up_down_delays")


def new_faults(before: Document, after: Document) -> list[Problem]:
    """The faults after an edit that were not there before, in file order."""
    known = frozenset(_texts(before) & _texts(after) if _named(before) == _named(after) else ())
    old = {_identity(fault) for fault in faults(before, known)}
    return [fault for fault in faults(after, known) if _identity(fault) not in old]


def _named(document: Document) -> set[str]:
    """The headers of blocks that virtual servers refer to: when these change, a virtual server must be checked
    again."""
    headers = (document.header(block) for block in document.root.blocks)
    return {" ".join(header) for header in headers if header and header[0] in _NAMED_BY_SERVERS}


def _texts(document: Document) -> set[str]:
    return {document.text[block.start : block.closing + 1] for block in document.root.blocks}


def faults(document: Document, known: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Every fault of a file, as far as it can be found without its includes and conditions. ``known`` are texts of
    virtual servers that are already checked."""
    statements = [one for one in document.statements(document.root) if not one.condition]
    instances = [(name(one), _values(document, one, INSTANCE)) for one in statements if one.keyword == "vrrp_instance"]
    default_version = _default_version(document, statements)
    for instance, values in instances:
        for option, value, reason, remedy in instance_faults(values, default_version):
            yield Problem("instance {0}: {1}".format(instance, option), value, reason, remedy)
    yield from _duplicates(statements)
    yield from _incomplete(document, statements)
    yield from _shared_identities(instances)
    yield from _ignored_weights(document, statements, instances)
    whole = not any(one.keyword in INCLUDES or one.keyword[:1] in ("~", "$") for one in statements)
    if whole:
        yield from _undefined(document, statements)
    if any(one.keyword in _INTERFACES for one in statements):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.interface import interface_faults

        yield from interface_faults(document, statements, instances, whole)
    for statement in statements:
        if statement.keyword == "global_defs" and statement.block is not None:
            settings = GLOBAL_DEFS.table.read(document, statement.block)
            for option, value, reason, remedy in _global_faults(settings, {one for one, _values in instances}, whole):
                yield Problem("global_defs: " + option, value, reason, remedy)
    if any(one.keyword in _LVS for one in statements):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.lvs import lvs_faults

        yield from lvs_faults(document, statements, known, whole)


def _global_faults(values: dict[str, Any], instances: set[str], whole: bool) -> Iterator[tuple[str, Any, str, str]]:
    """Conflicts within global_defs (init_global_data and global_parser.c)."""
    pipes: dict[str, str] = {}
    for option in ("notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo"):
        pipe = str(values.get(option, "")).partition(" ")[0]
        # IPVS and VRRP may share a pipe, but may not each read it.
        readers = {"vrrp_notify_fifo_script", "lvs_notify_fifo_script"} <= set(values)
        if pipe in pipes and (pipes[pipe] == "notify_fifo" or readers):
            reason = "is the same as {0}, and keepalived would silently ignore one".format(pipes[pipe])
            yield option, pipe, reason, "Give each a pipe of its own."
        if pipe:
            pipes.setdefault(pipe, option)
        if not pipe and option + "_script" in values:
            yield option, None, "is missing, so {0}_script is never run".format(option), "Give the pipe too."
    for option, family in (("vrrp_mcast_group4", 4), ("vrrp_mcast_group6", 6)):
        group = parse_address(str(values.get(option) or ""))
        if group is not None and (group.family != family or not is_group(group.host, group.family)):
            reason = "is not an IPv{0} multicast group for VRRP, and keepalived would skip it".format(family)
            yield option, group.host, reason, "Give one like {0}.".format("224.0.0.18" if family == 4 else "ff02::12")
    daemon = values.get("lvs_sync_daemon")
    follows = daemon.get("inst") if isinstance(daemon, dict) else None
    if whole and follows is not None and follows not in instances:
        reason = "is not an instance of this file, and keepalived would always run both sync daemons"
        yield "lvs_sync_daemon.inst", follows, reason, "Name an instance that is defined."


def _duplicates(statements: Iterable[Statement]) -> Iterator[Problem]:
    """Duplicate names: keepalived skips the second block."""
    seen: set[tuple[str, ...]] = set()
    for statement in statements:
        if statement.block is None or statement.keyword in _LVS or not statement.arguments:
            continue
        key = (statement.keyword, *statement.arguments)
        if key in seen:
            yield Problem(" ".join(key), statement.arguments[-1], "is in the file twice", "Name it once.")
        seen.add(key)


def _incomplete(document: Document, statements: Iterable[Statement]) -> Iterator[Problem]:
    """Blocks without the option they require: keepalived removes them."""
    for statement in statements:
        needed = _NEEDED.get(statement.keyword)
        if needed is None or statement.block is None:
            continue
        lines = list(document.statements(statement.block))
        if statement.keyword == "vrrp_track_process":
            yield from _quorum(name(statement), _values(document, statement, TRACK_PROCESS))
        if not any(line.keyword in needed or is_opaque(line) for line in lines):
            option = "{0} {1}: {2}".format(statement.keyword, name(statement), needed[0])
            yield Problem(option, None, "is missing, and keepalived would remove the whole block", "Give it.")


def _quorum(process: str, values: dict[str, Any]) -> Iterator[Problem]:
    least, most = values.get("quorum", 1), values.get("quorum_max")
    if isinstance(least, int) and isinstance(most, int) and least > (most or 1):
        reason = "is above quorum_max {0}, and keepalived would ignore one of the two".format(most)
        yield Problem("vrrp_track_process {0}: quorum".format(process), least, reason, "Lower it.")


def _shared_identities(instances: list[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    """Two instances with the same address, or with the same virtual router ID on one interface."""
    owners: dict[Any, str] = {}
    for instance, values in instances:
        entries = dicts(values.get("virtual_ipaddress")) + dicts(values.get("virtual_ipaddress_excluded"))
        here: set[Any] = set()
        for entry in entries:
            key = ("address", str(entry.get("address")).partition("/")[0], entry.get("dev") or values.get("interface"))
            if key in here or owners.get(key, instance) != instance:
                other = "twice in this instance" if key in here else "in instance {0} too".format(owners[key])
                option = "instance {0}: virtual_ipaddress".format(instance)
                reason = "is {0}, and keepalived would not report it".format(other)
                yield Problem(option, key[1], reason, "Give each address to one instance.")
            here.add(key)
            owners.setdefault(key, instance)
        families = families_of(values) or {4}
        for family in sorted(families):
            router = (values.get("virtual_router_id"), values.get("interface"), family)
            if None in router:
                continue
            if owners.get(router, instance) != instance:
                option = "instance {0}: virtual_router_id".format(instance)
                reason = "is used on {0} by instance {1} too".format(router[1], owners[router])
                yield Problem(option, router[0], reason, "Give each instance on an interface a number of its own.")
            owners.setdefault(router, instance)


def _ignored_weights(
    document: Document, statements: Iterable[Statement], instances: Iterable[tuple[str, dict[str, Any]]]
) -> Iterator[Problem]:
    """Weights that keepalived ignores, or for which it drops what has them: with an address owner's priority, and in
    sync groups."""
    weights: dict[tuple[str, str], int] = {}
    grouped: set[str] = set()
    for statement in statements:
        if statement.keyword in _WEIGHTED:
            option, table = _WEIGHTED[statement.keyword]
            default = "1" if option == "track_file" else "0"
            text = str(_values(document, statement, table).get("weight", default)).partition(" ")[0]
            weights[option, name(statement)] = int(text) if text.lstrip("+-").isdigit() else 0
        elif statement.keyword == "vrrp_sync_group":
            group = _values(document, statement, SYNC_GROUP)
            if not group.get("sync_group_tracking_weight"):
                grouped.update(group.get("group") or ())
    for instance, values in instances:
        if values.get("priority") == 255:
            why, remedy = "where the priority is 255", "Set a priority below 255, or weight: 0."
        elif instance in grouped:
            why, remedy = "in a sync group", "Set sync_group_tracking_weight in the group, or weight: 0."
        else:
            continue
        for option in ("track_interface", "track_script", "track_file", "track_bfd"):
            for tracked in dicts(values.get(option)):
                weight = tracked.get("weight", weights.get((option, str(tracked.get("name"))), 0))
                if weight:
                    reason = "has the weight {0}, which keepalived ignores {1}".format(weight, why)
                    yield Problem("instance {0}: {1}".format(instance, option), tracked.get("name"), reason, remedy)


def _undefined(document: Document, statements: Iterable[Statement]) -> Iterator[Problem]:
    """References to names that are not defined. Trackers must come before the blocks that track them."""
    defined: dict[str, set[str]] = {option: set() for option in _TRACKED}
    statements = list(statements)
    everywhere = [(_TRACKERS[one.keyword], name(one)) for one in statements if one.keyword in _TRACKERS]
    names = {name(one) for one in statements if one.keyword == "vrrp_instance"}
    for statement in statements:
        if statement.keyword in _TRACKERS:
            defined[_TRACKERS[statement.keyword]].add(name(statement))
        elif statement.keyword in _MEMBERS:
            values = _values(document, statement, _MEMBERS[statement.keyword])
            where = "{0} {1}".format(statement.keyword.partition("_")[2], name(statement))
            for option in _TRACKED:
                for tracked in dicts(values.get(option)):
                    if tracked.get("name") in defined[option]:
                        continue
                    later = (option, tracked.get("name")) in everywhere
                    reason = "is defined further down in the file" if later else "is not defined in the file"
                    remedy = "Define it above." if later else "Define it too (keepalived_config), or leave it out."
                    reason += ", and keepalived would drop it"
                    yield Problem("{0}: {1}".format(where, option), tracked.get("name"), reason, remedy)
            for member in values.get("group") or ():
                if member not in names:
                    reason = "is not an instance of this file, and keepalived would drop it"
                    yield Problem("{0}: group".format(where), member, reason, "Name instances that are defined.")


def name(statement: Statement) -> str:
    """The words after a statement's keyword, joined by blanks."""
    return " ".join(statement.arguments)


def _values(document: Document, statement: Statement, table: Any) -> dict[str, Any]:
    if statement.block is None:
        return {}
    values: dict[str, Any] = table.read(document, statement.block)
    unknown = unknown_in(table, document, statement.block, values)
    return dict(values, **{UNKNOWN: unknown}) if unknown else values


def _default_version(document: Document, statements: Iterable[Statement]) -> int:
    for statement in statements:
        if statement.keyword == "global_defs" and statement.block is not None:
            for line in document.statements(statement.block):
                if line.keyword == "vrrp_version" and line.arguments == ["3"]:
                    return 3
    return 2


def _identity(fault: Problem) -> tuple[str, str, str]:
    return fault.option, repr(fault.value), fault.reason
