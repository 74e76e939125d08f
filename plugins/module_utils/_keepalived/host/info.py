# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_info: its arguments, its action, and the decision whether the running daemon has loaded the file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.unknowns import unknown_in
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import (
    LocalAddress,
    held,
    local_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import Reading, read_configuration
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.process_events import process_events
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.tracking import failing
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, is_opaque
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.giving_back import fitting
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": live.DEFAULT_CONFIG},
    "live": {"type": "bool", "default": True},
    "check_start": {"type": "bool", "default": False},
}

#: A change this close before a reload may have come after keepalived had read the file (seconds).
MARGIN = 0.1
#: Resolution of the kernel's file time stamps (seconds).
TICK = 0.01
#: The wall clock and the monotonic clock may drift by this much without the clock having been set (seconds).
DRIFT = 0.05

_ADDRESSES = ("virtual_ipaddress", "virtual_ipaddress_excluded")


def info(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's action. Changes nothing."""
    path = params["path"]
    version = live.version(system)
    service = live.service(system) if version is not None else live.Service(False, False, 0, 0.0, 0.0)
    reading = read_configuration(path, live.config_id_of(service.main_pid))
    values = configuration(reading.document)
    unknown = unknown_options(reading.document)
    running: list[dict[str, Any]] | None = None
    if service.active and params["live"] and values.get("instances"):
        text = live.dump(service.main_pid)
        running = instances(text) if text is not None else None
    local = local_addresses()
    reason = why_not_loaded(path, reading, service, running, values, unknown)
    problems = None
    if params.get("check_start"):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.restart import start_problems

        problems = start_problems(reading.document, version)
    return {
        "changed": False,
        "exists": bool(reading.files),
        "files": reading.paths,
        "installed": version is not None,
        "version": version or "",
        "active": service.active,
        "enabled": service.enabled,
        "main_pid": service.main_pid,
        "loaded": not reason,
        "loaded_reason": reason or "The running keepalived read the files after their last change.",
        "configuration": shown(values),
        "withheld": sorted(withheld(values)),
        "unknown": unknown,
        "instances": running or [],
        "vips": _vips(values.get("instances", ()), local),
        "addresses": [_shown(one) for one in local],
        "process_events": process_events(),
        "start_problems": problems,
    }


def instances(text: str) -> list[dict[str, Any]]:
    """The instances of a dump, each with what it tracks and is ``failing``."""
    found = live.instances_of(text)
    tracked = failing(text, found)
    return [{**each, "failing": tracked[each["name"]]} for each in found]


def configuration(document: Document) -> dict[str, Any]:
    """Every known block, as options of keepalived_config, including secrets; other blocks as text."""
    values: dict[str, Any] = CONFIGURATION.read(document, document.root)
    other = [
        redact(document.text[statement.start : statement.end])
        for statement in document.statements(document.root)
        if statement.keyword not in CONFIGURATION.rank and not is_opaque(statement)
    ]
    return dict(values, other=other) if other else values


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """A configuration as the module's result, in a form that keepalived_config accepts: without secrets, and without
    values that their options cannot hold. What is not given is not managed, so it stays."""
    kept, _lost = fitting(CONFIGURATION, values)
    plain: dict[str, Any] = without_secrets(kept)
    return dict(plain, other=values["other"]) if "other" in values else plain


def without_secrets(value: Any) -> Any:
    """The value without its secrets. An option that becomes empty is removed: empty, it could mean that its block is
    absent."""
    if isinstance(value, dict):
        kept = {key: without_secrets(one) for key, one in value.items() if not _is_secret(key, one)}
        return {key: one for key, one in kept.items() if one != {} or value[key] == {}}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    return value


def withheld(value: Any, path: str = "") -> Iterator[str]:
    """The paths of the secrets in a configuration."""
    if isinstance(value, dict):
        for key, one in value.items():
            here = f"{path}.{key}" if path else key
            if _is_secret(key, one):
                yield here
            else:
                yield from withheld(one, here)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from withheld(one, f"{path}[{index}]")


def _is_secret(key: str, value: Any) -> bool:
    """auth_pass, the SSL password, and the list of keys of auth_hmac (not the path of a key)."""
    return key in ("auth_pass", "password") or (key == "keys" and isinstance(value, list))


def unknown_options(document: Document) -> list[dict[str, Any]]:
    """The blocks with options that we do not know, each with those options. A top-level line that may stand for any
    block has none."""
    found = []
    for statement in document.statements(document.root):
        options: set[str] = set()
        rank = CONFIGURATION.rank.get(statement.keyword)
        shape = CONFIGURATION.shapes[rank] if rank is not None else None
        if not is_opaque(statement):
            if statement.block is None or not isinstance(shape, (Blocks, Group)):
                continue
            values = shape.table.read(document, statement.block)
            options = unknown_in(shape.table, document, statement.block, values) | fitting(shape.table, values)[1]
            if isinstance(shape, Blocks) and not isinstance(shape.key.read(statement.arguments), dict):
                options.add("header")
            if not options:
                continue
        block = " ".join(word.text for word in statement.words)
        found.append({"block": redact(block), "options": sorted(options)})
    return found


def why_not_loaded(
    path: str,
    reading: Reading,
    service: live.Service,
    running: list[dict[str, Any]] | None,
    values: dict[str, Any],
    unknown: Sequence[dict[str, Any]] = (),
) -> str:
    """Why the running keepalived may not have loaded the current files; empty where it has.

    There are two sources. Time: keepalived reads files after its start and after the signal to reload, so files changed
    before that were read. systemd stores these times by the monotonic clock, files by the wall clock, so the wall clock
    must not have been set in between. And keepalived's own dump: every instance of the files must be in it with its
    router ID, priority and addresses. A doubtful case is reported as not loaded: another reload does no harm. Not
    detected: other changes made while a reload was in progress. For options that are ``unknown``, only time is used.
    """
    if not reading.files:
        return "There is no configuration file."
    if not service.active or not service.main_pid:
        return "keepalived is not running."
    used = live.config_of(service.main_pid)
    if used is None:
        return "It is not known which file keepalived uses."
    if os.path.realpath(used) != os.path.realpath(path):
        return f"keepalived uses {used}."
    if abs(service.clock - (time.time() - time.monotonic())) > DRIFT and service.clock:
        return "The clock was set after keepalived read the files, so times cannot be compared."
    if not time_says_loaded(reading.changed, service, time.time() - time.monotonic()):
        return "A file was changed after keepalived read it, or so shortly before that the order is not known."
    return _difference(values.get("instances", ()), running, unknown) if running is not None else ""


def time_says_loaded(changed: float, service: live.Service, clock: float) -> bool:
    """Whether a change at a wall-clock time was before the last reading. ``clock`` is the wall clock minus the
    monotonic clock."""
    before_start = service.started > 0 and changed + TICK < service.started + clock
    before_reload = service.reloaded > 0 and changed + MARGIN < service.reloaded + clock
    return before_start or before_reload


def _difference(
    desired: Iterable[dict[str, Any]], running: list[dict[str, Any]], unknown: Sequence[dict[str, Any]]
) -> str:
    there = {one["name"]: one for one in running}
    desired = list(desired)
    open_options = {one["block"]: one["options"] for one in unknown}
    for instance in desired:
        name = instance.get("name", instance.get("header"))
        if name not in there:
            return f"The running keepalived has no instance {name}."
        skipped = open_options.get(f"vrrp_instance {name}", ())
        for option in ("virtual_router_id", "priority"):
            value = instance.get(option)
            if isinstance(value, int) and there[name].get(option) != value and option not in skipped:
                return f"The running keepalived has {option} {there[name].get(option)} in instance {name}, not {value}."
        addresses = {vip["address"] for vip in _vips([instance], ())}
        if addresses != set(there[name].get("addresses", ())) and not any(one in skipped for one in _ADDRESSES):
            return f"The running keepalived has other addresses in instance {name}."
    gone = sorted(set(there) - {one.get("name") for one in desired})
    more = any(not options for options in open_options.values())
    return f"The running keepalived still has the instance {gone[0]}." if gone and not more else ""


def _vips(instances: Iterable[dict[str, Any]], local: Sequence[LocalAddress]) -> list[dict[str, Any]]:
    found = []
    for instance in instances:
        for option in _ADDRESSES:
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
