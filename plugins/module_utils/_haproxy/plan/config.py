# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a text and the desired sections to the new text: one planner for a single backend and for the whole file.

Pure: no effects, the same result for the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import (
    DesiredSection,
    SectionValidator,
    switched_on,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.section import (
    SectionPlan,
    Settled,
    inherited_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    SECTION_KEYWORDS,
    Document,
    Section,
    conditional,
    parse,
    unclear,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.editor import Edits
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.current_section import CurrentSection

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import Others

#: haproxy_config's lists, and the section keyword of each.
SECTION_LISTS = {"defaults": "defaults", "frontends": "frontend", "listens": "listen", "backends": "backend"}
_OTHERS = SECTION_KEYWORDS.difference(("global", "defaults", *PROXY_KEYWORDS))


#: Keys under which the planners cache results between calls: what they checked where that did not depend on the file,
#: and which server lines needed no edit.
_CHECKED = "checked"
_SETTLED = "settled"


def plan_backend(
    text: str,
    params: Mapping[str, Any],
    remembered: dict[str, Any] | None = None,
    others: Callable[[], Others] | None = None,
) -> Edited:
    """Plan one backend. ``params``: its options, and ``state``, ``present`` or ``absent``. ``remembered`` is the cache
    of an earlier call with the same ``params``. ``others`` returns the files that HAProxy reads beside this one; it is
    called only when something changes. Raises InputError."""
    document = parse(text)
    desired: DesiredSection | None = (remembered or {}).get(_CHECKED)
    if desired is None:
        validator, current = SectionValidator(), CurrentSection(document, document.find("backend", params["name"]))
        options = {option: value for option, value in params.items() if option != "state"}
        desired = validator.section("backend", options, current=current)
        refuse(validator.problems)
        if remembered is not None and not current.asked:
            remembered[_CHECKED] = desired
    plan = _FilePlan(document, [desired], remembered)
    if params.get("state") == "absent":
        plan.remove(plan.document.find("backend", desired.name), "name")
    else:
        plan.section(desired)
    return plan.finish(others)


def plan_config(
    text: str,
    params: Mapping[str, Any],
    remembered: dict[str, Any] | None = None,
    others: Callable[[], Others] | None = None,
) -> Edited:
    """Plan the whole file. ``params``: ``global``, the lists of ``SECTION_LISTS``, ``sections`` and ``purge``.
    ``remembered`` and ``others`` as for a backend. Raises InputError."""
    document = parse(text)
    desired: list[DesiredSection] | None = (remembered or {}).get(_CHECKED)
    if desired is None:
        validator = SectionValidator()
        desired, asked = _desired_sections(document, validator, params)
        refuse(validator.problems)
        if remembered is not None and not asked:
            remembered[_CHECKED] = desired
    plan = _FilePlan(document, desired, remembered)
    for section in desired:
        plan.section(section)
    if params.get("purge"):
        names = {(section.kind, section.name) for section in desired}
        plan.purge(names, {option for option in (*SECTION_LISTS, "sections") if params.get(option) is not None})
    return plan.finish(others)


def _desired_sections(
    document: Document, validator: SectionValidator, params: Mapping[str, Any]
) -> tuple[list[DesiredSection], bool]:
    """The sections that a task gives, in the order of the options, and whether they depend on the file's content. An
    empty ``global`` manages nothing."""
    given: list[tuple[str, str, Mapping[str, Any], str]] = []
    if any(value is not None for value in (params.get("global") or {}).values()):
        given.append(("global", "", params["global"], "global."))
    for option, kind in SECTION_LISTS.items():
        for index, section in enumerate(params.get(option) or ()):
            given.append((kind, section.get("name") or "", section, f"{option}[{index}]."))
    for index, section in enumerate(params.get("sections") or ()):
        options: Mapping[str, Any] = {option: value for option, value in section.items() if option != "type"}
        given.append((section["type"], section.get("name") or "", options, f"sections[{index}]."))
    for kind, name, _options, path in given:
        if path.startswith("sections["):
            validator.section_keyword(f"{path}type", kind, bool(document.find(kind, name)))
    often = Counter((kind, name) for kind, name, _options, _path in given)
    there: dict[tuple[str, str], list[Section]] = {}
    for section in document.sections:
        there.setdefault((section.kind, section.name), []).append(section)
    seen: Counter[tuple[str, str]] = Counter()
    desired, currents = [], []
    for kind, name, options, path in given:
        sections, place, several = there.get((kind, name), []), seen[kind, name], often[kind, name] > 1
        seen[kind, name] += 1
        # As many as the file has: each is the one at its place ("defaults" without names, as they are read).
        placed = several and often[kind, name] == len(sections)
        if several and not placed and place:
            validator.second(f"{path}name", name, f"a {kind} section")
            continue
        current = CurrentSection(document, sections[place : place + 1] if several else sections)
        made = validator.section(kind, options, path, current)
        desired.append(made._replace(place=place) if placed else made)
        currents.append(current)
    return desired, len(often) < len(given) or any(current.asked for current in currents)


class _FilePlan:
    """Collects the edits of a file, and the problems that depend on its text."""

    def __init__(
        self, document: Document, desired: Sequence[DesiredSection], remembered: dict[str, Any] | None
    ) -> None:
        self.document = document
        self._settled: Settled = {} if remembered is None else remembered.setdefault(_SETTLED, {})
        self._inherited = inherited_options(self.document)
        for section in desired:
            if section.kind == "defaults":
                self._inherited |= switched_on(section)
        self.edits = Edits(self.document)
        self.problems: list[Problem] = []
        self._new: list[DesiredSection] = []
        self._wanted: set[str] = set()

    def section(self, desired: DesiredSection) -> None:
        """Add a section, or edit the existing one."""
        sections = self.document.find(desired.kind, desired.name)
        if desired.place is not None:
            sections = sections[desired.place : desired.place + 1]
        if not sections:
            self._add(desired)
        elif self._editable(sections, f"{desired.path}name", several=desired.kind == "global"):
            self._wanted.update([desired.inherits] if desired.inherits else [])
            plan = SectionPlan(self.edits, sections, desired, self.inherited(desired), self.problems)
            plan.make(self._settled)

    def inherited(self, desired: DesiredSection) -> set[str]:
        """The options that a default-server of any defaults section, current or desired, may switch on."""
        return set() if desired.kind == "defaults" else self._inherited

    def remove(self, sections: list[Section], option: str) -> None:
        if sections and self._editable(sections, option):
            self.edits.delete_section(sections[0])
            self.edits.summaries.append(f"{sections[0].title}: removed")

    def purge(self, desired: set[tuple[str, str]], given: set[str]) -> None:
        """Remove the sections that are not given, of those kinds whose list was given."""
        kinds = {SECTION_LISTS[option] for option in given if option in SECTION_LISTS}
        for section in self.document.sections:
            listed = section.kind in kinds or ("sections" in given and section.kind in _OTHERS)
            if listed and (section.kind, section.name) not in desired and self._editable([section], "purge"):
                self.edits.delete_section(section)
                self.edits.summaries.append(f"{section.title}: removed")

    def finish(self, others: Callable[[], Others] | None) -> Edited:
        """The edited text. Raises InputError with all problems."""
        if self._new:
            self._insert()
        refuse(self.problems)
        text = self.edits.render()
        if text == self.document.text:
            return Edited(text)
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import judge_change

        beside = () if others is None else (others(),)
        problems, warnings = judge_change(self.document, parse(text), *beside)
        refuse(problems)
        return Edited(text, tuple(self.edits.summaries), "reload", warnings)

    def _editable(self, sections: list[Section], option: str, several: bool = False) -> bool:
        """Whether the effect of changing these sections is clear; else a problem is added."""
        title = sections[0].title
        if any(conditional(self.document, section) for section in sections):
            reason = "depends on .if conditionals of HAProxy's preprocessor"
            self.problems.append(
                Problem(option, title, reason, "Edit that section by hand, or remove the .if from it.")
            )
            return False
        for line in {unclear(self.document, section) for section in sections} - {None}:
            word = self.document.lines[line].keyword if line is not None else ""
            reason = f"may end where line {(line or 0) + 1} begins: {word} is not a known keyword"
            remedy = f"Indent that line under the header that it belongs to, or, where {word} begins a section of a "
            remedy += "newer HAProxy, the lines that belong to it."
            self.problems.append(Problem(option, title, reason, remedy))
            return False
        if len(sections) > 1 and not several:
            reason = "is in the file {} times".format(len(sections))
            self.problems.append(Problem(option, title, reason, "Remove or rename the others first."))
            return False
        return True

    def _add(self, desired: DesiredSection) -> None:
        title = f"{desired.kind} {desired.name}".rstrip()
        if self.document.depth:
            reason = "cannot be added: a .if is still open at the end of the file"
            self.problems.append(Problem(f"{desired.path}name", title, reason, "Close it with .endif first."))
            return
        self._new.append(desired)
        self.edits.summaries.append(f"{title}: added")

    def _insert(self) -> None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.new_lines import section_lines
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.placing import place

        for after, desired in place(self.document, self._new, self._wanted):
            lines = section_lines(desired, self.edits.indent(None), self.inherited(desired), self.problems)
            self.edits.insert_section(lines, after)
