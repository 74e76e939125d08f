# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a whole file though each line is right: names used twice, names used that nobody has.

HAProxy's own check says most of it too, but not where it is switched off, and not all: it lets two listeners share an
address. A change is blamed only for the faults it brings: what was wrong before can still be edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import PROXY_KEYWORDS, Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import split_address, takes_port
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import meanings

_BACKENDS = ("backend", "listen")
_FRONTENDS = ("frontend", "listen")


class Fault(NamedTuple):
    """``where`` is a section's title, ``what`` the name or address it is about."""

    where: str
    what: str
    reason: str
    remedy: str


def new_faults(before: Document, after: Document) -> list[Problem]:
    """The faults that a change would bring into a file."""
    known = set(_faults(before))
    return [
        Problem(fault.where, fault.what, fault.reason, fault.remedy) for fault in _faults(after) if fault not in known
    ]


def _faults(document: Document) -> Iterator[Fault]:
    proxies = [section for section in document.sections if section.kind in PROXY_KEYWORDS and not section.depth]
    # A section whose name holds a template or a variable is known only later.
    open_ended = any(not section.name.replace("_", "a").isascii() or "{" in section.name for section in proxies)
    yield from _twice(proxies)
    yield from _bound_twice(document, proxies)
    if not open_ended:
        yield from _missing(document)


def _twice(proxies: list[Section]) -> Iterator[Fault]:
    for kinds, remedy in ((_BACKENDS, "Name one of them differently."), (_FRONTENDS, "Name one of them differently.")):
        seen: set[str] = set()
        for section in proxies:
            if section.kind in kinds:
                if section.name in seen:
                    yield Fault(section.title, section.name, "names two proxies of overlapping kinds", remedy)
                seen.add(section.name)


def _bound_twice(document: Document, proxies: list[Section]) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], str] = {}
    for section in proxies:
        if section.kind not in _FRONTENDS:
            continue
        for index in document.body(section):
            if document.lines[index].keyword != "bind":
                continue
            words = meanings(document.content(index))
            restricted = [
                f"{word} {value}" for word, value in zip(words, words[1:]) if word in ("interface", "namespace")
            ]
            for address in words[1].split(",") if len(words) > 1 else ():
                key = (*split_address(address), *restricted)
                if key in seen and (takes_port(address) or address.startswith(("/", "unix@", "abns@"))):
                    yield Fault(
                        section.title,
                        f"bind {address}",
                        f"is bound in {seen[key]} already; HAProxy accepts it, and the kernel gives each of the two a "
                        "part of the connections",
                        "Bind an address and port once.",
                    )
                seen.setdefault(key, section.title)


def _missing(document: Document) -> Iterator[Fault]:
    backends = {section.name for section in document.sections if section.kind in _BACKENDS}
    defaults = {section.name for section in document.sections if section.kind == "defaults"}
    tracks = " track " in document.text
    for section in document.sections:
        if section.kind not in PROXY_KEYWORDS and section.kind != "defaults":
            continue
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
                yield from _tracked(document, section, meanings(document.content(index)))


def _is_computed(name: str) -> bool:
    return not name or any(character in name for character in "%$\0{")


def _tracked(document: Document, section: Section, words: list[str]) -> Iterator[Fault]:
    if "track" not in words[:-1]:
        return
    target = words[words.index("track") + 1]
    backend, _slash, server = target.rpartition("/")
    sections = [section]
    if backend:
        sections = [other for other in document.sections if other.kind in _BACKENDS and other.name == backend]
    for other in sections:
        for index in document.body(other):
            keyword = document.lines[index].keyword
            if keyword == "server-template" or _is_computed(target):
                return
            if keyword == "server" and meanings(document.content(index))[1:2] == [server]:
                return
    yield Fault(section.title, f"track {target}", "names a server that does not exist", "Name a server of this file.")
