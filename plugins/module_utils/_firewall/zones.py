# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld: from its zones as they are, and what of them is ours, to the rich rules that come and go. Pure.

Rules go to the zones that packets meet, now or once firewalld is reloaded: those of the interfaces, and those that are
bound to sources, which come before them. They stay out of a zone that lets everything in (nothing to open) and of one
bound to sources to keep them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

RUNTIME, PERMANENT = "runtime", "permanent"
LAYERS = (RUNTIME, PERMANENT)
#: In the record, in the place of a layer: the rule that runs was there before ours was there for good.
THEIRS = "theirs"

#: (layer, zone, rich rule)
Entry = tuple[str, str, str]


class Zone(NamedTuple):
    """A zone as it is now, and as it is for good, with what it is bound to in either. ``runtime`` is None where
    firewalld does not run or has not loaded the zone yet, ``permanent`` where nobody has written it down."""

    target: str
    interfaces: tuple[str, ...]
    sources: tuple[str, ...]
    runtime: frozenset[str] | None
    permanent: frozenset[str] | None


class View(NamedTuple):
    """The zones by name, and which one an interface is in that none names."""

    default: str
    zones: Mapping[str, Zone]


class Found(NamedTuple):
    """What was read: the zones, and which entries are ours. What is ours for good is ours while it runs, too, unless it
    ran before."""

    view: View
    ours: frozenset[Entry]


class Turn(NamedTuple):
    """Put a rule into a zone, or take it out."""

    layer: str
    zone: str
    rule: str
    present: bool


class Remember(NamedTuple):
    """Write down which entries are ours."""

    entries: frozenset[Entry]


def rich_rule(opening: Opening) -> str:
    """The opening in firewalld's rich language, spelled as firewalld itself spells it."""
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
    """The zones that packets from these interfaces meet, and where they are not let in anyway."""
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
    """What brings the zones to the desired state: first all that is opened, then all that is closed."""
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
    steps = [Step(_words(turn, turns, named), turn, turn._replace(present=not turn.present)) for turn in turns]
    if turns or left != found.ours:
        # Whatever happens in between, the record names at least what is ours.
        everything = found.ours | left
        steps.insert(0, Step("", Remember(everything), Remember(found.ours)))
        forget = "" if turns else "remove outdated entries from the record"
        steps.append(Step(forget, Remember(frozenset(left)), Remember(everything)))
    before, after = (_shown(entries) for entries in (ours, kept))
    fleeting = [_told(zone) for zone in met if found.view.zones[zone].permanent is None]
    return Plan(before, after, tuple(steps), "runtime" if steps else "none", tuple(fleeting))


def _entries(view: View) -> set[Entry]:
    return {
        (layer, name, rule)
        for name, zone in view.zones.items()
        for layer in LAYERS
        for rule in getattr(zone, layer) or ()
    }


def _theirs(entry: Entry, there: set[Entry], ours: set[Entry]) -> bool:
    """Whether a rule that runs is somebody else's for good, so that it has to go on running."""
    for_good = (PERMANENT, *entry[1:])
    return for_good in there and for_good not in ours


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry[1], entry[2], entry[0] == PERMANENT))


def _words(turn: Turn, turns: list[Turn], named: Mapping[str, str]) -> str:
    """A line for both layers of a rule; which of them it is, only where the other one is right already."""
    layers = [each.layer for each in turns if (each.zone, each.rule) == (turn.zone, turn.rule)]
    if len(layers) > 1 and turn.layer == PERMANENT:
        return ""
    only = "" if len(layers) > 1 else ", now" if turn.layer == RUNTIME else ", for good"
    if turn.present:
        return f"zone {turn.zone}: open {named[turn.rule]}{only}"
    return f"zone {turn.zone}: remove our {turn.rule}{only}"


def _told(zone: str) -> str:
    return (
        f"firewalld's zone {zone} is not permanent: the next reload removes it, with all that it allows. Make it "
        "permanent, or give its interfaces to another zone, and run again."
    )


def _shown(entries: Iterable[Entry]) -> str:
    return "".join(f"{zone} {layer}: {rule}\n" for layer, zone, rule in _ordered(entries))
