# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons that tests have started and, since they failed, not ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DAEMONS = frozenset({"haproxy", "keepalived"})


def descendants(pid: int) -> Iterator[int]:
    """The children of a process that are still there, each before its own children. Threads may have children too."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)


def end_daemons(pid: int, patience: float = 5.0) -> list[int]:
    """Ends the daemons among the descendants of a process: asked first, killed after ``patience`` seconds. The numbers
    of those that were asked."""
    left = [child for child in descendants(pid) if _name(child) in DAEMONS]
    for number in left:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    end = time.monotonic() + patience
    while time.monotonic() < end and any(_runs(number) for number in left):
        time.sleep(0.05)
    for number in filter(_runs, left):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return left


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
