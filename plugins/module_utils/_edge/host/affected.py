# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change interrupts: sessions of HAProxy, VIPs that this host holds, connections through IPVS. Read only when
something would change, and omitted (None) where it cannot be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime

#: Timeout of HAProxy's runtime API, in seconds.
_SECONDS = 2.0
_HARD_STOP = re.compile(r"^[ \t]*hard-stop-after[ \t]+(\S+)", re.MULTILINE)
_OWN = "GLOBAL"  # the sessions of the runtime API itself


def of_haproxy(params: Mapping[str, Any], plan: Mapping[str, Any], _system: System) -> dict[str, Any]:
    """For a reload or a restart: the sessions older than a second, and what ends them. After a reload, the old process
    keeps its sessions and ends them by the configuration it had read: the file as it is now."""
    if plan["impact"] not in ("reload", "restart"):
        return {}
    try:
        with open(params["path"], encoding="utf-8", errors="replace") as file:
            hard_stop = _HARD_STOP.findall(file.read())
    except OSError:
        hard_stop = []
    return {**haproxy_sessions(params["path"], params.get("socket")), "hard_stop_after": (hard_stop or [None])[-1]}


def haproxy_sessions(path: str, address: str | None) -> dict[str, Any]:
    """The sessions of the HAProxy that serves a file, and those of its old processes."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import masters_of, workers
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import serving
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import socket_address

    try:
        process = serving(path, address or socket_address(path))
        with process.runtime as runtime:
            runtime.time_limit = _SECONDS
            connections = sessions(runtime)
    except EdgeError:
        nothing = {"sessions": 0, "frontends": {}, "older_than": 1}
        return {"connections": None if masters_of(path) else nothing, "old_processes": []}
    old = sorted(set(workers(process.first)) - {process.pid}) if process.has_master else []
    return {"connections": connections, "old_processes": [_old_process(process.first, pid) for pid in old]}


def sessions(runtime: Runtime) -> dict[str, Any]:
    """The number of sessions by frontend. Counts only those older than a second, unless there are very many."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.sessions import (
        MOST_SESSIONS,
        read_sessions,
    )
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import read_info, read_stat

    info, stat = runtime.ask(["show info", "show stat -1 1 -1"])
    if int(read_info(info).get("CurrConns", 0)) > MOST_SESSIONS:
        rows = read_stat(stat, ("pxname", "scur"))
        frontends = {str(row["pxname"]): int(row["scur"]) for row in rows if row.get("scur")}
        return {"sessions": sum(frontends.values()), "frontends": frontends, "older_than": 0}
    (reply,) = runtime.ask(["show sess"])
    frontends = dict(Counter(each.frontend for each in read_sessions(reply) if each.frontend != _OWN and each.age))
    return {"sessions": sum(frontends.values()), "frontends": frontends, "older_than": 1}


def _old_process(master: int, pid: int) -> dict[str, Any]:
    """A process left running after a reload, and how many sessions it still has. None where it does not answer."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import words_of
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import read_info

    words = words_of(master)
    count = None
    if "-S" in words[:-1]:
        address = words[words.index("-S") + 1].partition(",")[0]
        try:
            with Runtime(address, time_limit=_SECONDS, patience=0, worker=pid) as old:
                (info,) = old.ask(["show info"])
                count = int(read_info(info)["CurrConns"])
        except (EdgeError, KeyError):
            count = None
    return {"pid": pid, "sessions": count}


def of_keepalived(_params: Mapping[str, Any], plan: Mapping[str, Any], system: System) -> dict[str, Any]:
    """For any change: the instances that are MASTER now, and the connections that pass through IPVS."""
    if not plan["changed"]:
        return {}
    return {"holds": held_instances(system), **of_ipvs({}, plan, system)}


def held_instances(system: System) -> list[dict[str, Any]] | None:
    """The instances that are MASTER, as the running keepalived reports them."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live

    pid = live.service(system).main_pid
    if not pid:
        return []
    text = live.dump(pid)
    if text is None:
        return None
    return [
        {"instance": each["name"], "addresses": each["addresses"]}
        for each in live.instances_of(text)
        if each.get("state") == "MASTER"
    ]


def of_ipvs(_params: Mapping[str, Any], plan: Mapping[str, Any], _system: System) -> dict[str, Any]:
    """For any change: the connections through each virtual server of the kernel."""
    if not plan["changed"]:
        return {}
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import connect

    channel = connect()
    if channel is None:
        return {"ipvs_connections": []}
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.info import statistics

    try:
        counted = statistics(channel)
    except EdgeError:
        return {"ipvs_connections": None}
    return {
        "ipvs_connections": [
            {
                **{key: each[key] for key in ("protocol", "address", "port", "fwmark", "family") if key in each},
                "active": sum(server["active_connections"] for server in each["real_servers"]),
                "inactive": sum(server["inactive_connections"] for server in each["real_servers"]),
            }
            for each in counted
        ]
    }
