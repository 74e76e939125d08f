# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One configuration file on disk: read whole, replaced whole or not at all, with a lock against concurrent runs."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError, Problem, os_reason

#: ``validate(candidate_path, current_path) -> warnings``: lets the daemon check the candidate file as if it were in the
#: place of the current one. Raises DaemonRefused. The current file may not exist.
Validate = Callable[[str, str], Sequence[str]]

#: How long to wait for the lock, while another run works in the same directory, in seconds.
LOCK_TIMEOUT = 120.0


class ConfigFile:
    """A configuration file. Symbolic links are followed: the link stays, the file it points to is replaced.

    The lock is on the file's directory, so no lock file is left behind. It is advisory and works between runs of this
    collection. To detect changes by anything else, the content is compared once more right before the swap. ``mode`` is
    the mode of a new file. Files may hold secrets, so by default only owner and group can read it.
    """

    def __init__(self, path: str, *, validate: Validate | None = None, backup: bool = False, mode: int = 0o640) -> None:
        if not os.path.isabs(path):
            raise InputError([Problem("path", path, "is not an absolute path", "Give the absolute path.")])
        self.path = path
        self.real = os.path.realpath(path)
        self.directory, self.name = os.path.split(self.real)
        self.validate = validate
        self.backup = backup
        self.mode = mode
        #: The warnings of the last validation.
        self.warnings: list[str] = []

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock on the directory. A directory that does not exist needs none."""
        directory: int | None
        try:
            directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            directory = None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            if directory is not None:
                self._wait_for(directory)
            yield
        finally:
            if directory is not None:
                os.close(directory)

    def _wait_for(self, directory: int) -> None:
        limit = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                return fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise EdgeError(
                        f"{self.directory} is locked by another run of this collection, which did not finish within "
                        f"{LOCK_TIMEOUT:.0f} s. Wait until that run has finished, then run again."
                    ) from None
                time.sleep(0.02)

    def read(self) -> bytes | None:
        """The content, or None where there is no file."""
        try:
            descriptor = os.open(self.real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise EdgeError(f"cannot read {self.path}: {os_reason(error)}.") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            reason = "is not a regular file"
            raise InputError([Problem("path", self.path, reason, "Name the configuration file itself.")])
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def replace(self, expected: bytes | None, content: bytes | None) -> str | None:
        """Replace the content ``expected`` by ``content``; None stands for no file. Returns the backup's path, or None.

        The candidate is written beside the file, under a name that no include pattern for configuration files matches.
        It gets the file's owner, mode and extended attributes (SELinux context, ACL) and is validated there: the bytes
        that the daemon approved are the bytes installed. On any failure the file is unchanged and the candidate is
        removed.
        """
        # Imported here, because a run that changes nothing does not need it.
        from ansible_collections.k8s_edge.ha.plugins.module_utils._files.swap import remove, swap

        def expect() -> None:
            if self.read() != expected:
                raise EdgeError(
                    f"{self.path} was changed by someone else between reading and writing it. Nothing was written. "
                    "Run again to plan with the current content."
                )

        def validate(candidate: str) -> None:
            if self.validate is not None:
                self.warnings = list(self.validate(candidate, self.real))

        try:
            if content is None:
                expect()
                remove(self.real)
                return None
            backup = self.backup and expected is not None
            return swap(self.real, content, validate=validate, expect=expect, backup=backup, mode=self.mode)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> EdgeError:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._files.swap import unwritable

        return unwritable(self.real, error)
