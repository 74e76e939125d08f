# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld: from the current zones, and which of their rules are ours, to the rich rules to add and remove. Pure.

Rules go to the zones that packets reach, now or after a reload of firewalld: those of the interfaces, and those bound
to sources, which match first. No rule goes to a zone that accepts everything (nothing to open), nor to one bound to
sources in order to block them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

RUNTIME, PERMANENT = "runtime", "permanent"
LAYERS = (RUNTIME, PERMANENT)
#: In the record, in the place of a layer: the runtime rule existed before our permanent one.
THEIRS = "theirs"

#: (layer, zone, rich rule)
Entry = tuple[str, str, str]


class Zone(NamedTuple):
    """A zone at runtime and as permanent configuration, with what it is bound to in either. ``runtime`` is None where
    firewalld does not run or has not loaded the zone yet; ``permanent`` is None where it has no permanent
    configuration."""

    target: str
    interfaces: tuple[str, ...]
    sources: tuple[str, ...]
    runtime: frozenset[str] | None
    permanent: frozenset[str] | None


class View(NamedTuple):
    """The zones by name, and the default zone: that of interfaces which no zone lists."""

    default: str
    zones: Mapping[str, Zone]


class Found(NamedTuple):
    """What was read: the zones, and which entries are ours. A permanent rule of ours is ours at runtime too, unless the
    runtime rule existed before."""

    view: View
    ours: frozenset[Entry]


class Turn(NamedTuple):
    """Add a rule to a zone, or remove it."""

    layer: str
    zone: str
    rule: str
    present: bool


class Remember(NamedTuple):
    """Record which entries are ours."""

    entries: frozenset[Entry]


def rich_rule(opening: Opening) -> str:
    """The opening in firewalld's rich language, in firewalld's own spelling."""
    words = ["rule"]
    if opening.version:
        words.append(f'family="ipv{opening.version}"')
    if opening.source:
        words.append(f'source address="{opening.source}"')
    if opening.destination:
        words.append(f'destination address="{opening.destination}"')
    if opening.port:
        words.append(f'port port="{opening.port}" protocol="{opening.protocol}"')
    else:
        words.append(f'protocol value="{opening.protocol}"')
    return " ".join([*words, "accept"])


def zones_met(view: View, interfaces: Iterable[str]) -> list[str]:
    """The zones that packets from these interfaces reach and that do not accept everything anyway."""
    met = []
    for name, zone in sorted(view.zones.items()):
        by_interface = set(interfaces) & set(zone.interfaces) or (
            name == view.default
            and set(interfaces) - {each for other in view.zones.values() for each in other.interfaces}
        )
        by_source = zone.sources and zone.target == "default"
        if zone.target != "ACCEPT" and (by_interface or by_source):
            met.append(name)
    return met


def plan(found: Found, desired: Desired) -> Plan:
    """The changes from the current zones to the desired state: first everything to open, then everything to close."""
    there = _entries(found.view)
    ours = {entry for entry in there if entry in found.ours or (PERMANENT, *entry[1:]) in found.ours}
    ours -= {(RUNTIME, *entry[1:]) for entry in found.ours if entry[0] == THEIRS}
    named = {rich_rule(opening): str(opening) for opening in desired.openings}
    met = zones_met(found.view, desired.interfaces) if named else []
    needed = {
        (layer, zone, rule)
        for zone in met
        for rule in named
        for layer in LAYERS
        if getattr(found.view.zones[zone], layer) is not None
    }
    opened = needed - there
    closed = {entry for entry in ours - needed if not _theirs(entry, there, ours)} if desired.close else set()
    kept = (ours - closed) | opened
    left = {entry for entry in kept if entry[0] == PERMANENT or (PERMANENT, *entry[1:]) not in kept}
    left |= {(THEIRS, *entry[1:]) for entry in left if (RUNTIME, *entry[1:]) in there - ours}
    turns = [Turn(*entry, True) for entry in _ordered(opened)] + [Turn(*entry, False) for entry in _ordered(closed)]
    steps = [Step(_summary(turn, turns, named), turn, turn._replace(present=not turn.present)) for turn in turns]
    if turns or left != found.ours:
        # Whatever happens in between, the record lists at least all that is ours.
        everything = found.ours | left
        steps.insert(0, Step("", Remember(everything), Remember(found.ours)))
        forget = "" if turns else "remove outdated entries from the record"
        steps.append(Step(forget, Remember(frozenset(left)), Remember(everything)))
    before, after = (_shown(entries) for entries in (ours, kept))
    fleeting = [_fleeting_warning(zone) for zone in met if found.view.zones[zone].permanent is None]
    return Plan(before, after, tuple(steps), "runtime" if steps else "none", tuple(fleeting))


def _entries(view: View) -> set[Entry]:
    return {
        (layer, name, rule)
        for name, zone in view.zones.items()
        for layer in LAYERS
        for rule in getattr(zone, layer) or ()
    }


def _theirs(entry: Entry, there: set[Entry], ours: set[Entry]) -> bool:
    """Whether a runtime rule also has a permanent one that is not ours, so that it must keep running."""
    for_good = (PERMANENT, *entry[1:])
    return for_good in there and for_good not in ours


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry[1], entry[2], entry[0] == PERMANENT))


def _summary(turn: Turn, turns: list[Turn], named: Mapping[str, str]) -> str:
    """One line for both layers of a rule. The layer is named only where the other one is right already."""
    layers = [each.layer for each in turns if (each.zone, each.rule) == (turn.zone, turn.rule)]
    if len(layers) > 1 and turn.layer == PERMANENT:
        return ""
    only = "" if len(layers) > 1 else ", now" if turn.layer == RUNTIME else ", for good"
    if turn.present:
        return f"zone {turn.zone}: open {named[turn.rule]}{only}"
    return f"zone {turn.zone}: remove {turn.rule} that k8s_edge added{only}"


def _fleeting_warning(zone: str) -> str:
    return (
        f"firewalld's zone {zone} is not permanent: the next reload removes it, with all that it allows. Make it "
        "permanent, or give its interfaces to another zone, and run again."
    )


def _shown(entries: Iterable[Entry]) -> str:
    return "".join(f"{zone} {layer}: {rule}\n" for layer, zone, rule in _ordered(entries))
