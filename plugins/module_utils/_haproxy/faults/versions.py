# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which HAProxy first knew a keyword, and what a change asks of a HAProxy that is too old.

Only loaded where something differs, and by the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import lines_without
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.section_keywords import SECTIONS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND_READER,
    SERVER_READER,
    Reader,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import TABLES
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: By version, what came with it (HAProxy's CHANGELOG): a line's first word, alone or with a keyword of that line. What
#: 2.4 knew, the oldest that still is about, is not listed.
_CAME_WITH: dict[str, tuple[str, ...]] = {
    "2.5": ("error-log-format", "server ws", "bind shards", "bind thread"),
    "2.6": ("close-spread-time", "balance hash"),
    "2.9": ("mode log", "balance log-hash", "balance log-sticky", "hash-type none"),
    "3.0": ("server guid", "server hash-key", "balance sticky"),
    "3.1": ("server init-state", "mode spop"),
}
SINCE = {words: version for version, came in _CAME_WITH.items() for words in came}

#: Lines with options: how many words stand before these, and whose options they are.
_OPTIONED: dict[str, tuple[Reader, int, str]] = {
    "server": (SERVER_READER, 3, "server"),
    "server-template": (SERVER_READER, 4, "server"),
    "default-server": (SERVER_READER, 1, "server"),
    "bind": (BIND_READER, 2, "bind"),
}
_OPTION_LISTS = {"servers": "server", "default_server": "server", "bind": "bind"}


class Use(NamedTuple):
    """A keyword with a version of its own, and in words the line of the file that it is on."""

    where: str
    keyword: str
    since: str


def examine(before: str, after: str, system: System, *, strict: bool) -> list[str]:
    """What the installed HAProxy is too old for, in words; with ``strict`` a refusal. HAProxy is asked for its version
    only where that matters, and where there is none it is not too old."""
    uses = new_uses(parse(before), parse(after))
    program = system.which("haproxy") if uses else None
    installed = _version(system.run([program, "-v"], timeout=10.0).stdout) if program else ""
    problems = too_new(uses, installed) if installed else []
    if strict:
        refuse(problems)
    return [str(problem) for problem in problems]


def too_new(uses: list[Use], installed: str) -> list[Problem]:
    """Of some uses, those that HAProxy ``installed`` does not know."""
    return [
        Problem(
            use.where,
            use.keyword,
            f"needs HAProxy {use.since}, and this host has {installed}",
            f"Leave it out, or install HAProxy {use.since} or a newer one.",
        )
        for use in uses
        if _number(installed) < _number(use.since)
    ]


def new_uses(before: Document, after: Document) -> list[Use]:
    """The keywords with a version of their own that an edit brings onto lines that are new or changed."""
    old = set(_uses(before, lines_without(before, after)))
    return [use for use in _uses(after, lines_without(after, before)) if use not in old]


def _uses(document: Document, lines: list[tuple[Section, int]]) -> Iterator[Use]:
    # Of each section that a change touches or brings, its own keyword first.
    for section in dict.fromkeys(section for section, _index in lines):
        if SECTIONS.get(section.kind):
            yield Use(section.title, section.kind, SECTIONS[section.kind])
    for section, index in lines:
        words = meanings(document.content(index))
        keyword = words[0] if words else ""
        where = f"{section.title}: " + " ".join(words[: 2 if keyword in ("server", "server-template", "bind") else 1])
        for key, shown in _keywords(keyword, words):
            if key in SINCE:
                yield Use(where, shown, SINCE[key])


def _keywords(keyword: str, words: list[str]) -> Iterator[tuple[str, str]]:
    """What of a line may be in the table: (as it is there, as it is shown)."""
    if keyword not in _OPTIONED:
        yield keyword, keyword
        yield from ((f"{keyword} {word}", word) for word in words[1:])
        return
    reader, first, owner = _OPTIONED[keyword]
    for option in reader.find(words, first):
        word = reader.table[option].word
        yield f"{owner} {word}", word


def since(path: tuple[str, ...]) -> list[str]:
    """What the documentation says about the versions of an option, such as ``("backends", "servers", "ws")``, and of
    the words that it takes."""
    owner = _OPTION_LISTS.get(path[-2]) if len(path) > 1 else None
    if owner is not None:
        argument = (SERVER_READER if owner == "server" else BIND_READER).table.get(path[-1])
        words = f"{owner} {argument.word if argument is not None else path[-1]}"
        return [f"Since HAProxy {SINCE[words]}."] if words in SINCE else []
    for directive in (table[path[-1]] for table in TABLES.values() if path[-1] in table):
        words = " ".join(directive.words)
        if words in SINCE:
            return [f"Since HAProxy {SINCE[words]}."]
        values = [key.split() for key in SINCE if key.startswith(f"{words} ")]
        return [f"V({value}) since HAProxy {SINCE[f'{words} {value}']}." for _words, value in values]
    return []


def _version(said: str) -> str:
    """``HAProxy version 2.6.12-1+deb12u3 2023/..`` and ``HA-Proxy version 2.0..`` as 2.6.12; empty otherwise."""
    match = re.search(r"HA-?Proxy version ([0-9]+(?:\.[0-9]+)+)", said)
    return match.group(1) if match is not None else ""


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
