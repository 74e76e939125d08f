# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that a newer keepalived does not run, because a directory in their path is a symbolic link.

keepalived 2.3.3 and 2.3.4 treat such a path as insecure where root runs the program, with or without
enable_script_security. A check is disabled with a message. A notify, start-up or FIFO script is never run, without any
message, even from ``keepalived -t``. 2.2.7 follows the links. On merged-/usr systems /bin is one. Loaded only when
something differs.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.needs import PROGRAMS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Document,
    Statement,
    is_opaque,
    parse,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.commands import (
    first_word,
    split_quoted,
)

#: The first version that does not run such programs.
SINCE = (2, 3, 3)
#: The user that runs programs where the file names none, if that user exists.
_DEFAULT_USER = "keepalived_script"


def linked_programs(before: str, after: str) -> list[Problem]:
    """The programs that an edit adds, that root would run, and that have a symbolic link in their path."""
    found = list(_linked(parse(after)))
    known = set(_linked(parse(before))) if found else set()
    return [one for one in found if one not in known]


def _linked(document: Document) -> Iterator[Problem]:
    statements = [one for one in document.statements(document.root) if one.block is not None and not is_opaque(one)]
    user = _DEFAULT_USER if _is_user(_DEFAULT_USER) else "root"
    for statement in statements:
        for line in document.statements(statement.block) if statement.block is not None else ():
            if statement.keyword == "global_defs" and line.keyword == "script_user" and line.arguments:
                user = line.arguments[0]
    for statement in statements:
        where = " ".join([statement.keyword.replace("vrrp_", "", 1), *statement.arguments])
        yield from _linked_in(document, statement, statement.keyword, where, user)


def _linked_in(document: Document, block: Statement, root: str, where: str, user: str) -> Iterator[Problem]:
    lines = list(document.statements(block.block)) if block.block is not None else []
    for line in lines:
        if line.keyword == "user" and line.arguments:
            user = line.arguments[0]
    for line in lines:
        option = "{0}: {1}".format(where, line.keyword)
        if line.block is not None:
            yield from _linked_in(document, line, root, " ".join([option, *line.arguments]), user)
        elif line.keyword in PROGRAMS.get(root, ()) and line.arguments and not is_opaque(line):
            text = document.text[line.words[1].start : line.end]
            own = text[first_word(text) :].split()
            program = (split_quoted("".join(split_quoted(text)[:1])) or [""])[0]
            link = _link_above(program)
            if link and _runs_as_root(own[0] if own else user):
                reason = (
                    "lies below the symbolic link {0}, and keepalived of this host would never run it as root".format(
                        link
                    )
                )
                yield Problem(option, program, reason, "Name it as {0}.".format(_without_links(program)))


def _link_above(path: str) -> str:
    """The first directory in an absolute path that is a symbolic link; empty where none is."""
    parts = path.split("/")
    for count in range(2, len(parts)):
        directory = "/".join(parts[:count])
        if path.startswith("/") and os.path.islink(directory):
            return directory
    return ""


def _without_links(path: str) -> str:
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _runs_as_root(user: str) -> bool:
    try:
        return pwd.getpwnam(user).pw_uid == 0
    except KeyError:
        return user == "0"


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
