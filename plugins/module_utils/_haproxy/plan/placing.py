# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where new sections go, so that every proxy inherits from the right defaults.

A proxy without ``from`` inherits from the last ``defaults`` above it, named or not (manual, section 4). New defaults
must not change what existing proxies inherit. A new proxy without ``from`` inherits from the defaults without a name,
if any.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import DesiredSection
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    Document,
    Section,
)


class Placed(NamedTuple):
    """Insert a new section after line ``after``, -1 for the top."""

    after: int
    desired: DesiredSection


def place(document: Document, new: Sequence[DesiredSection], inherited: Container[str] = ()) -> list[Placed]:
    """The new sections with their places, ordered where several go to one place. ``inherited`` are the names of the
    defaults sections that proxies of the document inherit from."""
    end = len(document.lines) - 1
    # A proxy of this call inherits from the defaults of this call.
    nameless = any(desired.kind == "defaults" and not desired.name for desired in new)
    placed = []
    for desired in new:
        follower = _follower(document, desired, nameless, inherited)
        placed.append(Placed(end if follower is None else _above(document, follower), desired))
    crowded = {each.after for each in placed if each.desired.kind == "defaults"}
    before = _defaults(document)
    inherits = bool(before) and not before[-1].name and not nameless
    bases = {desired.name: desired.inherits for desired in new if desired.kind == "defaults"}
    placed.sort(key=lambda each: _generation(each.desired, bases))
    return sorted(placed, key=lambda each: _rank(each.desired, inherits) if each.after in crowded else _ANYWHERE)


def _generation(desired: DesiredSection, bases: dict[str, str | None]) -> int:
    """How many new defaults sections this one builds on; it comes after all of these."""
    seen: set[str | None] = set()
    base = desired.inherits if desired.kind == "defaults" else None
    while base in bases and base not in seen:
        seen.add(base)
        base = bases[base]
    return len(seen)


_BEFORE, _NAMED, _ANYWHERE, _NAMELESS, _BEHIND = range(5)


def _rank(desired: DesiredSection, inherits: bool) -> int:
    """The order at one place where defaults are added too. ``inherits``: what follows there without ``from`` already
    has defaults without a name."""
    if desired.kind == "global":
        return _BEFORE
    if desired.kind == "defaults":
        return _NAMED if desired.name else _NAMELESS
    if desired.kind not in PROXY_KEYWORDS or desired.inherits is not None:
        return _ANYWHERE
    return _BEFORE if inherits else _BEHIND


def _follower(document: Document, desired: DesiredSection, nameless: bool, inherited: Container[str]) -> Section | None:
    """The section that a new one goes before; None at the end of the file. ``nameless``: defaults without a name are
    added too."""
    defaults = _defaults(document)
    if desired.kind == "global":
        return _first(document, ("defaults", *PROXY_KEYWORDS))
    if desired.kind == "defaults" and desired.inherits is not None:
        # After those that it builds on, at a place where no proxy would begin to inherit from it: before other
        # defaults.
        names = [section.name for section in defaults]
        return _next(defaults, names.index(desired.inherits)) if desired.inherits in names else None
    if desired.kind == "defaults" and desired.name:
        early = nameless or desired.name in inherited
        return defaults[0] if defaults else _first(document, PROXY_KEYWORDS) if early else None
    if desired.kind == "defaults":
        return None if defaults else _first(document, PROXY_KEYWORDS)
    if desired.kind not in PROXY_KEYWORDS or desired.inherits is not None or nameless or _is_unclear(document):
        return None
    own = [index for index, section in enumerate(defaults) if not section.name]
    return _next(defaults, own[-1]) if own else None


def _defaults(document: Document) -> list[Section]:
    return [section for section in document.sections if section.kind == "defaults" and not section.depth]


def _is_unclear(document: Document) -> bool:
    """Whether a ``.if`` decides which defaults exist."""
    return any(section.kind == "defaults" and section.depth for section in document.sections)


def _first(document: Document, kinds: Sequence[str]) -> Section | None:
    return next((section for section in document.sections if section.kind in kinds and not section.depth), None)


def _next(sections: Sequence[Section], index: int) -> Section | None:
    return sections[index + 1] if index + 1 < len(sections) else None


def _above(document: Document, section: Section) -> int:
    """The line above a section and above the comment that belongs to it."""
    above = section.header - 1
    while above >= 0 and document.content(above).startswith("#"):
        above -= 1
    return above
