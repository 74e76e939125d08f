# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process and all its descendants: their CPU time, whether they are still active, and how to end them.

Wall time does not show whether a part of bin/test hangs, since every part takes longer on a busy machine. A part that
hangs produces no output and uses no CPU time."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")

#: The share of one processor below which a part without output counts as idle. An ansible-playbook that waits for a
#: task that never ends uses 0.05; a program that computes gets 0.16 beside eleven others on two processors.
IDLE_SHARE = 0.10


class Process(NamedTuple):
    """A line of /proc/PID/stat. ``seconds``: CPU time, including that of ended children."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    seconds: float
    started: int


def processes() -> list[Process]:
    """All running processes, without those that end meanwhile."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            text = Path(entry.path, "stat").read_text(errors="replace")
        except OSError:
            continue
        # The name is in parentheses and may itself contain some.
        state, *numbers = text.rpartition(")")[2].split()
        parent, group, session = map(int, numbers[:3])
        seconds = sum(map(int, numbers[10:14])) / _TICKS
        found.append(Process(int(entry.name), parent, group, session, state, seconds, int(numbers[18])))
    return found


def family(leader: int, among: Iterable[Process] | None = None) -> list[Process]:
    """The leader of a session, its session, and all their descendants, which may have sessions of their own."""
    everybody = list(processes() if among is None else among)
    children: dict[int, list[Process]] = {}
    for one in everybody:
        children.setdefault(one.parent, []).append(one)
    queue = [one for one in everybody if one.pid == leader or one.session == leader]
    found: dict[int, Process] = {}
    while queue:
        one = queue.pop()
        if one.pid not in found:
            found[one.pid] = one
            queue += children.get(one.pid, [])
    return sorted(found.values())


class Stillness:
    """How long a part has produced no output and used almost no CPU time."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._said = 0
        self._computed = 0.0

    def look(self, now: float, said: int, computed: float) -> float:
        """The seconds of stillness until ``now``, from the bytes of output and the CPU seconds so far.

        CPU seconds may fall when a process ends whose parent does not count it. That counts as activity."""
        busy = abs(computed - self._computed) > IDLE_SHARE * max(now - self._since, 1.0)
        if said != self._said or busy:
            self._since, self._said, self._computed = now, said, computed
        return now - self._since


def end(leader: int, patience: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
    """Terminate the leader's process group (bin/demo and Molecule then clean up), then kill the whole family."""
    known: dict[int, Process] = {}

    def alive() -> list[Process]:
        now = processes()
        there = {(one.pid, one.started): one for one in now}
        known.update((one.pid, one) for one in family(leader, now))
        same = (there.get((one.pid, one.started)) for one in known.values())
        return [one for one in same if one and one.state not in "ZX"]

    alive()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
    until = clock() + patience
    while alive() and clock() < until:
        time.sleep(0.05)
    for one in alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
    until = clock() + patience
    while alive() and clock() < until:
        time.sleep(0.05)
