# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change in static addresses, routes and rules, in GARP groups and in interface delays
(vrrp_parser.c, vrrp_static_track.c, check_debounce_timers in vrrp.c)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.instance import address_faults, dicts
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import (
    GARP_GROUPS,
    INTERFACE_DELAYS,
    STATIC_IPADDRESS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.globals import GLOBAL_DEFS

_STATIC = ("static_ipaddress", "static_routes", "static_rules")


def interface_faults(
    document: Document, statements: list[Statement], instances: Iterable[tuple[str, dict[str, Any]]], whole: bool
) -> Iterator[Problem]:
    """The faults of a file's blocks about interfaces. ``whole``: nothing is included, so a name that is not in the file
    is not defined."""
    settings: dict[str, Any] = {}
    groups: set[str] = set()
    for statement in statements:
        if statement.block is None:
            continue
        if statement.keyword == "global_defs":
            settings.update(GLOBAL_DEFS.table.read(document, statement.block))
        elif statement.keyword == "track_group":
            groups.update(statement.arguments)
        elif statement.keyword in _STATIC:
            for item in document.statements(statement.block):
                if not is_opaque(item):
                    yield from _tracking(statement.keyword, item, groups if whole else None)
        if statement.keyword == "static_ipaddress":
            for entry in dicts(STATIC_IPADDRESS.read(document, [statement])):
                yield from _static_address(entry, settings if whole else None)
    yield from _garp_groups(document, [one for one in statements if one.keyword == "garp_group"])
    delays = [one for one in statements if one.keyword == "interface_up_down_delays"]
    try:
        yield from _delays(dicts(INTERFACE_DELAYS.read(document, delays)), instances)
    except TypeError:
        return  # some number in the file is invalid


def _tracking(option: str, item: Statement, groups: set[str] | None) -> Iterator[Problem]:
    words = [word.text for word in item.words]
    if "track_group" not in words[:-1]:
        return
    group = words[words.index("track_group") + 1]
    if "no_track" in words:
        yield Problem(option, words[0], "has both track_group and no_track: it is not tracked", "Use one of the two.")
    if groups is not None and group not in groups:
        reason = "is not defined above, so keepalived would not track {0}".format(words[0])
        yield Problem(option + ": track_group", group, reason, "Define it in track_groups.")


def _static_address(entry: dict[str, Any], settings: dict[str, Any] | None) -> Iterator[Problem]:
    address = entry.get("address")
    for reason, remedy in address_faults(entry):
        yield Problem("static_ipaddress", address, reason, remedy)
    if settings is not None and "dev" not in entry and not settings.get("default_interface"):
        reason = "has no dev, and keepalived would take eth0, or not start where there is none"
        yield Problem("static_ipaddress", address, reason, "Give dev, or global_defs.default_interface.")


def _garp_groups(document: Document, found: list[Statement]) -> Iterator[Problem]:
    taken: set[str] = set()
    for entry in GARP_GROUPS.read(document, found):
        one, several = entry.get("interface"), entry.get("interfaces") or []
        names = [*([one] if one else []), *several]
        if not names:
            yield Problem("garp_group: interfaces", None, "is missing, so the group tracks nothing", "Name them.")
        if one and several:
            yield Problem("garp_group: interface", one, "does not go with interfaces", "Use one of the two.")
        if "garp_interval" not in entry and "gna_interval" not in entry:
            reason = "is missing, and keepalived would remove a group without an interval"
            yield Problem("garp_group: garp_interval", None, reason, "Give it, or gna_interval, or both.")
        for name in names:
            if name in taken:
                reason = "is in two groups, and keepalived would ignore the second"
                yield Problem("garp_group: interfaces", name, reason, "Name it in one group.")
            taken.add(name)


def _delays(entries: list[dict[str, Any]], instances: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    delays = {entry["name"]: (entry["down_delay"], entry["up_delay"]) for entry in entries}
    for instance, values in instances:
        missed, interval = values.get("down_timer_adverts", 3) - 1, values.get("advert_int", 1)
        for delay in delays.get(values.get("interface"), ()):
            if delay and delay >= missed * interval:
                reason = "waits {0:g} s, not less than {1} adverts of instance {2}, and keepalived would reset it"
                reason = reason.format(delay, missed, instance)
                yield Problem("interface_up_down_delays", values["interface"], reason, "Lower the delay.")
                break
