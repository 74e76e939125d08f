# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the edge is now, as one value: who holds each VIP and why nobody else, what is served, what has drifted.

The holder is who answers on the network. What keepalived calls itself is told beside it, and where the two differ it is
a fault. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    HAPROXY_BEFORE,
    live_instance,
    live_priority,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.certificates import certificate_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import NOTE, merged
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.holders import (
    Holding,
    holder_findings,
    holdings,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.hosts import host_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import READ
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.directors import director_faults, virtual_servers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.text import failing_text

#: What edge_info said of HAProxy's sessions and old processes, and when a file of ours was written last.
SESSIONS, WRITTEN = "k8s_edge_sessions", "k8s_edge_last_written"
_DAY = 86400


def status(fleet: Fleet) -> dict[str, Any]:
    """As plain data: ``vips``, an entry for each address; ``hosts``; ``certificates`` of apiservers; ``faults``, in
    sentences."""
    seen = Seen(fleet)
    vips = [_vip(seen, each) for each in holdings(seen)]
    hosts = [_host(seen, host) for host in dict.fromkeys([*fleet.hosts, *fleet.real_servers, *fleet.down])]
    return {"vips": vips, "hosts": hosts, "certificates": _certificates(seen), "faults": _faults(seen, vips, hosts)}


def _vip(seen: Seen, each: Holding) -> dict[str, Any]:
    # One host alone is asked by nobody, and a virtual MAC does not say whose it is.
    on_wire = tuple(each.answers) or (each.says if not each.asked or each.virtual or _alone(each) else ())
    name = instance_name(each.vip, each.address)
    members: list[dict[str, Any]] = []
    for host in each.vip.hosts:
        running = live_instance(seen.info(host), name) or {}
        members.append(
            {
                "host": host,
                "holds": host in on_wire,
                "state": running.get("state") or ("not read" if not seen.info(host) else "no instance"),
                "priority": live_priority(running) if running else 0,
                "base_priority": int(running.get("priority") or 0),
                "since": running.get("since"),
                "failing": list(running.get("failing") or ()),
            }
        )
    best = max((each["priority"] for each in members if each["holds"]), default=0)
    for member in members:
        member["why"] = "" if member["holds"] else _why_not(seen, member, best)
    return {
        "vip": each.vip.name,
        "address": str(each.address.ip),
        "holders": list(on_wire),
        "seen_by": sorted({host for hosts in each.answers.values() for host in hosts}),
        "says": list(each.says),
        "members": members,
    }


def _alone(each: Holding) -> bool:
    return len(each.says) == 1 and set(each.asked) <= set(each.says)


def _why_not(seen: Seen, member: Mapping[str, Any], best: int) -> str:
    info = seen.info(member["host"])
    if member["host"] in seen.fleet.down:
        return "declared down"
    if not info:
        return "could not be read"
    if not info.get("active"):
        return "keepalived does not run"
    if member["state"] == "FAULT":
        named = failing_text(member)
        return (
            f"FAULT by {named}"
            if named
            else "FAULT: its interface is down, or another instance of its sync group is in it"
        )
    if member["state"] == "MASTER":
        return "is MASTER by its own account, and does not answer on the network"
    if member["state"] != "BACKUP":
        return "keepalived does not have the instance"
    lost = member["base_priority"] - member["priority"]
    less = f", {lost} less than its own" if lost > 0 else ""
    named = failing_text(member)
    lowered = f", lowered by {named}" if named else ""
    return f"priority {member['priority']}{f' against {best}' if best else ''}{less}{lowered}"


def _host(seen: Seen, host: str) -> dict[str, Any]:
    variables = seen.fleet.variables(host)
    info, haproxy = seen.info(host), variables.get(HAPROXY_BEFORE) or {}
    sessions = variables.get(SESSIONS) or {}
    plan = seen.fleet.plan(host)
    planes = plan.get("planes") or {}
    return {
        "host": host,
        # A host that only serves is asked for its plan alone.
        "read": bool(info) if host in seen.fleet.hosts else bool(variables.get(READ)),
        # A host that is managed by role variables alone may have no keepalived.
        "vrrp": any(host in vip.hosts for vip in seen.fleet.vips) or bool(info.get("exists")),
        "roles": _roles(seen.fleet, host, haproxy),
        "keepalived": _daemon(info),
        "haproxy": _daemon(haproxy),
        "servers": list(_servers(haproxy)),
        "virtual_servers": list(virtual_servers(seen, host)),
        "sessions": (sessions.get("connections") or {}).get("sessions"),
        "old_processes": list(sessions.get("old_processes") or ()),
        "drift": [f"{name}: {step}" for name, each in planes.items() for step in each["steps"]] if planes else None,
        "last_written": dict(variables.get(WRITTEN) or {}) or None,
    }


def _roles(fleet: Fleet, host: str, haproxy: Mapping[str, Any]) -> list[str]:
    mine = [vip for vip in fleet.vips if host in vip.hosts]
    found = [
        ("HAProxy", any(vip.proxied for vip in mine) if mine else bool(haproxy.get("active"))),
        ("director", any(vip.directed for vip in mine)),
        ("real server", host in fleet.real_servers),
    ]
    return [name for name, true in found if true]


def _daemon(info: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": str(info.get("version") or ""),
        "active": bool(info.get("active")),
        "loaded": bool(info.get("loaded")),
        "why": "" if info.get("loaded") else str(info.get("loaded_reason") or ""),
    }


def _servers(haproxy: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in (haproxy.get("runtime") or {}).get("stat") or ():
        if row.get("svname") not in ("FRONTEND", "BACKEND"):
            yield {
                "backend": str(row.get("pxname")),
                "server": str(row.get("svname")),
                "status": str(row.get("status", "")),
                "check": str(row.get("check_status", "")),
                "sessions": int(row.get("scur") or 0),
            }


def _certificates(seen: Seen) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for observed in seen.observations.values():
        for each in observed.get("certificates") or ():
            if not each["problem"]:
                days = int((each["not_after"] - observed["clock"]) // _DAY)
                found.setdefault((each["name"], each["port"]), {"server": each["name"], "days": days})
    return list(found.values())


def _faults(seen: Seen, vips: list[dict[str, Any]], hosts: list[dict[str, Any]]) -> list[str]:
    found = [
        each.text
        for findings in (holder_findings, certificate_findings, host_findings)
        for each in merged(findings(seen))
        if each.severity != NOTE
    ]
    found += [f"{each['vip']}: nobody answers for {each['address']}." for each in vips if not each["holders"]]
    for each in hosts:
        if each["host"] in seen.fleet.down:
            continue
        if not each["read"]:
            found.append(f"{each['host']}: could not be read.")
            continue
        names = ["keepalived"] if each["vrrp"] else []
        names += ["haproxy"] if "HAProxy" in each["roles"] else []
        for name in names:
            if not each[name]["active"]:
                found.append(f"{each['host']}: {name} does not run.")
            elif not each[name]["loaded"]:
                found.append(
                    f"{each['host']}: {name} runs with another configuration than its file: {each[name]['why']}"
                )
        sick = [f"{one['backend']}/{one['server']} ({one['status']})" for one in each["servers"] if _is_sick(one)]
        if sick:
            found.append(f"{each['host']}: servers that are not up: {', '.join(sick)}.")
        found += director_faults(seen, each["host"], each["virtual_servers"])
    return found


def _is_sick(server: Mapping[str, Any]) -> bool:
    return not server["status"].startswith(("UP", "no check", "DRAIN", "MAINT"))
