# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables: the steps that make file, unit and kernel match the desired state. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nft_text import Chain, file_text, unit_text
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step


class Loaded(NamedTuple):
    """What was loaded last, and how nft listed the resulting rules, by table. Current rules are compared with that
    listing, because nft does not list a rule as it was written."""

    desired: Desired = Desired()
    listings: Mapping[str, str] = {}


class Found(NamedTuple):
    """The host's current state. ``listings`` is how nft lists our rules; ``running`` is whether the unit is enabled and
    active."""

    loaded: Loaded
    file: bytes | None
    unit: bytes | None
    running: bool
    chains: tuple[Chain, ...]
    listings: Mapping[str, str]


class Files(NamedTuple):
    """The content of our two files; None for no file."""

    file: bytes | None
    unit: bytes | None


class Service(NamedTuple):
    """Whether our unit is on, now and at boot. Stopping it removes no rules."""

    on: bool


class Rules(NamedTuple):
    """The rules desired in the kernel: our own table, and our chains in tables that are not ours."""

    desired: Desired
    chains: tuple[Chain, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing of ours is desired."""
        return not self.desired.openings and not self.desired.guarded


def plan(found: Found, desired: Desired, nft: str) -> Plan:
    """The steps; none where the desired state is what was loaded and it is unchanged. ``nft`` is the path of the
    tool."""
    old = found.loaded.desired
    more = Desired() if desired.close else old
    openings = {*desired.openings, *more.openings}
    desired = Desired(tuple(sorted(openings, key=str)), (), tuple(sorted({*desired.guarded, *more.guarded})))
    doors = tuple(chain for chain in found.chains if not chain.iptables)
    target = Rules(desired, doors if openings else ())
    lines = [f"open {each}" for each in desired.openings if each not in old.openings]
    lines += [f"close {each}" for each in old.openings if each not in desired.openings]
    lines += [f"refuse everything else at {each}" for each in desired.guarded if each not in old.guarded]
    lines += [f"stop refusing everything else at {each}" for each in old.guarded if each not in desired.guarded]
    before, after = ("" if rules.empty else file_text(*rules) for rules in (Rules(old, ()), Rules(desired, ())))
    warnings = () if target.empty else tuple(_iptables_warning(chain) for chain in found.chains if chain.iptables)
    if not lines and _as_loaded(found, target, nft):
        return Plan(before, before, warnings=warnings)
    return Plan(before, after, tuple(_steps(found, target, lines, nft)), "runtime", warnings)


def _steps(found: Found, target: Rules, lines: list[str], nft: str) -> Iterator[Step]:
    """The file is written before the unit that loads it, and removed after it. Rules come last: they replace all of
    ours, including what the start of the unit has loaded."""
    words = "\n".join(lines or ["load the rules of k8s_edge again: the loaded rules differ"])
    was = Rules(found.loaded.desired, tuple(chain for chain in found.chains if chain.jumps))
    there = Files(found.file, found.unit)
    if target.empty:
        yield Step(words, target, was)
        if found.running:
            yield Step("", Service(False), Service(True))
        yield Step("", Files(None, None), there)
        return
    yield Step(words, Files(file_text(*target).encode(), unit_text(nft).encode()), there)
    if not found.running:
        yield Step("", Rules(Desired(), ()), was)
        yield Step("", Service(True), Service(False))
    yield Step("", target, was)


def _as_loaded(found: Found, target: Rules, nft: str) -> bool:
    """Whether files and kernel are as the last load left them, for these chains."""
    if target.empty:
        return found.file is None and found.unit is None and not any(found.listings.values())
    return (
        found.file == file_text(*target).encode()
        and found.unit == unit_text(nft).encode()
        and found.running
        and found.listings == found.loaded.listings
        and all(len(chain.jumps) == (chain in target.chains) for chain in found.chains)
    )


def _iptables_warning(chain: Chain) -> str:
    return (
        f"The chain {chain} belongs to iptables and drops or rejects other traffic, so it is not changed. It may still "
        "block what this task opens: open that with the tool that manages those rules (ufw, iptables-persistent)."
    )


def text_of(loaded: Loaded) -> bytes:
    """The record as bytes: what was loaded, and how nft lists it."""
    content = {
        "openings": loaded.desired.openings,
        "guarded": loaded.desired.guarded,
        "listings": dict(loaded.listings),
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def loaded_from(content: bytes | None) -> Loaded:
    """The reverse of ``text_of``. A record that cannot be parsed counts as none: our rules are then known by their
    names."""
    try:
        known = json.loads(content or b"")
        desired = Desired(tuple(Opening(*each) for each in known["openings"]), (), tuple(known["guarded"]))
        return Loaded(desired, known["listings"])
    except (ValueError, KeyError, TypeError):
        return Loaded()
