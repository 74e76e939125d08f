# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newer HAProxy refuses, or silently handles differently, in files that the installed version accepts. Pure.

The rows come from what HAProxy 2.6, 3.0, 3.2 and 3.4 reported on the same lines, and from the versions that their
messages name. A test repeats this with the versions that are installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    Document,
    Section,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.inheritance import inherited
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings


class VersionChange(NamedTuple):
    """``since`` is the first version that refuses it or, with ``refused`` false, handles it differently. ``where`` is
    the section's title and the line's first words."""

    where: str
    since: str
    refused: bool
    reason: str
    remedy: str


class _Row(NamedTuple):
    since: str
    reason: str
    remedy: str = "Take it out."
    refused: bool = True


#: Rows by a line's first words.
_LINES: dict[tuple[str, ...], _Row] = {
    ("nbproc",): _Row("2.5", "was removed: HAProxy runs one process with threads", "Remove it, or set nbthread."),
    ("option", "http_proxy"): _Row("2.5", "is gone", "Use http-request set-dst and do-resolve."),
    ("bind-process",): _Row("2.7", "was removed: HAProxy runs one process only"),
    ("stats", "bind-process"): _Row("2.7", "was removed: HAProxy runs one process only"),
    ("email-alert", "mailers"): _Row(
        "3.3",
        "sends no mail any more, and HAProxy does not report that",
        "Load a Lua script that sends it, or watch the servers from outside.",
        refused=False,
    ),
    ("master-worker",): _Row("3.5", "is gone", "Remove it; the service starts HAProxy with -W or -Ws."),
    ("dispatch",): _Row("3.5", "is gone", "Declare a server with that address."),
    ("transparent",): _Row("3.5", "is gone", "Declare a server with the address 0.0.0.0."),
    ("option", "transparent"): _Row("3.5", "is gone", "Declare a server with the address 0.0.0.0."),
    ("filter", "opentracing"): _Row("3.5", "is gone", "Use the filter that follows it, opentelemetry."),
    ("tune.quic.frontend.conn-tx-buffers.limit",): _Row("3.3", "is gone"),
    **{
        (f"tune.quic.{old}",): _Row("3.5", "has another name", f"Use tune.quic.{new}, its name since 3.3.")
        for old, new in {
            "cc-hystart": "fe.cc.hystart",
            "cc.cubic.min-losses": "fe.cc.cubic-min-losses",
            "frontend.glitches-threshold": "fe.sec.glitches-threshold",
            "frontend.max-data-size": "fe.stream.rxbuf",
            "frontend.max-idle-timeout": "fe.max-idle-timeout",
            "frontend.max-streams-bidi": "fe.stream.max-concurrent",
            "frontend.max-tx-mem": "mem.tx-max",
            "frontend.stream-data-ratio": "fe.stream.data-ratio",
            "max-frame-loss": "fe.cc.max-frame-loss",
            "reorder-ratio": "fe.cc.reorder-ratio",
            "retry-threshold": "fe.sec.retry-threshold",
            "socket-owner": "fe.sock-per-conn",
        }.items()
    },
}
_WORDS = max(len(words) for words in _LINES)
_BIND_PROCESS = _Row("2.7", "was removed: HAProxy runs one process only", "Use thread, or remove it.")
_HIDDEN_HEADERS = _Row(
    "3.0", "hides headers behind the version", "Send them with http-check send meth GET uri / hdr NAME VALUE."
)
_PROGRAM = _Row("3.3", "was removed: HAProxy starts no other programs", "Let systemd start the program.")
_EXPOSED = "expose-deprecated-directives"
_HIDDEN_PROGRAM = _Row("3.1", f"needs {_EXPOSED} in 3.1 and 3.2, and was removed in 3.3", _PROGRAM.remedy)
_NAMES = _Row(
    "3.3", "has the name of another proxy", "Name one of them differently, and use that name where it is meant."
)
_BALANCE = _Row(
    "3.3",
    "has no balance, and the default becomes random instead of roundrobin",
    "Set balance roundrobin to keep what it does now.",
    refused=False,
)


def changes(documents: Sequence[Document], installed: str, newer: str) -> list[VersionChange]:
    """What stops or changes with ``newer``, in the order in which HAProxy reads the files. Versions are as the daemon
    reports them (``3.0.11``); only changes between the two are returned."""
    first, last = number(installed), number(newer)
    return [change for change in _changes(documents) if first < number(change.since) <= last]


def _changes(documents: Sequence[Document]) -> Iterator[VersionChange]:
    sections = [(document, section) for document in documents for section in document.sections]
    balanced = {id(section) for document, section in sections if "balance" in _keywords(document, section)}
    named = {section.name for _document, section in sections if section.kind == "defaults" and id(section) in balanced}
    placed = {id(proxy) for proxy, defaults in inherited(documents) if defaults and id(defaults) in balanced}
    exposed = any(
        section.kind == "global" and _EXPOSED in _keywords(document, section) for document, section in sections
    )
    kinds: dict[str, str] = {}
    for document, section in sections:
        if section.kind == "program":
            yield _change(section.title, _PROGRAM if exposed else _HIDDEN_PROGRAM)
            continue
        if section.kind in PROXY_KEYWORDS and kinds.setdefault(section.name, section.kind) != section.kind:
            yield _change(section.title, _NAMES)
        yield from _of_lines(document, section)
        inherits = section.words[-2:-1] == ("from",) and section.words[-1] in named
        if _balances(document, section) and not inherits and id(section) not in balanced | placed:
            yield _change(section.title, _BALANCE)


def _of_lines(document: Document, section: Section) -> Iterator[VersionChange]:
    for index in document.body(section):
        words = tuple(meanings(document.content(index)))
        for count in range(1, _WORDS + 1):
            row = _LINES.get(words[:count]) if len(words) >= count else None
            if row is not None:
                yield _change(f"{section.title}: {' '.join(words[:count])}", row)
        if words[:1] == ("bind",) and "process" in words[2:]:
            yield _change(f"{section.title}: bind {words[1]} process", _BIND_PROCESS)
        if words[:2] == ("option", "httpchk") and any("\r\n" in word for word in words[4:]):
            yield _change(f"{section.title}: option httpchk", _HIDDEN_HEADERS)


def _change(where: str, row: _Row) -> VersionChange:
    return VersionChange(where, row.since, row.refused, row.reason, row.remedy)


def _keywords(document: Document, section: Section) -> list[str]:
    return [document.lines[index].keyword for index in document.body(section)]


def _balances(document: Document, section: Section) -> bool:
    """Whether the section has several servers to balance between."""
    servers = [word for word in _keywords(document, section) if word in ("server", "server-template")]
    return section.kind in ("backend", "listen") and (len(servers) > 1 or "server-template" in servers)
