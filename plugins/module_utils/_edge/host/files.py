# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files are as declared: content, mode, owner and group. Contents are compared and never shown."""

from __future__ import annotations

import errno
import glob
import grp
import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst

_MODE = re.compile(r"0?[0-7]{3,4}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def look(entries: Sequence[Mapping[str, Any]]) -> Look:
    """A step for each file to create, change or remove."""
    refuse([problem for index, entry in enumerate(entries) for problem in _problems(entry, f"files[{index}]")])
    steps, impacts, brings = [], [], []
    for entry in entries:
        try:
            found = list(_removed(entry) if entry["state"] == "absent" else _changed(entry))
        except OSError as error:
            raise EdgeError(f"file {error.filename or entry['path']}: {os_reason(error)}.") from error
        steps += found
        if found:
            impacts.append(entry["impact"])
            # A daemon cannot find the final content of a file that is still to be changed.
            brings += [entry["path"]] if entry["state"] == "present" else []
    return Look(steps, worst(impacts), brings=brings)


def _problems(entry: Mapping[str, Any], place: str) -> Iterator[Problem]:
    path, mode = entry["path"], entry["mode"]
    if not os.path.isabs(path):
        yield Problem(f"{place}.path", path, "is not an absolute path", "Give the absolute path")
    if mode is not None and not _MODE.fullmatch(mode):
        yield Problem(f"{place}.mode", mode, "is not an octal file mode", "Write it in quotes, as '0644'")
    if entry["sha256"] is not None and not _SHA256.fullmatch(entry["sha256"]):
        yield Problem(f"{place}.sha256", entry["sha256"], "is not a SHA-256 digest", "Give its 64 hexadecimal digits")
    if entry["sha256"] is not None and entry["content"] is not None:
        yield Problem(f"{place}.sha256", None, "stands beside content", "Give one of the two")
    given = [option for option in ("sha256", "content", "mode", "owner", "group") if entry[option] is not None]
    if entry["state"] == "absent" and given:
        yield Problem(
            f"{place}.{given[0]}", None, "is given for a file that is to be removed", "Leave it out, or the state"
        )
    if entry["state"] == "present" and glob.has_magic(path):
        yield Problem(f"{place}.path", path, "is a pattern", "Name one file. A pattern is for state: absent")


def _removed(entry: Mapping[str, Any]) -> Iterator[str]:
    path = entry["path"]
    there = sorted(glob.glob(path)) if glob.has_magic(path) else [path] if os.path.lexists(path) else []
    for each in there:
        if os.path.isdir(each) and not os.path.islink(each):
            raise EdgeError(f"file {each}: is a directory, which this module does not remove. Name the files in it.")
        yield f"file {each}: remove"


def _changed(entry: Mapping[str, Any]) -> Iterator[str]:
    path = entry["path"]
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        yield f"file {path}: create"
        return
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file. Remove it, or name another path", path)
    differences = list(_differences(entry, status))
    if differences:
        yield f"file {path}: {', '.join(differences)}"


def _differences(entry: Mapping[str, Any], status: os.stat_result) -> Iterator[str]:
    desired = entry["sha256"]
    if entry["content"] is not None:
        desired = hashlib.sha256(entry["content"].encode("utf-8", "surrogateescape")).hexdigest()
    if desired is not None and _sha256(entry["path"]) != desired.lower():
        yield "content"
    mode = stat.S_IMODE(status.st_mode)
    if entry["mode"] is not None and int(entry["mode"], 8) != mode:
        yield f"mode {int(entry['mode'], 8):04o} instead of {mode:04o}"
    yield from _owned("owner", entry["owner"], status.st_uid, lambda name: pwd.getpwnam(name).pw_uid)
    yield from _owned("group", entry["group"], status.st_gid, lambda name: grp.getgrnam(name).gr_gid)


def _owned(what: str, name: str | None, current: int, number: Callable[[str], int]) -> Iterator[str]:
    """Where a user or group does not exist yet, it owns nothing."""
    if name is None:
        return
    try:
        same = current == (int(name) if name.isdigit() else number(name))
    except KeyError:
        same = False
    if not same:
        yield f"{what} {name}"


def _sha256(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            found.update(chunk)
    return found.hexdigest()
