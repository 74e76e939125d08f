# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing directories: ``haproxy -c`` accepts the file, but HAProxy then does not start.

Seen with 2.6, 3.0, 3.2 and 3.4. A missing chroot directory is only noticed by the new worker. When that worker exits,
the master ends all the others too (mworker.c, exit-on-failure). A rollback would come too late, so this is refused
beforehand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings

_KEYWORDS = ("chroot", "pidfile", "stats", "bind", "unix-bind")


class Need(NamedTuple):
    """A line of the file and the path it needs. ``directory``: the path itself must be a directory; else HAProxy
    creates it, and its parent directory must exist."""

    option: str
    path: str
    directory: bool


def needs(document: Document) -> list[Need]:
    """The paths that a file needs, in its order. Paths with variables are left to HAProxy."""
    lines = [
        (section, meanings(document.content(index)))
        for section in document.sections
        for index in document.body(section)
        if document.lines[index].keyword in _KEYWORDS
    ]
    prefix = "".join(_behind("prefix", words) for _section, words in lines if words[:1] == ["unix-bind"])
    return [need for section, words in lines for need in _needs(section, words, prefix) if "\0" not in need.path]


def missing(before: Sequence[Document], after: Sequence[Document]) -> list[Problem]:
    """A problem for each path that is missing, and that the earlier file did not need."""
    known = {need for document in before for need in needs(document)}
    problems = []
    for need in [need for document in after for need in needs(document) if need not in known]:
        if need.directory and not os.path.isdir(need.path):
            reason = "is not a directory on this host, and HAProxy would exit and cut all connections"
            problems.append(Problem(need.option, need.path, reason, "Create the directory first."))
        elif not need.directory and not os.path.isdir(os.path.dirname(need.path)):
            reason = "is in a directory that does not exist, and HAProxy would not start"
            problems.append(Problem(need.option, need.path, reason, "Create the directory first."))
        elif not need.directory and os.path.isdir(need.path):
            reason = "is a directory, and HAProxy would not start"
            problems.append(Problem(need.option, need.path, reason, "Name a file in it."))
    return problems


def _needs(section: Section, words: list[str], prefix: str) -> Iterator[Need]:
    keyword, path = (words[0], words[1]) if len(words) > 1 else ("", "")
    if section.kind == "global" and keyword in ("chroot", "pidfile") and path.startswith("/"):
        yield Need(f"global.{keyword}", path, keyword == "chroot")
    elif words[:2] == ["stats", "socket"]:
        yield from (Need(f"{section.title}: stats socket", socket, False) for socket in _sockets(words[2:3]))
    elif keyword == "bind":
        # The prefix applies to these, and not to stats sockets.
        yield from (Need(f"{section.title}: bind", prefix + socket, False) for socket in _sockets([path]))


def _sockets(words: Sequence[str]) -> Iterator[str]:
    for address in ",".join(words).split(","):
        path = address[5:] if address.startswith("unix@") else address
        if path.startswith("/"):
            yield path


def _behind(name: str, words: list[str]) -> str:
    return words[words.index(name) + 1] if name in words[:-1] else ""
