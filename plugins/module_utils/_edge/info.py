# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``edge_info`` does: read all daemons of a host in one process, with the code of the single
modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import PROBE
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, os_reason
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.arguments import ARGUMENTS as WIRE
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

Reading = Callable[[dict[str, Any], System], "dict[str, Any]"]


def information(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """What was asked for, by name. A daemon that cannot be read reports the reason; the others are read all the
    same."""
    del check_mode  # it never changes anything
    if not WAITING & set(params["read"]):
        return {"changed": False, **{name: _read(READINGS[name], params, system) for name in params["read"]}}
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(WAITING)) as pool:
        asked = {name: pool.submit(_read, READINGS[name], params, system) for name in params["read"] if name in WAITING}
        others = [name for name in params["read"] if name not in WAITING]
        found = {name: _read(READINGS[name], params, system) for name in others}
        return {"changed": False, **found, **{name: each.result() for name, each in asked.items()}}


def _read(reading: Reading, params: dict[str, Any], system: System) -> dict[str, Any]:
    try:
        return {"failed": False, **reading(params, system)}
    except EdgeError as error:
        return {"failed": True, "msg": str(error), **error.facts}
    except OSError as error:
        return {"failed": True, "msg": f"{error.filename or 'an operation'}: {os_reason(error)}."}


def _keepalived(params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import info

    asked = {"path": params["keepalived_config_path"], "live": True, "check_start": params["check_start"]}
    return info(asked, system, True)


def _haproxy(params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information as read

    path, unit = params["haproxy_config_path"], "haproxy.service"
    return read({"path": path, "unit": unit, "socket": None, "check_start": params["check_start"]}, system, True)


def _sessions(params: dict[str, Any], _system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.affected import haproxy_sessions

    return haproxy_sessions(params["haproxy_config_path"], None)


def _ipvs(_params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import information as read

    return read({"statistics": True}, system, True)


def _kube_proxy(_params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.kube_proxy import information as read

    return read({"virtual_addresses": []}, system, True)


def _remains(params: dict[str, Any], _system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.remains import remains

    return remains(params["keepalived_config_path"], params["haproxy_config_path"], params["etc_hosts_path"])


def _upgrades(params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.upgrade import upgrades

    return upgrades(params, system)


def _wire(params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.action import look

    return look(params["wire"], system, True)


def _probe(params: dict[str, Any], system: System) -> dict[str, Any]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.probe import probe

    return probe(params["probe"], system, True)


READINGS: Mapping[str, Reading] = {
    "keepalived": _keepalived,
    "haproxy": _haproxy,
    "sessions": _sessions,
    "ipvs": _ipvs,
    "kube_proxy": _kube_proxy,
    "remains": _remains,
    "upgrades": _upgrades,
    "wire": _wire,
    "probe": _probe,
}
#: The parts that mostly wait for the network. The other parts are read meanwhile.
WAITING = {"wire", "probe"}

ARGUMENTS: dict[str, Any] = {
    "read": {"type": "list", "elements": "str", "choices": list(READINGS), "default": ["keepalived", "haproxy"]},
    "keepalived_config_path": {"type": "path", "default": "/etc/keepalived/keepalived.conf"},
    "haproxy_config_path": {"type": "path", "default": "/etc/haproxy/haproxy.cfg"},
    "etc_hosts_path": {"type": "path", "default": "/etc/hosts"},
    "check_start": {"type": "bool", "default": False},
    "upgrade_to": {"type": "dict", "options": {name: {"type": "str"} for name in ("haproxy", "keepalived")}},
    "wire": {"type": "dict", "apply_defaults": True, "options": WIRE},
    "probe": {"type": "dict", "options": PROBE},
}
