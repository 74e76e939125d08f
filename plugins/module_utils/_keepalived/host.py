# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a keepalived.conf needs of its host and keepalived would miss quietly: interfaces, scripts, users."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.kinds import split_quoted

_INTERFACES = "/sys/class/net"


def new_needs(before: str, after: str) -> list[Problem]:
    """What the new text needs of this host, is not there, and was not missing before."""
    missing = list(needs(parse(after)))
    known = set(missing and needs(parse(before)))
    return [need for need in missing if need not in known]


def needs(document: Document) -> Iterator[Problem]:
    """Every need of a file that this host does not meet."""
    settings = {"dynamic_interfaces": False}
    for statement in document.statements(document.root):
        if statement.block is None or statement.condition:
            continue
        if statement.keyword == "global_defs":
            for line in document.statements(statement.block):
                if line.keyword == "script_user" and line.arguments:
                    yield from _user("global_defs: script_user", line.arguments[0])
                settings["dynamic_interfaces"] |= line.keyword == "dynamic_interfaces"
        elif statement.keyword == "vrrp_instance" and not settings["dynamic_interfaces"]:
            yield from _instance(document, statement)
        elif statement.keyword == "vrrp_script":
            yield from _script(document, statement)


def _instance(document: Document, statement: Statement) -> Iterator[Problem]:
    where = "instance {0}: ".format(" ".join(statement.arguments))
    block = statement.block
    for line in document.statements(block) if block is not None else ():
        if line.keyword == "interface" and line.arguments:
            yield from _interface(where + "interface", line.arguments[0])
        elif line.block is not None and line.keyword == "track_interface":
            for item in document.statements(line.block):
                yield from _interface(where + "track_interface", item.keyword)
        elif line.block is not None and line.keyword.startswith("virtual_ipaddress"):
            for item in document.statements(line.block):
                words = item.arguments
                if "dev" in words[:-1]:
                    yield from _interface(where + line.keyword + ": dev", words[words.index("dev") + 1])


def _interface(option: str, name: str) -> Iterator[Problem]:
    if name and "$" not in name and not os.path.exists(os.path.join(_INTERFACES, name)):
        there = ", ".join(sorted(one for one in os.listdir(_INTERFACES) if one != "lo")) or "none"
        yield Problem(option, name, "is no interface of this host", "Use one of: {0}.".format(there))


def _script(document: Document, statement: Statement) -> Iterator[Problem]:
    where = "script {0}: ".format(" ".join(statement.arguments))
    block = statement.block
    for line in document.statements(block) if block is not None else ():
        if line.keyword == "user" and line.arguments:
            yield from _user(where + "user", line.arguments[0])
        if line.keyword == "script" and len(line.words) > 1:
            words = split_quoted(document.text[line.words[1].start : line.words[1].end])
            program = words[0].split(" ")[0] if words else ""
            if program.startswith("/"):
                yield from _program(where + "script", program)


def _program(option: str, path: str) -> Iterator[Problem]:
    """A script that keepalived could not run, or would not with script security: somebody else may write it."""
    try:
        status = os.stat(path)
    except OSError:
        yield Problem(option, path, "does not exist on this host", "Install it first.")
        return
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111:
        yield Problem(option, path, "is not an executable file", "Set its mode to 0755.")
        return
    part = os.path.realpath(path)
    while True:
        status = os.stat(part)
        open_to_all = status.st_mode & 0o002 and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX)
        if status.st_uid != 0 or open_to_all or (status.st_mode & 0o020 and status.st_gid != 0):
            reason = "can be changed by others than root ({0}), so keepalived calls it insecure".format(part)
            yield Problem(option, path, reason, "Make that path owned by root and not writable by group or others.")
            return
        if part == "/":
            return
        part = os.path.dirname(part)


def _user(option: str, name: str) -> Iterator[Problem]:
    try:
        pwd.getpwnam(name)
    except KeyError:
        if not name.isdigit() and "$" not in name:
            yield Problem(option, name, "is no user of this host", "Create the user first.")
