# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``haproxy -c`` accepts and HAProxy then does not start with: folders that are not there.

Seen with 2.6, 3.0, 3.2 and 3.4. A folder to chroot to that is missing shows only in the new worker; seeing that worker
end, the master ends all others too (mworker.c, exit-on-failure). Nothing could be rolled back in time, so it must not
come that far.
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
    """A line of the file and the path that it needs: ``folder`` says whether the path itself is to be a folder; else
    it is to be made by HAProxy, in a folder that is there."""

    option: str
    path: str
    folder: bool


def needs(document: Document) -> list[Need]:
    """What a file needs to be there, in its order. Paths with variables are left to HAProxy."""
    lines = [
        (section, meanings(document.content(index)))
        for section in document.sections
        for index in document.body(section)
        if document.lines[index].keyword in _KEYWORDS
    ]
    prefix = "".join(_behind("prefix", words) for _section, words in lines if words[:1] == ["unix-bind"])
    return [need for section, words in lines for need in _needs(section, words, prefix) if "\0" not in need.path]


def missing(before: Sequence[Document], after: Sequence[Document]) -> list[Problem]:
    """A problem for each thing that is not there, and that was not missing before."""
    known = {need for document in before for need in needs(document)}
    problems = []
    for need in [need for document in after for need in needs(document) if need not in known]:
        if need.folder and not os.path.isdir(need.path):
            reason = "is not a directory on this host, and HAProxy would exit and cut all connections"
            problems.append(Problem(need.option, need.path, reason, "Create the directory first."))
        elif not need.folder and not os.path.isdir(os.path.dirname(need.path)):
            reason = "is in a directory that does not exist, and HAProxy would not start"
            problems.append(Problem(need.option, need.path, reason, "Create the directory first."))
        elif not need.folder and os.path.isdir(need.path):
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
        # The prefix counts for these, and not for stats sockets.
        yield from (Need(f"{section.title}: bind", prefix + socket, False) for socket in _sockets([path]))


def _sockets(words: Sequence[str]) -> Iterator[str]:
    for address in ",".join(words).split(","):
        path = address[5:] if address.startswith("unix@") else address
        if path.startswith("/"):
            yield path


def _behind(name: str, words: list[str]) -> str:
    return words[words.index(name) + 1] if name in words[:-1] else ""
