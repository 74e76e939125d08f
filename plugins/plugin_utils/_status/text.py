# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the edge is now, as the lines of one screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.directors import service_name

_STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def status_text(state: Mapping[str, Any], now: float) -> list[str]:
    """A line each: what is wrong first, then VIPs, then hosts. ``now`` in seconds since 1970."""
    return list(_lines(state, now))


def headline(state: Mapping[str, Any]) -> str:
    """All of it in one sentence."""
    number = len(state["faults"])
    counts = (len(state["vips"]), "address", "es"), (len(state["hosts"]), "host", "s")
    vips = " on ".join(f"{count} {name}{plural if count != 1 else ''}" for count, name, plural in counts)
    return f"{vips}: all is well." if not number else f"{vips}: {number} fault{'s' if number > 1 else ''}."


def _lines(state: Mapping[str, Any], now: float) -> Iterator[str]:
    yield headline(state)
    yield from (f"! {each}" for each in state["faults"])
    for each in state["vips"]:
        yield f"VIP {each['vip']} {each['address']}: {holder_text(each, now)}"
        yield from (f"   {one['host']}: {one['why']}" for one in each["members"] if not one["holds"])
    for each in state["hosts"]:
        yield f"{each['host']}: {host_text(each, now)}"
        for name, text in {**servers_text(each), **virtual_servers_text(each)}.items():
            yield f"   {name}: {text}"
        yield from (f"   {line}" for line in old_text(each))
        yield f"   {drift_text(each)}"
    if state["certificates"]:
        listed = ", ".join(f"{each['server']} {each['days']} d" for each in state["certificates"])
        yield f"certificates end in: {listed}"


def holder_text(vip: Mapping[str, Any], now: float) -> str:
    """Who holds an address, since when, and who saw it."""
    if not vip["holders"]:
        claimed = f" ({' and '.join(vip['says'])} says to have it)" if vip["says"] else ""
        return f"nobody answers for it{claimed}"
    found = []
    for each in vip["members"]:
        if each["holds"]:
            since = f" for {age(now - each['since'])}" if each["since"] and each["state"] == "MASTER" else ""
            named = failing_text(each)
            lowered = f", lowered by {named}" if named else ""
            found.append(f"{each['host']} ({each['state']}, priority {each['priority']}{since}{lowered})")
    seen = f", seen by {' and '.join(vip['seen_by'])}" if vip["seen_by"] else ", by its own account"
    return f"{' AND '.join(found)}{seen}"


def failing_text(member: Mapping[str, Any]) -> str:
    """What a member tracks and what counts against it: script check-haproxy, interface eth1."""
    return ", ".join(f"{each['kind']} {each['name']}" for each in member["failing"])


def host_text(host: Mapping[str, Any], now: float) -> str:
    """Roles, versions, whether the daemons run what their files say, and when one of these was written."""
    if not host["read"]:
        return "not read"
    names = [
        *([("keepalived", host["keepalived"])] if host["vrrp"] else []),
        *([("HAProxy", host["haproxy"])] if "HAProxy" in host["roles"] else []),
    ]
    parts = [", ".join(host["roles"]) or ("VRRP" if host["vrrp"] else "no role")]
    parts += [f"{name} {each['version'] or 'missing'} {_health(each)}" for name, each in names]
    if "HAProxy" in host["roles"] and host["sessions"] is not None:
        parts.append(f"{host['sessions']} sessions")
    if host["last_written"]:
        written = host["last_written"]
        parts.append(f"last written {age(now - written['at'])} ago ({written['path'].rpartition('/')[2]})")
    return "; ".join(parts)


def servers_text(host: Mapping[str, Any]) -> dict[str, str]:
    """For each backend its servers, with state and sessions."""
    found: dict[str, list[str]] = {}
    for each in host["servers"]:
        shown = f"{each['server']} {each['status']} {each['sessions']}"
        found.setdefault(each["backend"], []).append(shown)
    return {backend: ", ".join(shown) for backend, shown in found.items()}


def virtual_servers_text(host: Mapping[str, Any]) -> dict[str, str]:
    """For each virtual server its real servers, with weight and connections."""
    return {
        service_name(each): ", ".join(map(_real_server, each["real_servers"])) or "nobody"
        for each in host["virtual_servers"]
    }


def _real_server(server: Mapping[str, Any]) -> str:
    return f"{server['server']} weight {server['weight']} active {server['active']} inactive {server['inactive']}"


def old_text(host: Mapping[str, Any]) -> list[str]:
    """Processes that a reload has left behind."""
    lines = []
    for each in host["old_processes"]:
        kept = "unknown sessions" if each["sessions"] is None else f"{each['sessions']} sessions"
        lines.append(f"old HAProxy process {each['pid']} keeps {kept}")
    return lines


def drift_text(host: Mapping[str, Any]) -> str:
    """What a run of site.yml would do there."""
    if host["drift"] is None:
        return "drift: not known, since it could not be planned"
    return f"drift: {'; '.join(host['drift'])}" if host["drift"] else "as declared"


def age(seconds: float) -> str:
    """A span in its largest unit: 3 d, 2 h, 5 min."""
    left = max(int(seconds), 0)
    for size, unit in _STEPS:
        if left >= size:
            return f"{left // size} {unit}"
    return "0 s"


def _health(daemon: Mapping[str, Any]) -> str:
    if not daemon["active"]:
        return "does not run"
    return "runs" if daemon["loaded"] else "runs, with another file than it has"
