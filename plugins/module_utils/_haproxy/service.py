# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy as a service of the host: installed, active, and whether the process that serves has the file as it is now.

Whether a configuration is *loaded* is judged by time: the newest serving process must have started after the last
change of the file (ctime, so that also a changed mode or a restored older file counts as a change). A process that
started in the same hundredth of a second counts as older: to say "not loaded" wrongly costs a reload, to say "loaded"
wrongly hides a lost one. In master-worker mode the processes that serve are the master's children; a reload that
failed leaves only old ones. A process that was brought to a new content without a reload is older than its file:
there a record says so (live_record).

What this cannot see: files the configuration refers to (certificates, maps), a clock that was set between the start
and the change, and a change in the moment between the master reading the file and starting the worker.
"""

from __future__ import annotations

import os
import time
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

_TIME_LIMIT = 20.0
_PROPERTIES = {
    "LoadState": "load_state",
    "ActiveState": "active_state",
    "SubState": "sub_state",
    "UnitFileState": "unit_file_state",
    "MainPID": "main_pid",
    "NRestarts": "restarts",
}
_ENABLED = ("enabled", "enabled-runtime", "static", "alias")


class Loaded(NamedTuple):
    """``reason`` says in words why, for either answer."""

    loaded: bool
    reason: str


def version(ports: Ports) -> str | None:
    """The installed version, such as ``2.6.12-1+deb12u4``; None where HAProxy is not installed."""
    program = ports.which("haproxy")
    if program is None:
        return None
    words = ports.run([program, "-v"], timeout=_TIME_LIMIT).stdout.split()
    return words[words.index("version") + 1] if "version" in words[:-1] else ""


def unit_state(ports: Ports, unit: str) -> dict[str, str]:
    """systemd's properties of the unit, by one call and under our names; empty where systemd does not answer."""
    program = ports.which("systemctl")
    if program is None:
        return {}
    answer = ports.run([program, "show", unit, "--property=" + ",".join(_PROPERTIES)], timeout=_TIME_LIMIT)
    if answer.rc != 0:
        return {}
    told = (line.partition("=") for line in answer.stdout.splitlines())
    return {_PROPERTIES[name]: value for name, _equals, value in told if name in _PROPERTIES}


def is_loaded(path: str, unit: dict[str, str], proc: str = "/proc") -> Loaded:
    """Whether the newest serving process has ``path`` as it is now."""
    if not os.path.exists(path):
        return Loaded(False, f"{path} cannot be looked at: No such file or directory")
    main = unit.get("main_pid", "")
    masters = [int(main)] if main.isdigit() and main != "0" else _daemons(proc) if not unit else []
    masters = [pid for pid in masters if _reads(proc, pid, path)]
    serving = [pid for master in masters for pid in workers(master, proc) or [master]]
    if not serving:
        return Loaded(False, f"no HAProxy with {path} is running")
    return has_loaded(max(serving, key=lambda pid: _started(proc, pid)), path, proc)


def has_loaded(pid: int, path: str, proc: str = "/proc") -> Loaded:
    """Whether a process has ``path`` as it is now: read when it started, or given to it live by us."""
    try:
        changed = os.stat(path).st_ctime
    except OSError as error:
        return Loaded(False, f"{path} cannot be looked at: {error.strerror}")
    started = _started(proc, pid)
    if started > changed:
        return Loaded(True, f"the serving process started {started - changed:.2f} s after the last change of {path}")
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.live_record import is_recorded

    if is_recorded(path, pid, start_ticks(pid, proc)):
        return Loaded(True, f"the serving process was brought to what {path} says without a reload")
    return Loaded(False, f"{path} was changed {changed - started:.2f} s after the serving process started")


def masters_of(path: str, proc: str = "/proc") -> list[int]:
    """The HAProxys of this host that were started with ``path`` and not by another HAProxy."""
    return [pid for pid in _daemons(proc) if _reads(proc, pid, path)]


def serving_master(pid: int, path: str, proc: str = "/proc") -> int | None:
    """The process that was started with ``path`` and that ``pid`` serves for: its master, or itself where there is
    none. None where it is no HAProxy of this host with this file."""
    if _name(proc, pid)[:7] != "haproxy" or not _same_host(proc, pid):
        return None
    parent = _parent(proc, pid)
    first = parent if _name(proc, parent)[:7] == "haproxy" else pid
    return first if _reads(proc, first, path) else None


def words_of(pid: int, proc: str = "/proc") -> list[str]:
    """A process's command line; empty where it is gone."""
    try:
        with open(f"{proc}/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return []


def start_ticks(pid: int, proc: str = "/proc") -> int:
    """When a process started, in the kernel's ticks since boot; with its number that names it for good."""
    fields = _stat(proc, pid)[1]
    return int(fields[19]) if fields else 0


def _daemons(proc: str) -> list[int]:
    """Running HAProxys of this host where there is no systemd: those that no other HAProxy started. A container's
    HAProxy is not the host's."""
    pids = [pid for pid in _pids(proc) if _name(proc, pid)[:7] == "haproxy" and _same_host(proc, pid)]
    return [pid for pid in pids if _parent(proc, pid) not in pids]


def _pids(proc: str) -> list[int]:
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def workers(master: int, proc: str = "/proc") -> list[int]:
    """The processes that serve for a master, new and old."""
    try:
        with open(f"{proc}/{master}/task/{master}/children", encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
    except OSError:
        # Not every kernel keeps that list.
        children = [pid for pid in _pids(proc) if _parent(proc, pid) == master]
    return [pid for pid in children if _name(proc, pid)[:7] == "haproxy"]


def _stat(proc: str, pid: int) -> tuple[str, list[str]]:
    """A process's name and the fields behind it, from ``state`` on; empty where it is gone."""
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


def _started(proc: str, pid: int) -> float:
    """When a process started, in seconds since the epoch, rounded down to the kernel's tick."""
    ticks = start_ticks(pid, proc)
    if not ticks:
        return 0.0
    since_boot = ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def _same_host(proc: str, pid: int) -> bool:
    """Whether a process is none of a container on this host: that one has a number of its own in there as well. Mount
    namespaces do not tell: a systemd unit may have its own (Debian's haproxy.service has)."""
    try:
        with open(f"{proc}/{pid}/status", encoding="utf-8", errors="replace") as file:
            numbers = [line.split()[1:] for line in file if line.startswith("NSpid:")]
    except OSError:
        return False
    return all(len(each) == 1 for each in numbers)


def _reads(proc: str, pid: int, path: str) -> bool:
    """Whether a HAProxy was started with this file, or with the folder it is in, and not only to check it."""
    words = words_of(pid, proc)
    if "-c" in words:
        return False
    real = os.path.realpath(path)
    wanted = {real, os.path.dirname(real)} if real.endswith(".cfg") else {real}
    return any(os.path.realpath(os.path.join(f"{proc}/{pid}/cwd", word)) in wanted for word in words[1:] if word)


def facts(ports: Ports, path: str, unit_name: str) -> dict[str, Any]:
    """Everything the host tells about HAProxy, for the module's result."""
    installed = version(ports)
    unit = unit_state(ports, unit_name)
    loaded = is_loaded(path, unit)
    return {
        "installed": installed is not None,
        "version": installed,
        "active": unit.get("active_state") == "active",
        "enabled": unit.get("unit_file_state") in _ENABLED,
        "unit": unit,
        "loaded": loaded.loaded,
        "loaded_reason": loaded.reason,
    }
