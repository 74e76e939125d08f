# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired SELinux access, and which customisations are ours: frozen values, and our record of them as text.

A port is identified by ``tcp/7777``; a rule is (domain, type of port, permission). ``before`` is a boolean's earlier
state: its local setting (None for none) and its value. ``replaced`` is the earlier type of a port or path, set by
something else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

Rule = tuple[str, str, str]

#: The name of our policy module, and of the type it defines for ports where the policy has none that fits.
MODULE = "k8s_edge"
PORT_TYPE = "k8s_edge_port_t"


class Program(NamedTuple):
    """A program that systemd starts, and the access it needs. ``boolean`` is one that allows it all ports."""

    path: str
    binds: tuple[int, ...] = ()
    connects: tuple[int, ...] = ()
    boolean: str | None = None
    reads: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()


class Desired(NamedTuple):
    """The desired state."""

    programs: tuple[Program, ...] = ()
    booleans: Mapping[str, bool] = {}
    permissive: tuple[str, ...] = ()


class Custom(NamedTuple):
    """Local customisations of a policy: port → type, boolean → value, path → type, rules, permissive domains."""

    ports: Mapping[str, str] = {}
    booleans: Mapping[str, bool] = {}
    files: Mapping[str, str] = {}
    rules: frozenset[Rule] = frozenset()
    permissive: frozenset[str] = frozenset()


class Record(NamedTuple):
    """The customisations we made, the earlier state of the booleans among them, and the types that our labels
    replaced."""

    made: Custom = Custom()
    before: Mapping[str, tuple[bool | None, bool]] = {}
    replaced: Mapping[str, str] = {}

    def __bool__(self) -> bool:
        return any(self.made)


def both(one: Record, other: Record) -> Record:
    """The union of two records."""
    made = Custom(
        {**one.made.ports, **other.made.ports},
        {**one.made.booleans, **other.made.booleans},
        {**one.made.files, **other.made.files},
        one.made.rules | other.made.rules,
        one.made.permissive | other.made.permissive,
    )
    return Record(made, {**one.before, **other.before}, {**one.replaced, **other.replaced})


def to_text(record: Record) -> str:
    """The record as text for the host; readable, and the same for the same content."""
    made = record.made
    content = {
        "ports": dict(made.ports),
        "booleans": dict(made.booleans),
        "files": dict(made.files),
        "rules": sorted(made.rules),
        "permissive": sorted(made.permissive),
        "before": {name: list(values) for name, values in record.before.items()},
        "replaced": dict(record.replaced),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def from_text(text: str) -> Record:
    """The reverse of ``to_text``; an empty text is an empty record. Raises ValueError or KeyError for anything else."""
    if not text:
        return Record()
    content = json.loads(text)
    made = Custom(
        content["ports"],
        content["booleans"],
        content["files"],
        frozenset((domain, kind, permission) for domain, kind, permission in content["rules"]),
        frozenset(content["permissive"]),
    )
    before = {name: (local, value) for name, (local, value) in content["before"].items()}
    return Record(made, before, content.get("replaced", {}))


def module_text(rules: frozenset[Rule]) -> str:
    """Our policy module, in CIL."""
    lines = ["; Made by k8s_edge.ha from the inventory: what no label and no boolean of this policy can give."]
    if any(kind == PORT_TYPE for _domain, kind, _permission in rules):
        lines += [
            f"(type {PORT_TYPE})",
            f"(roletype object_r {PORT_TYPE})",
            f"(typeattributeset port_type ({PORT_TYPE}))",
        ]
    lines += [f"(allow {domain} {kind} (tcp_socket ({permission})))" for domain, kind, permission in sorted(rules)]
    return "\n".join(lines) + "\n"
