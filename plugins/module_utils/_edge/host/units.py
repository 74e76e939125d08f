# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether systemd units have the declared state now and at boot, and run with their current files. One call reads them
all."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_SECONDS = 20.0
_PROPERTIES = ("LoadState", "ActiveState", "SubState", "UnitFileState")
_ACTIVE = ("active", "reloading", "refreshing")
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "generated", "indirect")
_KEEPALIVED, _HAPROXY = "keepalived", "haproxy"


def look(
    entries: Sequence[Mapping[str, Any]], system: System, coming: Collection[str], loaded_by: Collection[str]
) -> Look:
    """A step for each unit to start, stop, enable, disable or reload.

    A missing unit is no problem while packages are ``coming``. ``loaded_by`` are the daemons that steps of another
    plane reload.
    """
    refuse([problem for index, entry in enumerate(entries) for problem in _problems(entry, f"units[{index}]")])
    steps: list[str] = []
    impacts: list[str] = []
    unforeseen: list[str] = []
    more: dict[str, Any] = {}
    for entry, now in zip(entries, _states(entries, system)):
        name = entry["name"]
        if now["LoadState"] in ("not-found", "error", "bad-setting") and (entry["active"] or entry["enabled"]):
            if not coming:
                raise EdgeError(
                    f"unit {name}: is not on this host ({now['LoadState']}). Install the package that contains it."
                )
            unforeseen.append(f"{name} is not installed yet, so its unit could not be checked")
        if now["LoadState"] == "masked" and (entry["active"] or entry["enabled"]):
            raise EdgeError(
                f"unit {name}: is masked, so it never starts. Run `systemctl unmask {name}`, or leave it out here."
            )
        needed = list(_steps(entry, now, system, _plain(name) in loaded_by))
        if entry["active"] and now["ActiveState"] not in _ACTIVE:
            more.setdefault("starts", {})[_plain(name)] = needed[0][0]
        for step, impact in needed:
            steps.append(step)
            impacts.append(impact)
            if _plain(name) not in loaded_by and impact in ("reload", "restart", "vip_move"):
                more.update(_affected(entry, impact, system))
    return Look(steps, worst(impacts), unforeseen=unforeseen, more=more)


def _problems(entry: Mapping[str, Any], place: str) -> Iterator[Problem]:
    name = entry["name"]
    if not name or name.startswith("-") or any(letter in name for letter in " /*?["):
        yield Problem(f"{place}.name", name, "is not the name of a unit", "Write it as keepalived, or k8s-edge-x.timer")
    if entry["config_path"] is not None and _plain(name) not in _LOADED:
        reason = f"is given for {name}, and this module cannot see what that has loaded"
        remedy = f"Give it for {' and '.join(_LOADED)} only"
        yield Problem(f"{place}.config_path", entry["config_path"], reason, remedy)


def _plain(name: str) -> str:
    return name[: -len(".service")] if name.endswith(".service") else name


def _states(entries: Sequence[Mapping[str, Any]], system: System) -> list[dict[str, str]]:
    """The properties of each unit, in the order of the entries."""
    names = [entry["name"] for entry in entries]
    if not names:
        return []
    systemctl = system.which("systemctl")
    if systemctl is None:
        raise EdgeError(f"units: this host has no systemctl to run {', '.join(names)}.")
    shown = system.run([systemctl, "show", "--property=" + ",".join(_PROPERTIES), "--", *names], timeout=_SECONDS)
    found = [
        {**dict.fromkeys(_PROPERTIES, ""), **dict(line.split("=", 1) for line in part.splitlines() if "=" in line)}
        for part in shown.stdout.split("\n\n")
        if part.strip()
    ]
    if shown.rc != 0 or len(found) != len(names):
        reason = shown.stderr.strip().rstrip(".") or "it did not answer in time"
        raise EdgeError(f"units: systemd does not show {', '.join(names)}: {reason}.")
    return found


def _steps(
    entry: Mapping[str, Any], now: Mapping[str, str], system: System, is_loaded: bool
) -> Iterator[tuple[str, str]]:
    name, active = entry["name"], now["ActiveState"] in _ACTIVE
    if entry["active"] and not active:
        known = now["ActiveState"] and now["LoadState"] == "loaded"
        seen = f" (it is {now['ActiveState']}, {now['SubState']})" if known else ""
        yield f"unit {name}: start{seen}", "reload" if _plain(name) == _KEEPALIVED else "runtime"
    if entry["active"] is False and now["ActiveState"] not in ("inactive", "failed", ""):
        yield f"unit {name}: stop", "vip_move" if _plain(name) == _KEEPALIVED else "restart"
    at_boot = now["UnitFileState"]
    # A unit that is not enabled by a link cannot be disabled.
    differs = at_boot not in _ENABLED if entry["enabled"] else at_boot.startswith("enabled")
    if entry["enabled"] is not None and differs:
        yield f"unit {name}: {'enable' if entry['enabled'] else 'disable'}", "none"
    if active and entry["active"] is not False and entry["config_path"] is not None and not is_loaded:
        reason = _LOADED[_plain(name)](entry["config_path"], name, system)
        if reason:
            yield f"unit {name}: reload: {reason.rstrip('.')}", "reload"


def _affected(entry: Mapping[str, Any], impact: str, system: System) -> dict[str, Any]:
    """What the daemon's own plane reports when it changes the file."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import affected

    if _plain(entry["name"]) == _KEEPALIVED:
        return affected.of_keepalived({}, {"changed": True}, system)
    if _plain(entry["name"]) == _HAPROXY:
        path = entry["config_path"] or "/etc/haproxy/haproxy.cfg"
        return affected.of_haproxy({"path": path}, {"impact": impact}, system)
    return {}


def _keepalived_lacks(path: str, _unit: str, system: System) -> str:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import info

    running = info({"path": path, "live": True}, system, True)
    return "" if running["loaded"] else str(running["loaded_reason"])


def _haproxy_lacks(path: str, unit: str, system: System) -> str:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.service import is_loaded, unit_state

    loaded = is_loaded(os.path.abspath(path), unit_state(system, unit))
    return "" if loaded.loaded else loaded.reason


#: Per daemon: a function that returns why the running daemon has not loaded its current file; empty where it has.
_LOADED: Mapping[str, Callable[[str, str, System], str]] = {_KEEPALIVED: _keepalived_lacks, _HAPROXY: _haproxy_lacks}
