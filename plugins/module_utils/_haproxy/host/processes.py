# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's processes in /proc: which process serves for which master, with which file, and whether it has loaded that
file.

Whether a file is *loaded* is decided by time: the serving process must have started after the last change of the file
(ctime, so that a changed mode or a restored older file counts as a change too). A process that started in the same
hundredth of a second counts as older: a false "not loaded" costs a reload, a false "loaded" hides a lost one. A process
that was changed without a reload is older than its file: then a record says so (record.py).

Not detected: changes of files that the configuration refers to (certificates, maps), a clock that was set between the
start and the change, and a change in the moment between the master reading the file and starting the worker.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple


class Loaded(NamedTuple):
    """``reason`` says why, for either answer."""

    loaded: bool
    reason: str


def has_loaded(pid: int, path: str, proc: str = "/proc") -> Loaded:
    """Whether a process has loaded ``path`` as it is now: at its start, or through our runtime commands."""
    try:
        changed = os.stat(path).st_ctime
    except OSError as error:
        return Loaded(False, f"{path} cannot be read: {error.strerror}")
    started = started_at(proc, pid)
    if started > changed:
        return Loaded(True, f"the serving process started {started - changed:.2f} s after the last change of {path}")
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.record import is_recorded

    if is_recorded(path, pid, start_ticks(pid, proc)):
        return Loaded(True, f"the serving process was updated to {path} without a reload")
    return Loaded(False, f"{path} was changed {changed - started:.2f} s after the serving process started")


def masters_of(path: str, proc: str = "/proc") -> list[int]:
    """The HAProxy processes of this host that were started with ``path``, except children of another HAProxy."""
    return [pid for pid in daemons(proc) if reads(proc, pid, path)]


def serving_master(pid: int, path: str, proc: str = "/proc") -> int | None:
    """The process that was started with ``path`` and that ``pid`` serves for: its master, or itself without
    master-worker mode. None where it is not a HAProxy of this host with this file."""
    if _name(proc, pid)[:7] != "haproxy" or not _same_host(proc, pid):
        return None
    parent = _parent(proc, pid)
    first = parent if _name(proc, parent)[:7] == "haproxy" else pid
    return first if reads(proc, first, path) and _sees(proc, first, path) else None


def words_of(pid: int, proc: str = "/proc") -> list[str]:
    """A process's command line; empty where it has ended."""
    try:
        with open(f"{proc}/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return []


def start_ticks(pid: int, proc: str = "/proc") -> int:
    """When a process started, in the kernel's ticks since boot. Together with the pid this identifies the process
    uniquely."""
    fields = _stat(proc, pid)[1]
    return int(fields[19]) if fields else 0


def daemons(proc: str) -> list[int]:
    """The running HAProxy processes of this host where there is no systemd: those not started by another HAProxy, and
    none of a container."""
    pids = [pid for pid in _pids(proc) if _name(proc, pid)[:7] == "haproxy" and _same_host(proc, pid)]
    return [pid for pid in pids if _parent(proc, pid) not in pids]


def _pids(proc: str) -> list[int]:
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def workers(master: int, proc: str = "/proc") -> list[int]:
    """A master's worker processes, new and old."""
    try:
        with open(f"{proc}/{master}/task/{master}/children", encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
    except OSError:
        # Not every kernel has that list.
        children = [pid for pid in _pids(proc) if _parent(proc, pid) == master]
    return [pid for pid in children if _name(proc, pid)[:7] == "haproxy"]


def _stat(proc: str, pid: int) -> tuple[str, list[str]]:
    """A process's name and the fields after it, from ``state`` on; empty where it has ended."""
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:
            head, _end, tail = file.read().rpartition(")")
    except OSError:
        return "", []
    return head.partition("(")[2], tail.split()


def _name(proc: str, pid: int) -> str:
    return _stat(proc, pid)[0]


def _parent(proc: str, pid: int) -> int:
    fields = _stat(proc, pid)[1]
    return int(fields[1]) if fields else 0


def started_at(proc: str, pid: int) -> float:
    """When a process started, in seconds since the epoch, rounded down to the kernel's tick."""
    ticks = start_ticks(pid, proc)
    if not ticks:
        return 0.0
    since_boot = ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def _same_host(proc: str, pid: int) -> bool:
    """Whether a process does not belong to a container on this host: such a process has a second pid in its own
    namespace. Mount namespaces cannot tell: a systemd unit may have its own (Debian's haproxy.service has)."""
    try:
        with open(f"{proc}/{pid}/status", encoding="utf-8", errors="replace") as file:
            numbers = [line.split()[1:] for line in file if line.startswith("NSpid:")]
    except OSError:
        return False
    return all(len(each) == 1 for each in numbers)


def _sees(proc: str, pid: int, path: str) -> bool:
    """Whether a path is the same file for a process as for us; True where reading that is not permitted."""
    try:
        return os.path.samestat(os.stat(path), os.stat(f"{proc}/{pid}/root{os.path.realpath(path)}"))
    except PermissionError:
        return True
    except OSError:
        return False


def reads(proc: str, pid: int, path: str) -> bool:
    """Whether a HAProxy was started with this file, or with its directory, and not only to check it."""
    words = words_of(pid, proc)
    if "-c" in words:
        return False
    real = os.path.realpath(path)
    read = {real, os.path.dirname(real)} if real.endswith(".cfg") else {real}
    named = [word for word in words[1:] if word and not word.startswith("-")]
    directory = "/"
    if not all(map(os.path.isabs, named)):
        try:
            directory = os.readlink(f"{proc}/{pid}/cwd")
        except FileNotFoundError:  # it has ended
            return False
    return any(os.path.realpath(os.path.join(directory, word)) in read for word in named)
