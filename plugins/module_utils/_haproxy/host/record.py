# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which running process was brought to which content of a file without a reload.

A record names the process by number and start, and the content by its hash. It is written after the process was read
back, and says nothing any more as soon as the process or the content is another, so it cannot lie about either. What
it does not say is that nothing else has changed the process since: that is drift, and seen by asking the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os

#: Gone at boot, as the processes are. Only its owner writes there.
_FOLDER = "/run/k8s_edge.ha"


def is_recorded(path: str, pid: int, start: int, folder: str | None = None) -> bool:
    """Whether the process was brought to the file as it is now."""
    try:
        with open(_place(path, folder), encoding="ascii") as file:
            recorded = file.read()
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, UnicodeDecodeError):
        return False
    return recorded == _words(pid, start, content)


def record(path: str, pid: int, start: int, content: bytes, folder: str | None = None) -> None:
    """Raises OSError. ``content`` is what the process has, and should be what the file has."""
    place = _place(path, folder)
    os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
    candidate = f"{place}.{os.getpid()}"
    try:
        with open(candidate, "x", encoding="ascii") as file:
            file.write(_words(pid, start, content))
        os.replace(candidate, place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(candidate)
        raise


def can_record() -> bool:
    """Whether ``record`` may be expected to work."""
    folder = _folder()
    return os.access(folder if os.path.isdir(folder) else os.path.dirname(folder), os.W_OK)


def _folder() -> str:
    return _FOLDER if os.geteuid() == 0 else f"/run/user/{os.geteuid()}/k8s_edge.ha"


def _place(path: str, folder: str | None) -> str:
    return os.path.join(folder or _folder(), hashlib.sha256(os.path.realpath(path).encode()).hexdigest())


def _words(pid: int, start: int, content: bytes) -> str:
    return f"{pid} {start} {hashlib.sha256(content).hexdigest()}\n"
