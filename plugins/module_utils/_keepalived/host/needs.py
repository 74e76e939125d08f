# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a keepalived.conf requires of its host: programs, interfaces, addresses, users, files. keepalived does not
report all that is missing."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from functools import lru_cache

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import local_addresses
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.commands import split_quoted

_INTERFACES = "/sys/class/net"
_NOTIFY = ("notify", *("notify_" + event for event in ("master", "backup", "fault", "stop", "deleted")))
#: The keywords of each block that name a program, an interface, a user or a file of the host. Nested blocks count too.
PROGRAMS = {
    "global_defs": (
        "startup_script",
        "shutdown_script",
        "notify_fifo_script",
        "vrrp_notify_fifo_script",
        "lvs_notify_fifo_script",
    ),
    "vrrp_script": ("script",),
    "vrrp_instance": (*_NOTIFY, "notify_master_rx_lower_pri"),
    "vrrp_sync_group": _NOTIFY,
    "virtual_server": ("notify_up", "notify_down", "quorum_up", "quorum_down", "misc_path"),
}
_LINKS = {
    "global_defs": ("default_interface", "lvs_sync_daemon"),
    "vrrp_instance": ("interface",),
    "garp_group": ("interface",),
    "virtual_server": ("bind_if",),
}
#: Lists whose lines begin with an interface, or name one after dev.
_LISTS_OF_LINKS = ("track_interface", "interfaces", "interface_up_down_delays")
_LISTS_WITH_DEV = ("virtual_ipaddress", "virtual_ipaddress_excluded", "static_ipaddress")
_USERS = {"global_defs": ("script_user",), "vrrp_script": ("user",), "virtual_server": ("user",)}
_FIFOS = {"global_defs": ("notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo")}
_FILES = {"SSL": ("ca", "certificate", "key")}


def new_needs(before: str, after: str) -> list[Problem]:
    """The requirements of the new text that this host does not meet, and that were not missing before."""
    missing = list(needs(parse(after)))
    known = set(missing and needs(parse(before)))
    return [need for need in missing if need not in known]


def needs(document: Document) -> Iterator[Problem]:
    """Every requirement of a file that this host does not meet."""
    dynamic = False
    for statement in document.statements(document.root):
        if statement.block is not None and not statement.condition:
            if statement.keyword == "global_defs":
                lines = document.statements(statement.block)
                dynamic |= any(line.keyword == "dynamic_interfaces" for line in lines)
            where = " ".join([statement.keyword.replace("vrrp_", "", 1), *statement.arguments])
            yield from _needs_of(document, statement, statement.keyword, where, dynamic)


def _needs_of(document: Document, block: Statement, root: str, where: str, dynamic: bool) -> Iterator[Problem]:
    """The requirements of one block and its nested blocks. ``root`` is the keyword of the top-level block."""
    if block.keyword in _LISTS_OF_LINKS + _LISTS_WITH_DEV:
        if not dynamic:
            yield from _links(document, block, where)
        return
    for line in document.statements(block.block) if block.block is not None else ():
        option = "{0}: {1}".format(where, line.keyword)
        if line.condition:
            continue
        if line.block is not None:
            yield from _needs_of(document, line, root, " ".join([option, *line.arguments]), dynamic)
        elif not line.arguments:
            continue
        elif line.keyword in PROGRAMS.get(root, ()):
            words = split_quoted(document.text[line.words[1].start : line.end])
            program = (split_quoted(words[0]) or [""])[0] if words else ""
            if program.startswith("/"):
                yield from _program(option, program, root == "vrrp_script")
        elif line.keyword in _LINKS.get(root, ()) and not dynamic:
            yield from _interface(option, line.arguments[0])
        elif line.keyword == "unicast_src_ip" and root == "vrrp_instance" and not dynamic:
            yield from _source(option, line.arguments[0])
        elif line.keyword in _USERS.get(root, ()):
            yield from _user(option, line.arguments[0])
        elif line.keyword in _FIFOS.get(root, ()) and len(line.arguments) > 1:
            yield from _user(option, line.arguments[1])
        elif line.keyword in _FILES.get(root, ()) and not os.path.isfile(line.arguments[0]):
            yield Problem(option, line.arguments[0], "is not a file of this host", "Create it first.")


def _links(document: Document, block: Statement, option: str) -> Iterator[Problem]:
    for item in document.statements(block.block) if block.block is not None else ():
        words = [word.text for word in item.words]
        if block.keyword in _LISTS_WITH_DEV:
            at = words.index("dev") + 1 if "dev" in words[:-1] else 0
            yield from _interface(option + ": dev", words[at] if at else "")
        else:
            for name in words if block.keyword == "interfaces" else words[:1]:
                yield from _interface(option, name)


def _interface(option: str, name: str) -> Iterator[Problem]:
    if name and "$" not in name and not os.path.exists(os.path.join(_INTERFACES, name)):
        there = ", ".join(sorted(one for one in os.listdir(_INTERFACES) if one != "lo")) or "none"
        yield Problem(option, name, "is not an interface of this host", "Use one of: {0}.".format(there))


@lru_cache(maxsize=1)
def _addresses() -> frozenset[str]:
    """Cached: read once, however many instances there are."""
    return frozenset(one.address for one in local_addresses())


def _source(option: str, text: str) -> Iterator[Problem]:
    """A problem of a source address that the host does not have. keepalived 2.2.7 then stays in FAULT, even when the
    address is added later, and with track_src_ip. 2.3.3, and any version where ip_nonlocal_bind is set, sends from it
    but receives nothing from its peers. A multicast source may be any."""
    address = parse_address(text.partition("%")[0])
    local = _addresses()
    if address is None or address.host in local:
        return
    own = sorted(one for one in local if (":" in one) == (address.family == 6))
    shown = ", ".join(one for one in own if one not in ("127.0.0.1", "::1")) or "none"
    reason = "is not an address of this host: keepalived would be in FAULT, or hear no peer"
    yield Problem(option, text, reason, "Add it to the host first, or use one of its own: {0}.".format(shown))


def _program(option: str, path: str, owned_by_root: bool) -> Iterator[Problem]:
    """A problem of a program that keepalived could not run, or would not run with script security because another user
    may write it. The user that runs it is not resolved; ``owned_by_root`` is required where a VIP depends on the
    program."""
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
        others = status.st_uid != 0 or (status.st_mode & 0o020 and status.st_gid != 0)
        if open_to_all or (owned_by_root and others):
            reason = "can be changed by users other than root ({0}), so keepalived considers it insecure".format(part)
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
            yield Problem(option, name, "is not a user of this host", "Create the user first.")
