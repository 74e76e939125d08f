# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From our current customisations to the desired ones: one transaction and its inverse. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import (
    MODULE,
    Custom,
    Record,
    module_text,
    to_text,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.needs import Decision


class Found(NamedTuple):
    """The current state: our record, the part of it that still exists, the local setting and the value of every boolean
    concerned, the types set by something else where another one is desired, and the decision."""

    record: Record
    ours: Custom
    settings: Mapping[str, tuple[bool | None, bool]]
    theirs: Mapping[str, str]
    decision: Decision


class Commit(NamedTuple):
    """The content of a transaction of the store, the record to write, and paths to relabel afterwards."""

    ports: Mapping[str, str | None]
    booleans: Mapping[str, bool | None]
    files: Mapping[str, str | None]
    modules: Mapping[str, str | None]
    active: Mapping[str, bool]
    record: Record
    relabel: tuple[str, ...] = ()


class Relabel(NamedTuple):
    """Restore the labels of paths, and of everything below them, by the current policy."""

    paths: tuple[str, ...]


def plan(found: Found) -> Plan:
    """The changes from ``found.ours`` to ``found.decision``."""
    ours, desired = found.ours, found.decision.custom
    booleans = {
        name: value for name, value in desired.booleans.items() if _ours(name, found) or not _set(name, value, found)
    }
    made = desired._replace(booleans=booleans)
    before = {name: found.record.before.get(name, found.settings[name]) for name in booleans}
    kept = {name: kind for name, kind in found.record.replaced.items() if name in ours.ports or name in ours.files}
    replaced = {**kept, **found.theirs}
    target = Record(made, before, {name: kind for name, kind in replaced.items() if name in {*made.ports, *made.files}})
    summary = _summary(ours, made, found)
    relabel = tuple(sorted({*_difference(ours.files, made.files, {}), *found.decision.mislabelled}))
    steps = []
    if summary or target != found.record:
        revert = _commit_of(made, found.record, found, target)._replace(relabel=relabel)
        text = "\n".join(summary or ["remove outdated entries from the record"])
        steps.append(Step(text, _commit_of(ours, target, found, found.record), revert))
    if relabel:
        steps.append(Step(f"label files as the policy says: {', '.join(relabel)}", Relabel(relabel), Relabel(())))
    impact = "runtime" if steps else "none"
    return Plan(to_text(found.record), to_text(target), tuple(steps), impact, found.decision.warnings)


def file_expression(path: str) -> str:
    """The file context expression of a path and all below it."""
    return re.escape(path).replace(r"\-", "-").replace(r"\/", "/") + "(/.*)?"


def _ours(name: str, found: Found) -> bool:
    return name in found.ours.booleans


def _set(name: str, value: bool, found: Found) -> bool:
    """Whether a boolean has already been set permanently by something else."""
    return found.settings[name] == (value, value)


def _commit_of(old: Custom, target: Record, found: Found, record: Record) -> Commit:
    new = target.made
    booleans: dict[str, bool | None] = {}
    active: dict[str, bool] = {}
    for name in {*old.booleans, *new.booleans}:
        if name in new.booleans and old.booleans.get(name) != new.booleans[name]:
            booleans[name] = active[name] = new.booleans[name]
        elif name not in new.booleans:
            booleans[name], active[name] = record.before.get(name, found.settings.get(name, (None, False)))
    modules: dict[str, str | None] = {}
    if old.rules != new.rules:
        modules[MODULE] = module_text(new.rules) if new.rules else None
    # The names that `semanage permissive` gives, so that it lists and removes them too.
    modules.update({f"permissive_{each}": None for each in old.permissive - new.permissive})
    modules.update({f"permissive_{each}": f"(typepermissive {each})\n" for each in new.permissive - old.permissive})
    changed = _difference(old.files, new.files, record.replaced)
    files = {file_expression(path): kind for path, kind in changed.items()}
    return Commit(_difference(old.ports, new.ports, record.replaced), booleans, files, modules, active, target)


def _difference(old: Mapping[str, str], new: Mapping[str, str], replaced: Mapping[str, str]) -> dict[str, str | None]:
    """Name -> value to set; for removed ones the earlier value, or None to remove the customisation."""
    changed: dict[str, str | None] = {name: replaced.get(name) for name in old if name not in new}
    changed.update({name: value for name, value in new.items() if old.get(name) != value})
    return changed


def _summary(old: Custom, new: Custom, found: Found) -> list[str]:
    replaced = found.record.replaced
    lines = _lines(
        old.ports, new.ports, replaced, "port {0}: label it {1}", "port {0}: remove the label {1} that k8s_edge added"
    )
    lines += _lines(
        old.files, new.files, replaced, "{0}: give it the type {1}", "{0}: remove the type {1} that k8s_edge added"
    )
    for name in sorted({*old.booleans, *new.booleans}):
        if name not in new.booleans:
            lines.append(f"boolean {name}: set it back to {_word(found.record.before[name][1])}")
        elif old.booleans.get(name) != new.booleans[name]:
            lines.append(f"boolean {name}: switch it {_word(new.booleans[name])} permanently")
    for verb, rules in (("let", new.rules - old.rules), ("no longer let", old.rules - new.rules)):
        lines += [
            f"{verb} {domain} {permission.replace('name_', '')} TCP ports of type {kind}"
            for domain, kind, permission in sorted(rules)
        ]
    lines += [f"domain {domain}: make it permissive" for domain in sorted(new.permissive - old.permissive)]
    lines += [f"domain {domain}: enforce it again" for domain in sorted(old.permissive - new.permissive)]
    return lines


def _lines(
    old: Mapping[str, str], new: Mapping[str, str], replaced: Mapping[str, str], added: str, removed: str
) -> list[str]:
    """A line for each difference of two mappings."""
    return [
        removed.format(name, old[name]) if kind is None else added.format(name, kind) + " again" * (name not in new)
        for name, kind in sorted(_difference(old, new, replaced).items())
    ]


def _word(value: bool) -> str:
    return "on" if value else "off"
