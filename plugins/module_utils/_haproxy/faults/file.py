# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a whole file: duplicate names, references to names that do not exist, listeners that share an address; and,
on the lines that a change touches, words that HAProxy would misread. What is only unusual there is a warning.

HAProxy's own check reports some of this, but not all, and not where the check is switched off. A change is refused only
for faults that it introduces: a file with older faults can still be edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.line import misread
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.tls import idle_tls
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    SECTION_KEYWORDS,
    Document,
    Section,
    unclear,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.inheritance import inherited
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.listeners import (
    Listener,
    listeners,
    shared,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact

_BACKENDS = ("backend", "listen")
_FRONTENDS = ("frontend", "listen")


class Fault(NamedTuple):
    """``where`` is a section's title, ``what`` the name or address concerned."""

    where: str
    what: str
    reason: str
    remedy: str


class Others(NamedTuple):
    """The other files that HAProxy reads, in order: those before the changed file, and those after it."""

    before: tuple[Document, ...] = ()
    behind: tuple[Document, ...] = ()

    def around(self, document: Document) -> list[Document]:
        return [*self.before, document, *self.behind]


def judge_change(
    before: Document, after: Document, others: Others | None = None
) -> tuple[list[Problem], tuple[str, ...]]:
    """The faults that a change would introduce into a file, or into the files that HAProxy reads with it, and warnings
    about the lines that it touches."""
    others = others or Others()
    gone, come = lines_without(before, after), lines_without(after, before)
    known = {*_faults(others.around(before)), *_line_faults(before, gone), *_unclear(before)}
    found = [*_faults(others.around(after)), *_line_faults(after, come), *_unclear(after)]
    found += _changed_inheritance(others.around(before), others.around(after))
    problems = [Problem(fault.where, redact(fault.what), *fault[2:]) for fault in found if fault not in known]
    odd = set(idle_tls(before, gone))
    return problems, tuple(warning for warning in idle_tls(after, come) if warning not in odd)


def _changed_inheritance(before: list[Document], after: list[Document]) -> Iterator[Fault]:
    """Proxies that would inherit from other named defaults, only because a new defaults section stands above them."""
    names = {section.name for section in _sections(before) if section.kind == "defaults"}
    if all(section.name in names for section in _sections(after) if section.kind == "defaults" and section.name):
        return
    known = {section.title for section, _defaults in inherited(before)}
    for section, defaults in inherited(after):
        if defaults is not None and defaults.name and defaults.name not in names and section.title in known:
            reason = "has no from, and would inherit settings that it does not inherit now"
            remedy = f"Give it a from, or declare defaults without a name beside {defaults.title}."
            yield Fault(defaults.title, section.title, reason, remedy)


def _unclear(document: Document) -> Iterator[Fault]:
    """Unknown words with nothing indented around them after the change: the next run would refuse its own result."""
    for section in document.sections:
        if section.kind not in SECTION_KEYWORDS and unclear(document, section) is not None:
            reason = (
                "is not a known keyword, and after this change its indentation would not show that it begins a section"
            )
            yield Fault(section.title, section.kind, reason, "Indent the lines of that section.")


def _sections(documents: list[Document]) -> list[Section]:
    return [section for document in documents for section in document.sections]


_ENDS = "\r\n"
_Lines = list[tuple[Section, int]]


def lines_without(document: Document, other: Document) -> _Lines:
    """The non-empty lines that sections of the same title in the other document do not have. A missing line feed at the
    end of the last line is ignored."""
    theirs: dict[str, set[str]] = {}
    for section in other.sections:
        lines = other.lines[section.header + 1 : section.stop]
        theirs.setdefault(section.title, set()).update(
            [other.text[start:end].rstrip(_ENDS) for start, end, _keyword in lines]
        )
    found: _Lines = []
    for section in document.sections:
        known, text = theirs.get(section.title, set()), document.text
        for index in document.body(section):
            start, end, _keyword = document.lines[index]
            if text[start:end].rstrip(_ENDS) not in known:
                found.append((section, index))
    return found


def _line_faults(document: Document, lines: _Lines) -> Iterator[Fault]:
    for section, index in lines:
        content = document.content(index)
        words = meanings(content)
        lost = lex(content).lost if '""' in content or "''" in content else ""
        if lost[:1] in ("'", '"'):
            # The text of the line may be a secret.
            reason = f"is an empty word, at which HAProxy ends the line: {len(lost)} characters are ignored"
            where = f"{section.title}: {' '.join(words[:2])}"
            yield Fault(where, lost[:2], reason, "Leave the empty word out, or the rest of the line.")
        for what, reason, remedy in misread(section.kind, words) if words else ():
            subject = " ".join(words[: 2 if words[0] in ("server", "bind", "stats", "option") else 1])
            yield Fault(f"{section.title}: {subject}", what, reason, remedy)


def _faults(documents: list[Document]) -> Iterator[Fault]:
    proxies = [section for section in _sections(documents) if section.kind in PROXY_KEYWORDS and not section.depth]
    # A section name with a template or a variable is only known at start.
    open_ended = any(not section.name.replace("_", "a").isascii() or "{" in section.name for section in proxies)
    yield from _twice(proxies)
    yield from _bound_twice(documents)
    if not open_ended:
        yield from _missing(documents)


def _twice(proxies: list[Section]) -> Iterator[Fault]:
    for kinds, remedy in ((_BACKENDS, "Name one of them differently."), (_FRONTENDS, "Name one of them differently.")):
        seen: set[str] = set()
        for section in proxies:
            if section.kind in kinds:
                if section.name in seen:
                    yield Fault(section.title, section.name, "names two proxies of overlapping kinds", remedy)
                seen.add(section.name)


def _bound_twice(documents: list[Document]) -> Iterator[Fault]:
    found: list[tuple[str, Listener]] = []
    for document, section in _placed(documents, _FRONTENDS):
        for index in document.body(section) if not section.depth else ():
            if document.lines[index].keyword == "bind":
                found += [(section.title, listener) for listener in listeners(meanings(document.content(index)))]
    for title, listener, other in shared(found):
        reason = (
            f"is bound in {other} already; HAProxy accepts it, and the kernel divides the connections between the two"
        )
        yield Fault(title, f"bind {listener.spelled}", reason, "Bind an address and port once.")


def _missing(documents: list[Document]) -> Iterator[Fault]:
    backends = {section.name for _document, section in _placed(documents, _BACKENDS)}
    defaults = {section.name for _document, section in _placed(documents, ("defaults",))}
    tracks = any(" track " in document.text for document in documents)
    for document, section in _placed(documents, ("defaults", *PROXY_KEYWORDS)):
        if section.words[-2:-1] == ("from",) and section.words[-1] not in defaults:
            yield Fault(section.title, section.words[-1], "is not a defaults section of this file", "Declare it too.")
        for index in document.body(section):
            keyword = document.lines[index].keyword
            if keyword in ("default_backend", "use_backend"):
                words = meanings(document.content(index))
                name = words[1] if len(words) > 1 else ""
                if name not in backends and not _is_computed(name):
                    reason = f"is used in {keyword}, but no backend or listen section has that name"
                    yield Fault(
                        section.title, name, reason, "Declare that backend in the same call, or correct the name."
                    )
            elif tracks and keyword in ("server", "default-server"):
                yield from _tracked(documents, document, section, meanings(document.content(index)))


def _is_computed(name: str) -> bool:
    return not name or any(character in name for character in "%$\0{")


def _placed(documents: list[Document], kinds: tuple[str, ...]) -> Iterator[tuple[Document, Section]]:
    return ((document, section) for document in documents for section in document.sections if section.kind in kinds)


def _tracked(documents: list[Document], document: Document, section: Section, words: list[str]) -> Iterator[Fault]:
    if "track" not in words[:-1]:
        return
    target = words[words.index("track") + 1]
    backend, _slash, server = target.rpartition("/")
    placed = [(document, section)]
    if backend:
        placed = [(other, found) for other, found in _placed(documents, _BACKENDS) if found.name == backend]
    for other, found in placed:
        for index in other.body(found):
            keyword = other.lines[index].keyword
            if keyword == "server-template" or _is_computed(target):
                return
            if keyword == "server" and meanings(other.content(index))[1:2] == [server]:
                return
    yield Fault(section.title, f"track {target}", "names a server that does not exist", "Name a server of this file.")
