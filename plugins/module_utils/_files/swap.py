# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The swap of a configuration file: write a candidate beside it with the same attributes, validate it there, rename it.

Separate from ``config_file``, because a run that changes nothing need not load it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from contextlib import suppress
from typing import Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

#: Signatures over the old content; they would not match the new.
_CONTENT_BOUND_XATTRS = frozenset(("security.ima", "security.evm"))


#: How many backups of a file are kept (the newest), and the mark in the name of our backups.
BACKUPS = 10
_MARK = ".k8s_edge."


def swap(
    real: str,
    content: bytes,
    *,
    validate: Callable[[str], None],
    expect: Callable[[], None],
    backup: bool,
    mode: int,
) -> str | None:
    """Replace the file ``real`` by ``content``. Returns the backup's path, or None.

    The caller holds the lock on the directory. ``validate(candidate)`` and ``expect()`` (is the file still the one that
    was planned for?) raise to stop the swap. Whatever is raised, the file is unchanged and no candidate is left.
    """
    directory, name = os.path.split(real)
    prefix = f".{name}.k8s_edge-"
    _sweep(directory, prefix)
    candidate = os.path.join(directory, f"{prefix}{os.getpid()}-{time.monotonic_ns()}")
    kept = None
    try:
        _write(candidate, content, real, mode)
        validate(candidate)
        if backup:
            kept = _keep(real)
        expect()
        os.rename(candidate, real)
    except BaseException:
        _remove(candidate)
        if kept is not None:
            _remove(kept)
        raise
    if kept is not None:
        _forget(directory, name)
    _sync(directory)
    return kept


def remove(real: str) -> None:
    """Remove the file and sync its directory."""
    os.unlink(real)
    _sync(os.path.dirname(real))


def _sweep(directory: str, prefix: str) -> None:
    """Remove candidates left by a killed run. The lock is held, so none of them is in use."""
    for name in os.listdir(directory):
        if name.startswith(prefix):
            _remove(os.path.join(directory, name))


def _write(candidate: str, content: bytes, real: str, mode: int) -> None:
    descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        _dress(descriptor, real, mode)
        os.fsync(descriptor)


def _dress(descriptor: int, real: str, mode: int) -> None:
    """Give the candidate the owner, mode and extended attributes of the file it replaces; ``mode`` where there is no
    file."""
    try:
        current = os.stat(real)
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        return
    os.fchown(descriptor, current.st_uid, current.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(current.st_mode))
    try:
        names = os.listxattr(real)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return
    for name in names:
        if name not in _CONTENT_BOUND_XATTRS:
            os.setxattr(descriptor, name, os.getxattr(real, name))


def _keep(real: str) -> str:
    """Make a hard link to the current file, so that the swap keeps it with all its attributes. The name marks it as
    ours and sorts by time (UTC)."""
    moment = time.time_ns()
    stamp = time.strftime("%Y-%m-%d@%H:%M:%S", time.gmtime(moment // 10**9))
    backup = f"{real}{_MARK}{stamp}.{moment % 10**9:09}Z~"
    os.link(real, backup)
    return backup


def _forget(directory: str, name: str) -> None:
    """Remove our backups except the newest ``BACKUPS``. Files with other names stay."""
    ours = re.compile(re.escape(name + _MARK) + r"\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d\.\d{9}Z~")
    kept = sorted(each for each in os.listdir(directory) if ours.fullmatch(each))
    for each in kept[:-BACKUPS]:
        with suppress(OSError):  # the swap is done; one old backup too many is no reason to fail
            os.unlink(os.path.join(directory, each))


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def unwritable(real: str, error: OSError) -> EdgeError:
    """An error of the operating system as a message with its remedy."""
    directory, name = os.path.split(real)
    remedy = {
        errno.ENOENT: "Install the daemon's package first, or create the directory.",
        errno.ENOTDIR: "Name a file in an existing directory.",
        errno.ENOSPC: "Free some space on that file system.",
        errno.EDQUOT: "Free some space within the quota.",
        errno.EROFS: "The file system is mounted read-only.",
        errno.EBUSY: "The file is a mount of its own, as in a container: mount its directory instead.",
    }.get(error.errno or 0, "Run as a user who may write there (become: true).")
    return EdgeError(f"cannot write {name} in {directory}: {error.strerror}. {remedy} The file was not changed.")
