# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process with all that it started: what they have computed together, whether they still do something, and their end.

Whether a part of bin/test hangs cannot be told by a clock on the wall: on a machine with other work every part takes
longer. One that hangs says nothing and computes nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")

#: The share of one processor below which a silent part counts as idle. ansible-playbook that waits for a task which
#: never ends takes 0.05; a program that computes gets 0.16 beside eleven others on two processors.
IDLE_SHARE = 0.10


class Process(NamedTuple):
    """A line of /proc/PID/stat. ``seconds`` is CPU time, that of its ended children included."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    seconds: float
    started: int


def processes() -> list[Process]:
    """All that run now. One that ends meanwhile is left out."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            text = Path(entry.path, "stat").read_text(errors="replace")
        except OSError:
            continue
        # The name stands in parentheses and may have some of its own.
        state, *numbers = text.rpartition(")")[2].split()
        parent, group, session = map(int, numbers[:3])
        seconds = sum(map(int, numbers[10:14])) / _TICKS
        found.append(Process(int(entry.name), parent, group, session, state, seconds, int(numbers[18])))
    return found


def family(leader: int, among: Iterable[Process] | None = None) -> list[Process]:
    """The leader of a session, its session, and the descendants of these, which may have sessions of their own."""
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
    """How long a part has said nothing and has computed next to nothing."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._said = 0
        self._computed = 0.0

    def look(self, now: float, said: int, computed: float) -> float:
        """Seconds of stillness until ``now``, given the bytes said and the CPU seconds used so far.

        CPU seconds can fall, where a process ended whose parent does not count it: that is an event too.
        """
        busy = abs(computed - self._computed) > IDLE_SHARE * max(now - self._since, 1.0)
        if said != self._said or busy:
            self._since, self._said, self._computed = now, said, computed
        return now - self._since


def end(leader: int, patience: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
    """Ask the leader's process group to stop (bin/demo and Molecule tidy up on that), then make the whole family."""
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
