# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which running process was changed to match which content of a file without a reload.

A record identifies the process by pid and start time, and the content by its hash. It is written after the process was
read back. It is void as soon as the process or the content is another one, so it cannot be wrong about either. It does
not say that nothing else has changed the process since: that is drift, found by asking the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os

#: Removed at boot, as the processes are. Writable by its owner only.
_DIRECTORY = "/run/k8s_edge.ha"


def is_recorded(path: str, pid: int, start: int, directory: str | None = None) -> bool:
    """Whether the process was changed to match the file as it is now."""
    try:
        with open(_place(path, directory), encoding="ascii") as file:
            recorded = file.read()
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, UnicodeDecodeError):
        return False
    return recorded == _entry(pid, start, content)


def record(path: str, pid: int, start: int, content: bytes, directory: str | None = None) -> None:
    """Write the record. ``content`` is what the process has, and should be what the file has. Raises OSError."""
    place = _place(path, directory)
    os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
    candidate = f"{place}.{os.getpid()}"
    try:
        with open(candidate, "x", encoding="ascii") as file:
            file.write(_entry(pid, start, content))
        os.replace(candidate, place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(candidate)
        raise


def can_record() -> bool:
    """Whether ``record`` can be expected to work."""
    directory = _directory()
    return os.access(directory if os.path.isdir(directory) else os.path.dirname(directory), os.W_OK)


def _directory() -> str:
    return _DIRECTORY if os.geteuid() == 0 else f"/run/user/{os.geteuid()}/k8s_edge.ha"


def _place(path: str, directory: str | None) -> str:
    return os.path.join(directory or _directory(), hashlib.sha256(os.path.realpath(path).encode()).hexdigest())


def _entry(pid: int, start: int, content: bytes) -> str:
    return f"{pid} {start} {hashlib.sha256(content).hexdigest()}\n"
