# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keywords of a change that the installed HAProxy is too old for. Each row has the version that introduced its keyword.

Loaded only when something differs.
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
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import OLDEST
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND,
    BIND_READER,
    SERVER,
    SERVER_READER,
    Reader,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import TABLES
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def _rows() -> Iterator[tuple[str, str]]:
    """The versioned keywords of the rows: (a line's first words, alone or with a keyword of that line; version)."""
    for owner, table in (("server", SERVER), ("bind", BIND)):
        yield from ((f"{owner} {argument.word}", argument.since) for argument in table.values())
    for line in (line for directives in TABLES.values() for line in directives.values()):
        words = " ".join(line.words)
        yield words, line.since
        yield from ((f"{words} {value}", version) for value, version in (line.later or {}).items())


#: Keywords that not every HAProxy in use knows.
SINCE = {words: version for words, version in _rows() if version != OLDEST}

#: Lines with options: how many words come before the options, and which table the options are from.
_OPTIONED: dict[str, tuple[Reader, int, str]] = {
    "server": (SERVER_READER, 3, "server"),
    "server-template": (SERVER_READER, 4, "server"),
    "default-server": (SERVER_READER, 1, "server"),
    "bind": (BIND_READER, 2, "bind"),
}


class Use(NamedTuple):
    """A keyword that needs a version, and a description of its line."""

    where: str
    keyword: str
    since: str


def examine(before: str, after: str, system: System, *, strict: bool) -> list[str]:
    """Warnings about keywords that the installed HAProxy is too old for; with ``strict``, InputError instead. HAProxy's
    version is read only if needed. Where HAProxy is not installed, nothing is too old."""
    uses = new_uses(parse(before), parse(after))
    program = system.which("haproxy") if uses else None
    installed = _version(system.run([program, "-v"], timeout=10.0).stdout) if program else ""
    problems = too_new(uses, installed) if installed else []
    if strict:
        refuse(problems)
    return [str(problem) for problem in problems]


def too_new(uses: list[Use], installed: str) -> list[Problem]:
    """Problems for those uses that HAProxy ``installed`` does not support."""
    return [
        Problem(
            use.where,
            use.keyword,
            f"needs HAProxy {use.since}, and this host has {installed}",
            f"Leave it out, or install HAProxy {use.since} or a newer one.",
        )
        for use in uses
        if number(installed) < number(use.since)
    ]


def new_uses(before: Document, after: Document) -> list[Use]:
    """The versioned keywords that an edit brings onto new or changed lines."""
    old = set(_uses(before, lines_without(before, after)))
    return [use for use in _uses(after, lines_without(after, before)) if use not in old]


def _uses(document: Document, lines: list[tuple[Section, int]]) -> Iterator[Use]:
    # For each section that a change touches or adds, its own keyword first.
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
    """The parts of a line that may be in the table: (as in the table, as shown)."""
    if keyword not in _OPTIONED:
        yield keyword, keyword
        yield from ((f"{keyword} {word}", word) for word in words[1:])
        return
    reader, first, owner = _OPTIONED[keyword]
    for option in reader.find(words, first):
        word = reader.table[option].word
        yield f"{owner} {word}", word


def _version(output: str) -> str:
    """``HAProxy version 2.6.12-1+deb12u3 2023/..`` and ``HA-Proxy version 2.0..`` as 2.6.12; empty otherwise."""
    match = re.search(r"HA-?Proxy version ([0-9]+(?:\.[0-9]+)+)", output)
    return match.group(1) if match is not None else ""


def number(version: str) -> tuple[int, ...]:
    """``3.0.11`` as numbers, for comparison."""
    return tuple(int(part) for part in version.split("."))
