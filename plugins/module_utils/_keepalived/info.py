# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_info: its arguments, its action, and the judgement whether the running daemon has the file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.addresses import (
    LocalAddress,
    held,
    local_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import INCLUDES
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.files import ReadFile, read_files
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.process_events import process_events
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.shapes import MASKED
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": live.DEFAULT_CONFIG},
    "live": {"type": "bool", "default": True},
}

#: A change this close before a reload may have come after keepalived had read the file (seconds).
MARGIN = 0.1
#: The kernel stamps files with a clock that is this coarse (seconds).
TICK = 0.01
#: The wall clock and the monotonic clock may differ by this much without being called set anew (seconds).
DRIFT = 0.05

_SECRETS = ("auth_pass", "password", "key")


def info(params: dict[str, Any], ports: Ports, check_mode: bool) -> dict[str, Any]:
    """The module's action. Changes nothing."""
    path = params["path"]
    version = live.version(ports)
    files, changed = read_files(path)
    values = configuration(files)
    service = live.service(ports) if version is not None else live.Service(False, False, 0, 0.0, 0.0)
    running: list[dict[str, Any]] | None = None
    if service.active and params["live"] and values.get("instances"):
        text = live.dump(service.main_pid)
        running = live.instances_of(text) if text is not None else None
    local = local_addresses()
    reason = why_not_loaded(path, files, changed, service, running, values)
    return {
        "changed": False,
        "exists": bool(files),
        "files": [file.path for file in files],
        "installed": version is not None,
        "version": version or "",
        "active": service.active,
        "enabled": service.enabled,
        "main_pid": service.main_pid,
        "loaded": not reason,
        "loaded_reason": reason or "The running keepalived read the files after their last change.",
        "configuration": values,
        "instances": running or [],
        "vips": _vips(values.get("instances", ()), local),
        "addresses": [_shown(one) for one in local],
        "process_events": process_events(),
    }


def configuration(files: Iterable[ReadFile]) -> dict[str, Any]:
    """Every block that the vocabulary knows, over all files, in the options of keepalived_config; others as text."""
    values: dict[str, Any] = {}
    other: list[str] = []
    for file in files:
        document = file.document
        for name, value in CONFIGURATION.read(document, document.root).items():
            if isinstance(value, list):
                values.setdefault(name, []).extend(value)
            else:
                values.setdefault(name, {}).update(value)
        for statement in document.statements(document.root):
            if statement.keyword not in CONFIGURATION.rank and statement.keyword not in INCLUDES:
                other.append(redact(document.text[statement.start : statement.end]))
    plain: dict[str, Any] = _plain(values)
    return dict(plain, other=other) if other else plain


def _plain(value: Any) -> Any:
    """Normal forms as a module's result: no tuples, no secrets."""
    if isinstance(value, dict):
        return {key: MASKED if key in _SECRETS and one else _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return " ".join(value) if isinstance(value, tuple) else value


def why_not_loaded(
    path: str,
    files: Sequence[ReadFile],
    changed: float,
    service: live.Service,
    running: list[dict[str, Any]] | None,
    values: dict[str, Any],
) -> str:
    """Why the running keepalived cannot be said to have read the files as they are now; empty where it can.

    Two witnesses. Time: keepalived reads after it was started, and after the signal of a reload, so files changed
    before that were read. systemd keeps these times on the monotonic clock, files on the wall clock, so the wall clock
    must not have been set in between. And keepalived's own dump: every instance of the files must be there with its
    router ID, priority and addresses. Doubt is told as not loaded: another reload does no harm. What the two cannot
    see is anything else that was changed while a reload was under way.
    """
    if not files:
        return "There is no configuration file."
    if not service.active or not service.main_pid:
        return "keepalived is not running."
    used = live.config_of(service.main_pid)
    if used is None:
        return "It cannot be seen which file keepalived uses."
    if os.path.realpath(used) != os.path.realpath(path):
        return f"keepalived uses {used}."
    if abs(service.clock - (time.time() - time.monotonic())) > DRIFT and service.clock:
        return "The clock was set after keepalived read the files, so times cannot be compared."
    if not time_says_loaded(changed, service, time.time() - time.monotonic()):
        return "A file was changed after keepalived read it, or so shortly before that it cannot be told."
    return _difference(values.get("instances", ()), running) if running is not None else ""


def time_says_loaded(changed: float, service: live.Service, clock: float) -> bool:
    """Whether a change at a wall-clock time was before the last reading; ``clock`` is wall clock less monotonic."""
    before_start = service.started > 0 and changed + TICK < service.started + clock
    before_reload = service.reloaded > 0 and changed + MARGIN < service.reloaded + clock
    return before_start or before_reload


def _difference(wanted: Iterable[dict[str, Any]], running: list[dict[str, Any]]) -> str:
    there = {one["name"]: one for one in running}
    wanted = [one for one in wanted if "$" not in str(one.get("name"))]
    for instance in wanted:
        name = instance.get("name", instance.get("header"))
        if name not in there:
            return f"The running keepalived has no instance {name}."
        for option in ("virtual_router_id", "priority"):
            value = instance.get(option)
            if isinstance(value, int) and there[name].get(option) != value:
                return f"The running keepalived has {option} {there[name].get(option)} in instance {name}, not {value}."
        addresses = {vip["address"] for vip in _vips([instance], ())}
        if addresses != set(there[name].get("addresses", ())):
            return f"The running keepalived has other addresses in instance {name}."
    gone = sorted(set(there) - {one.get("name") for one in wanted})
    return f"The running keepalived still has the instance {gone[0]}." if gone else ""


def _vips(instances: Iterable[dict[str, Any]], local: Sequence[LocalAddress]) -> list[dict[str, Any]]:
    found = []
    for instance in instances:
        for option in ("virtual_ipaddress", "virtual_ipaddress_excluded"):
            for entry in instance.get(option, ()):
                address = parse_address(str(entry.get("address"))) if isinstance(entry, dict) else None
                if address is not None:
                    here = held(address.host, entry.get("dev") or instance.get("interface") or "", local)
                    found.append({"address": str(address), "instance": instance.get("name"), "held": here})
    return found


def _shown(one: LocalAddress) -> dict[str, Any]:
    return {
        "address": f"{one.address}/{one.prefix}",
        "interface": one.interface,
        "secondary": one.secondary,
        "deprecated": one.deprecated,
    }
