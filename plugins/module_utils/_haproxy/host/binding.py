# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a reload could bind the listeners of a new file: tried before the file is swapped in.

``haproxy -c`` binds nothing. A reload that cannot bind retries for two seconds and meanwhile lets the old worker close
its own listeners: connections in that time are refused, though the old worker serves again afterwards.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.listeners import Listener, listeners

#: With these options HAProxy binds differently from our test.
_OTHERWISE = ("transparent", "namespace", "interface", "unix-bind")
#: How many ports of a range are tried.
_MOST_PORTS = 100


class _Bound(NamedTuple):
    title: str
    words: tuple[str, ...]
    listener: Listener


def unbindable(
    old: Document, new: Document, *, rehearsal: bool, busy: bool = True, at: str = "reload"
) -> list[Problem]:
    """The listeners of ``new``, but not of ``old``, that this host cannot bind now. With ``rehearsal``, addresses that
    are not local are accepted: an earlier task of the same play may be about to allow them (``ip_nonlocal_bind``).
    Without ``busy``, ports in use are accepted. ``at`` names what would fail: a reload or a start."""
    known = [bound.listener for bound in _listeners(old)]
    problems = []
    for bound in _listeners(new):
        if any(bound.listener.overlaps(listener) for listener in known):
            continue
        if any(word in bound.words for word in _OTHERWISE) or "unix-bind" in new.text:
            continue
        problem = _problem(bound.listener, rehearsal, "v4v6" in bound.words, busy, at)
        if problem is not None:
            problems.append(Problem(bound.title, f"bind {bound.listener.spelled}", *problem))
    return problems


def _listeners(document: Document) -> Iterator[_Bound]:
    for section in document.sections:
        for index in document.body(section):
            keyword = document.lines[index].keyword
            if keyword not in ("bind", "stats"):
                continue
            words = meanings(document.content(index))
            if words[:2] == ["stats", "socket"]:
                words = words[1:]
            elif keyword == "stats":
                continue
            for listener in listeners(words):
                if "udp" not in listener.apart:
                    yield _Bound(section.title, tuple(words), listener)


def _problem(listener: Listener, rehearsal: bool, both: bool, busy: bool, at: str) -> tuple[str, str] | None:
    """(reason, remedy), or None where the listener can be bound."""
    host = listener.host
    if host.startswith("/"):
        if os.path.isdir(os.path.dirname(host)):
            return None
        return (
            f"is in a directory that does not exist, and HAProxy would fail at its {at}",
            "Create the directory first.",
        )
    for port in range(listener.low, min(listener.high, listener.low + _MOST_PORTS) + 1):
        error = _try(host, port, both)
        if error == errno.EADDRINUSE and busy:
            return f"uses port {port}, on which another process listens", "Stop that process, or choose another port."
        if error == errno.EADDRNOTAVAIL and not rehearsal:
            return (
                f"is not an address of this host, and HAProxy would fail at its {at}",
                "Add the address first, or allow it with the sysctl ip_nonlocal_bind.",
            )
    return None


def _try(host: str, port: int, both: bool) -> int:
    """Bind as HAProxy does, and release at once; ``both`` families by one IPv6 socket. Returns the errno, or 0."""
    wildcard = host in ("*", "::")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not wildcard:
        try:
            socket.inet_pton(family, host)
        except OSError:
            return 0
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                attempt.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not both))
            attempt.bind(("" if host == "*" else host, port))
    except OSError as error:
        return error.errno or 0
    return 0
