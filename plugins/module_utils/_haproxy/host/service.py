# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy as a service of the host: installed, active, and whether the serving process has loaded the current file.

In master-worker mode the serving processes are the master's children; after a failed reload only old ones are left.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.files import have_loaded
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import (
    Loaded,
    daemons,
    has_loaded,
    reads,
    serving_master,
    start_ticks,
    workers,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

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


def version(system: System) -> str | None:
    """The installed version, such as ``2.6.12-1+deb12u4``; None where HAProxy is not installed."""
    program = system.which("haproxy")
    if program is None:
        return None
    words = system.run([program, "-v"], timeout=_TIME_LIMIT).stdout.split()
    return words[words.index("version") + 1] if "version" in words[:-1] else ""


def unit_state(system: System, unit: str) -> dict[str, str]:
    """systemd's properties of the unit, read in one call, under our names; empty where systemd does not answer."""
    program = system.which("systemctl")
    if program is None:
        return {}
    answer = system.run([program, "show", unit, "--property=" + ",".join(_PROPERTIES)], timeout=_TIME_LIMIT)
    if answer.rc != 0:
        return {}
    pairs = (line.partition("=") for line in answer.stdout.splitlines())
    return {_PROPERTIES[name]: value for name, _equals, value in pairs if name in _PROPERTIES}


def is_loaded(path: str, unit: dict[str, str], proc: str = "/proc") -> Loaded:
    """Whether the newest serving process has loaded ``path`` as it is now."""
    if not os.path.exists(path):
        return Loaded(False, f"{path} cannot be read: No such file or directory")
    main = unit.get("main_pid", "")
    masters = [int(main)] if main.isdigit() and main != "0" else daemons(proc) if not unit else []
    masters = [pid for pid in masters if reads(proc, pid, path)]
    serving = {pid: master for master in masters for pid in workers(master, proc) or [master]}
    if not serving:
        return Loaded(False, f"no HAProxy with {path} is running")
    newest = max(serving, key=lambda pid: start_ticks(pid, proc))
    return have_loaded(has_loaded(newest, path, proc), newest, serving[newest], path, proc)


def as_answered(loaded: Loaded, path: str, pid: Any) -> Loaded:
    """The result of ``is_loaded``, corrected by the process that answers at the socket. From HAProxy 3.1 on a new
    worker reads the file itself, so a worker that is about to fail exists for a while; until then the old one
    answers."""
    master = serving_master(pid, path) if loaded.loaded and isinstance(pid, int) else None
    return loaded if master is None else have_loaded(has_loaded(pid, path), pid, master, path)


def facts(system: System, path: str, unit_name: str) -> dict[str, Any]:
    """Everything the host reports about HAProxy, for the module's result."""
    installed = version(system)
    unit = unit_state(system, unit_name)
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
