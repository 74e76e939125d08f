# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One configuration file on disk: read whole, replaced whole or not at all, and never under two hands at once."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError, Problem

#: ``validate(candidate_path, current_path) -> warnings``: asks the daemon about the candidate file, as it would be
#: read in the place of the current one. Raises DaemonRefused. The current file may not exist.
Validate = Callable[[str, str], Sequence[str]]

#: A file that may hold secrets is born readable by its owner and group only.
NEW_FILE_MODE = 0o640

#: How long to wait for another run to finish with the same directory, in seconds.
LOCK_TIMEOUT = 120.0

#: Signatures over the old content: meaningless on the new.
_CONTENT_BOUND_XATTRS = frozenset(("security.ima", "security.evm"))


class ConfigFile:
    """A configuration file. Symbolic links are followed: the link stays, the file it names is replaced.

    The lock is taken on the file's directory, so nothing is left beside the file; it is advisory and holds between
    runs of this collection. Against other hands the content is compared once more right before the swap.
    """

    def __init__(self, path: str, *, validate: Validate | None = None, backup: bool = False) -> None:
        if not os.path.isabs(path):
            raise InputError(
                [Problem("path", path, "is not an absolute path", "Give the whole path, beginning with a slash.")]
            )
        self.path = path
        self.real = os.path.realpath(path)
        self.directory, self.name = os.path.split(self.real)
        self.validate = validate
        self.backup = backup
        #: What the last validation let pass.
        self.warnings: list[str] = []

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory against other runs. A directory that does not exist needs none."""
        try:
            directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            yield
            return
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._wait_for(directory)
            yield
        finally:
            os.close(directory)

    def _wait_for(self, directory: int) -> None:
        limit = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                return fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise EdgeError(
                        f"{self.directory} is being changed by another run of this collection, and "
                        f"{LOCK_TIMEOUT:.0f} s of waiting did not help. Let that run finish, then try again."
                    ) from None
                time.sleep(0.02)

    def read(self) -> bytes | None:
        """The content, or None where there is no file."""
        try:
            descriptor = os.open(self.real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise EdgeError(f"cannot read {self.path}: {error.strerror}.") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            reason = "is not a regular file"
            raise InputError([Problem("path", self.path, reason, "Name the configuration file itself.")])
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def replace(self, expected: bytes | None, content: bytes | None) -> str | None:
        """Put ``content`` where ``expected`` is now; None stands for no file. Gives the backup's path, if one was made.

        The candidate lies beside the file under a name that no include pattern for configuration files matches,
        has its owner, mode and extended attributes (SELinux context, ACL), and is validated as it lies there: the
        bytes the daemon approved are the bytes installed. Whatever fails, the file is as it was and the candidate
        is gone.
        """
        try:
            if content is None:
                self._expect(expected)
                os.unlink(self.real)
                self._sync_directory()
                return None
            return self._swap(expected, content)
        except OSError as error:
            raise self._unwritable(error) from error

    def _swap(self, expected: bytes | None, content: bytes) -> str | None:
        self._sweep()
        candidate = os.path.join(self.directory, f"{self._prefix}{os.getpid()}-{time.monotonic_ns()}")
        backup = None
        try:
            self._write(candidate, content)
            if self.validate is not None:
                self.warnings = list(self.validate(candidate, self.real))
            if self.backup and expected is not None:
                backup = self._keep()
            self._expect(expected)
            os.rename(candidate, self.real)
        except BaseException:
            _remove(candidate)
            if backup is not None:
                _remove(backup)
            raise
        self._sync_directory()
        return backup

    @property
    def _prefix(self) -> str:
        return f".{self.name}.k8s_edge-"

    def _sweep(self) -> None:
        """Remove candidates that a killed run left. The lock is held, so nobody is at work on them."""
        for name in os.listdir(self.directory):
            if name.startswith(self._prefix):
                _remove(os.path.join(self.directory, name))

    def _write(self, candidate: str, content: bytes) -> None:
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            self._dress(descriptor)
            os.fsync(descriptor)

    def _dress(self, descriptor: int) -> None:
        """Give the candidate the owner, mode and extended attributes of the file it will replace."""
        try:
            current = os.stat(self.real)
        except FileNotFoundError:
            os.fchmod(descriptor, NEW_FILE_MODE)
            return
        os.fchown(descriptor, current.st_uid, current.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(current.st_mode))
        try:
            names = os.listxattr(self.real)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            return
        for name in names:
            if name not in _CONTENT_BOUND_XATTRS:
                os.setxattr(descriptor, name, os.getxattr(self.real, name))

    def _keep(self) -> str:
        """A second name for the current file, so that the swap leaves it there with all its attributes."""
        stamp = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime())
        backup = f"{self.real}.{os.getpid()}.{stamp}~"
        os.link(self.real, backup)
        return backup

    def _expect(self, expected: bytes | None) -> None:
        if self.read() != expected:
            raise EdgeError(
                f"{self.path} was changed by someone else between reading and writing it. Nothing was written. "
                "Run again to plan on what is there now."
            )

    def _sync_directory(self) -> None:
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _unwritable(self, error: OSError) -> EdgeError:
        remedy = {
            errno.ENOENT: "Install the daemon's package first, or create the directory.",
            errno.ENOTDIR: "Name a file in an existing directory.",
            errno.ENOSPC: "Free some space on that file system.",
            errno.EDQUOT: "Free some space within the quota.",
            errno.EROFS: "The file system is mounted read-only.",
            errno.EBUSY: "The file is a mount of its own, as in a container: mount its directory instead.",
        }.get(error.errno or 0, "Run as a user who may write there (become: true).")
        return EdgeError(
            f"cannot write {self.name} in {self.directory}: {error.strerror}. {remedy} The file is as it was."
        )


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
