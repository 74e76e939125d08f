# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running process that serves a file: found by its socket, identified in /proc, asked for its servers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import (
    Loaded,
    daemons,
    has_loaded,
    masters_of,
    serving_master,
    start_ticks,
    words_of,
    workers,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import PATIENCE as SHUT
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import Row, read_rows

#: How long an old worker may answer instead of a new one, in seconds.
PATIENCE = 5.0
#: A master that re-executes itself has no command line for a moment.
_LOOKS = 10


class Unasked(EdgeError):
    """The process that serves the file cannot be asked; the message says why."""


class Process(NamedTuple):
    """``first`` is the process that was started with the file: the master, or ``pid`` itself without master-worker
    mode. ``alone``: it was started with this file only."""

    runtime: Runtime
    pid: int
    first: int
    alone: bool
    level: str
    loaded: Loaded

    @property
    def has_master(self) -> bool:
        return self.first != self.pid


def serving(path: str, address: str | None) -> Process:
    """The process that serves ``path``. ``address`` is its socket; None for the running master's. Raises Unasked."""
    end = time.monotonic() + PATIENCE
    while True:
        process = answering(path, address)
        # Both workers listen for a moment while one takes over from the other.
        newest = max(workers(process.first), key=start_ticks, default=process.pid)
        if newest == process.pid or not process.has_master:
            return process
        process.runtime.close()
        if time.monotonic() > end:
            raise Unasked(f"process {process.pid} answers at {process.runtime.address}, but {newest} serves")
        time.sleep(0.02)


def answering(path: str, address: str | None) -> Process:
    """The process that serves ``path``, or served it before a reload. Raises Unasked."""
    try:
        runtime = Runtime(address or master_socket(path), patience=0)
        info, level = _introduce(runtime)
    except Unasked:
        raise
    except EdgeError as error:
        raise Unasked(str(error)) from error
    pid = re.search(r"^Pid: *(\d+)$", info, re.MULTILINE)
    if pid is None:
        raise Unasked(f"HAProxy at {runtime.address} does not report its process: {info[:200]!r}")
    number = int(pid.group(1))
    for _again in range(_LOOKS):
        first = serving_master(number, path)
        if first is not None:
            break
        time.sleep(0.02)
    else:
        raise Unasked(
            f"process {number}, which answers at {runtime.address}, is not a HAProxy of this host that was started "
            f"with {path}"
        )
    words = words_of(first)
    files = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "-f"]
    alone = len(files) < 2 and not any(os.path.isdir(os.path.join(f"/proc/{first}/cwd", file)) for file in files)
    loaded = has_loaded(number, path)
    if not alone:
        # A directory may be empty, as in Debian's newer unit.
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.files import have_loaded, read_by

        alone, loaded = len(read_by(first)) < 2, have_loaded(loaded, number, first, path)
    return Process(runtime, number, first, alone, level, loaded)


def _introduce(runtime: Runtime) -> list[str]:
    commands = ["show info", "show cli level"]
    try:
        return runtime.ask(commands)
    except EdgeError:
        # A socket that is briefly closed by a reload is worth waiting for; one left behind by a stopped HAProxy is not.
        if not daemons("/proc"):
            raise
        runtime.patience = SHUT
        return runtime.ask(commands)


def master_socket(path: str) -> str:
    """The socket of the running master that was started with ``path``. Raises Unasked."""
    for pid in masters_of(path):
        words = words_of(pid)
        if "-S" in words[:-1]:
            address: str = words[words.index("-S") + 1].partition(",")[0]
            return address
        raise Unasked(f"{path} names no stats socket, and the HAProxy that runs with it has no master socket")
    raise Unasked(f"{path} names no stats socket, and no HAProxy runs with it")


def rows_of(runtime: Runtime, names: Iterable[str]) -> dict[str, dict[str, Row]]:
    """The servers of some proxies, in two requests. A name that the process does not have is left out.

    Statistics are requested by number: requested by name, HAProxy would return a frontend that has the backend's name.
    """
    ordered = sorted(names)
    states = dict(zip(ordered, runtime.ask([f"show servers state {name}" for name in ordered])))
    for name, reply in states.items():
        if not reply.startswith(("1\n# be_id", "Can't find backend")):
            raise EdgeError(f"HAProxy at {runtime.address} does not report the servers of {name}: {reply[:200]!r}")
    lines = {name: reply.splitlines()[2:] for name, reply in states.items() if reply.startswith("1\n")}
    numbers = {name: rows[0].split(" ", 1)[0] for name, rows in lines.items() if rows}
    found: dict[str, dict[str, Row]] = {name: {} for name in lines}
    stats = runtime.ask([f"show stat {number} 4 -1" for number in numbers.values()])
    for name, stat in zip(numbers, stats):
        if not (stat.startswith("# pxname") and f"\n{name}," in stat):
            raise EdgeError(f"HAProxy at {runtime.address} does not report the load of {name}: {stat[:200]!r}")
        found[name] = read_rows(states[name], stat)
    return found
