# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of ``haproxy -c``, and which of them are a reason to refuse a change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    Document,
    Section,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact

#: Since 2.9 only some messages have "config :"; before 2.6 all have the day and time.
_MESSAGE = re.compile(r"\[(ALERT|WARNING|NOTICE|DIAG|EMERG|INFO)\]\s+(?:\d+/\d+\s+)?\(\d+\)\s*:\s*(?:config : )?(.*)")
_VERDICTS = re.compile(r"(Fatal errors found in configuration|Error\(s\) found in configuration file)")
_LINE_NUMBER = re.compile(r"(?<=:)\d+(?=[\]).,: ]|$)|(?<=line )\d+")
_IGNORED = re.compile(r"\b(ignor(ed|ing)|no effect|truncated|falling back|never match)", re.IGNORECASE)

_PROXY = re.compile(r"\b(frontend|backend|listen|proxy) '([^']*)'", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")
#: Messages without a directive in quotes, and the directives that each may be about.
_UNQUOTED = (
    ("monitor-uri will be", "monitor-uri"),
    ("cookie will be", "cookie"),
    ("hash not possible", "balance"),
    ("Unusable balance algorithm", "balance"),
    ("log format ignored", "log-format", "log-format-sd", "option httplog", "option httpslog", "option tcplog"),
    ("uses http-check rules", "http-check"),
    ("uses tcp-check rules", "tcp-check"),
    ("use of header", "source"),
    ("ignoring cookie for server", "server"),
    ("dispatch address", "dispatch"),
)
#: Names in the messages of HAProxy 3.x, for directives that a file may write by their older names.
_OLDER = {
    "option accept-unsafe-violations-in-http-request": "option accept-invalid-http-request",
    "option accept-unsafe-violations-in-http-response": "option accept-invalid-http-response",
}


class Messages(NamedTuple):
    """The messages of a check, one line each."""

    alerts: list[str]
    warnings: list[str]


def read_messages(output: str, shown_as: Mapping[str, str]) -> Messages:
    """HAProxy's alerts and warnings, secrets masked. ``shown_as`` maps the paths that were checked, the longest first,
    to the names that the user knows."""
    for path, name in shown_as.items():
        output = output.replace(path, name)
    by_level: dict[str, list[str]] = {}
    level = ""
    for line in redact(output).splitlines():
        match = _MESSAGE.match(line)
        if match is not None:
            level = match.group(1)
            by_level.setdefault(level, []).append(match.group(2))
        elif line.lstrip().startswith("|") and by_level.get(level):
            by_level[level][-1] += " " + line.lstrip(" |")
    alerts = [alert for alert in by_level.get("ALERT", []) + by_level.get("EMERG", []) if not _VERDICTS.search(alert)]
    return Messages(alerts, by_level.get("WARNING", []))


def normal(message: str) -> str:
    """A message without the parts that an edit elsewhere in the file changes."""
    return _LINE_NUMBER.sub("N", message)


def unfulfilled(warnings: Sequence[str], before: Sequence[Document], after: Sequence[Document]) -> list[str]:
    """Of the warnings that a change causes, those which say that something the change asked for is not done.

    A proxy that cannot use something its defaults give to all proxies is no fault of the change: packaged files have
    ``mode http`` and ``option httplog`` there, and every TCP proxy gets that warning. ``before`` and ``after`` are the
    files that HAProxy read, in order.
    """
    ignored = [warning for warning in warnings if _IGNORED.search(warning)]
    if not ignored:
        return []
    known = [tuple(line) for defaults in _sections(before, ("defaults",)) for line in defaults.lines]
    proxies = _proxies(after)
    return [warning for warning in ignored if not _is_inherited(warning, ignored, known, proxies)]


class _Heir(NamedTuple):
    """A proxy, or a defaults section, with the words of its lines. ``defaults`` is the section that it inherits
    from."""

    section: Section
    lines: list[list[str]]
    defaults: _Heir | None = None


def _is_inherited(message: str, others: Iterable[str], known: Sequence[tuple[str, ...]], proxies: list[_Heir]) -> bool:
    """Whether a message is about a line that a proxy only inherits from its defaults. A line that the change itself put
    there (it is not in ``known``) counts as inherited as long as any proxy can use it."""
    words = _directives(message)
    found = [proxy for proxy in proxies if _is_about(message, proxy.section)]
    if not words or len(found) != 1 or found[0].defaults is None or _lines_of(found[0], words):
        return False
    proxy, defaults = found[0], found[0].defaults
    given = _lines_of(defaults, words)
    if not given:
        return False
    if all(tuple(line) in known for line in given):
        return True
    same = [other for other in others if _directives(other) == words]
    alike = [heir for heir in proxies if heir.defaults is defaults and heir.section.kind == proxy.section.kind]
    return not all(any(_is_about(other, heir.section) for other in same) for heir in alike)


def _directives(message: str) -> list[list[str]]:
    """The first words of each directive that a message may be about; empty where it names none."""
    for part, *directives in _UNQUOTED:
        if part in message:
            return [directive.split() for directive in directives]
    names = {match.span(2) for match in _PROXY.finditer(message)}
    quoted = [match.group(1) for match in _QUOTED.finditer(message) if match.span(1) not in names]
    return [_OLDER.get(quoted[0], quoted[0]).split()] if quoted else []


def _is_about(message: str, section: Section) -> bool:
    """Whether a message is about a section: HAProxy calls a listen section ``proxy``, or by the half that is meant."""
    kinds = ("proxy", *PROXY_KEYWORDS) if section.kind == "listen" else (section.kind,)
    return any(name == section.name and kind.lower() in kinds for kind, name in _PROXY.findall(message))


def _lines_of(heir: _Heir, directives: list[list[str]]) -> list[list[str]]:
    """The lines that begin with one of these directives, with or without ``no`` before it."""
    rests = [(line, line[1:] if line[0] == "no" else line) for line in heir.lines]
    return [
        line
        for line, rest in rests
        if any(words and words in (line[: len(words)], rest[: len(words)]) for words in directives)
    ]


def _sections(documents: Sequence[Document], kinds: Sequence[str]) -> Iterator[_Heir]:
    for document in documents:
        for section in document.sections:
            if section.kind in kinds:
                lines = [meanings(document.content(index)) for index in document.body(section)]
                yield _Heir(section, [line for line in lines if line])


def _proxies(documents: Sequence[Document]) -> list[_Heir]:
    """Each proxy with its defaults: the section it names, or the last one before it."""
    named: dict[str, _Heir] = {}
    last: _Heir | None = None
    proxies = []
    for found in _sections(documents, ("defaults", *PROXY_KEYWORDS)):
        if found.section.kind == "defaults":
            named[found.section.name] = last = found
        elif found.section.words[-2:-1] == ("from",):
            proxies.append(found._replace(defaults=named.get(found.section.words[-1])))
        else:
            proxies.append(found._replace(defaults=last))
    return proxies
