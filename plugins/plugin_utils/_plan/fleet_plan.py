# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the whole fleet, from the results of ``edge_plan`` on each host, as the data that all outputs use.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, held_addresses
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.moves import AddressMoves, address_moves
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.options import grouped_by_a_second_reload
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.vrrp_change import KEEPALIVED, VrrpChange
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.bridging import answered, synced_later
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

#: Estimated seconds per host for each kind of work (measured in the lab), plus a fixed part.
_FIXED = 4
_SECONDS = {"packages": 15, "selinux_access": 10, "firewall_access": 2, "haproxy_config": 3, "keepalived_config": 7}


def fleet_plan(fleet: Fleet) -> dict[str, Any]:
    """What a run would do, as plain data:

    ``would_change``; ``order``, the hosts to be changed, in order; ``batches``, the members among them, in steps of
    hosts that are changed side by side; ``hosts``, the plan of each host; ``removes``, what would be removed from hosts
    if no VIP is declared; ``vips``, the moves of each address; ``connections``, those that would be cut; ``notes``,
    further sentences for the user; ``seconds``, the estimated duration."""
    order = fleet.changing
    changes = {host: VrrpChange(fleet, host) for host in fleet.hosts}
    found = address_moves(fleet, order, changes)
    impacts = _impacts(fleet, order, changes, found)
    rest = [each for each in fleet.concerned if each not in order]
    hosts = [_host_plan(host, fleet, impacts.get(host)) for host in (*order, *rest)]
    removed = [each for each in fleet.remains if each["removes"]]
    return {
        "would_change": bool(order or removed),
        "order": order,
        "batches": fleet.batches,
        "hosts": hosts,
        "removes": [
            {"host": each["host"], "what": [*each["keepalived"], *each["haproxy"], *each["files"]]} for each in removed
        ],
        "vips": [moves.as_dict() for moves in found],
        "connections": [line for each in hosts for line in _connections(each, found)],
        "notes": [
            *fleet.foreign.notes,
            *_grouped(fleet, order),
            *_answered(fleet, order),
            *(line for host in order if host in changes for line in changes[host].unknown_checks),
            *fleet.notes,
        ],
        "seconds": _duration({each["host"]: each["seconds"] for each in hosts}, fleet.batches),
    }


def _impacts(
    fleet: Fleet, order: Sequence[str], changes: Mapping[str, VrrpChange], found: Sequence[AddressMoves]
) -> dict[str, str]:
    """The impact of keepalived's change on each member to be changed, refined by what is known of its peers."""
    impacts = {}
    stopped: set[str] = set()
    for host in order:
        if host not in changes:
            continue
        known = {way.address for way in found}
        change = changes[host]
        moves = any(move.during == host and move.origin for way in found for move in way.moves)
        moves = moves or any(host in way.pauses for way in found)
        moves = moves or bool(change.lets_go & held_addresses(change.info) - known)
        impacts[host] = change.refined(moves, host in stopped)
        stopped |= set(fleet.silenced(host))
    return impacts


def _duration(seconds: Mapping[str, int], batches: Sequence[Sequence[str]]) -> int:
    """The estimated duration in seconds. A batch takes as long as its slowest host."""
    rolled = {host for batch in batches for host in batch}
    alone = sum(each for host, each in seconds.items() if host not in rolled)
    return alone + sum(max(seconds[host] for host in batch) for batch in batches)


def _grouped(fleet: Fleet, order: Sequence[str]) -> Iterable[str]:
    for host in order:
        if host in fleet.hosts:
            later = grouped_by_a_second_reload(fleet.host(host), fleet.variables(host))
            if later:
                yield f"{host}: {', '.join(later)} joins its sync group by a second reload, so that no VIP moves."


def _answered(fleet: Fleet, order: Sequence[str]) -> Iterable[str]:
    """A sentence for each host that keeps its VIPs on loopback, as the role decides it."""
    for host in (each for each in order if each in fleet.hosts):
        part, silent = fleet.host(host)["keepalived"], fleet.silenced(host)
        peers = [fleet.variables(each).get(BEFORE) or {} for each in part["partners"] if each not in silent]
        info, options = fleet.variables(host).get(BEFORE) or {}, part["options"]
        directed = [each["address"] for each in options["virtual_servers"] if each.get("address")]
        kept = answered(info, options["instances"], peers, directed)
        if kept:
            yield f"{host}: answers for {', '.join(kept)} on loopback while keepalived begins anew."
        if kept and synced_later(info, options["instances"], directed, options["global_defs"]):
            yield f"{host}: the sync daemon comes back by a second reload, so that the kernel goes on directing."


def _host_plan(host: str, fleet: Fleet, keepalived: str | None) -> dict[str, Any]:
    """The plan of one host. ``keepalived``: the refined impact of its keepalived change; None if the host's own
    applies."""
    answer = fleet.plan(host)
    planes = dict(answer.get("planes") or {})
    if keepalived is not None and KEEPALIVED in planes:
        planes[KEEPALIVED] = {**planes[KEEPALIVED], "impact": keepalived}
    leaves = fleet.leaving.get(host, [])
    changes = host in fleet.changing
    return {
        "host": host,
        "changes": changes,
        "impact": worst(
            [*(str(each["impact"]) for each in planes.values()), keepalived or "none", "vip_move" if leaves else "none"]
        ),
        "leaves": leaves,
        "stops": fleet.silenced(host) if changes and host in fleet.hosts else [],
        "planes": [
            {"plane": name, "impact": each["impact"], "steps": list(each["steps"]), "diff": _diff(each)}
            for name, each in planes.items()
            if each["changed"]
        ],
        "warnings": list(dict.fromkeys(line for each in planes.values() for line in each.get("warnings") or ())),
        "unforeseen": list(answer.get("unforeseen") or ()),
        "sessions": _sessions(planes),
        "seconds": _seconds(planes) if changes else 0,
    }


def _diff(plane: Mapping[str, Any]) -> list[str]:
    """The difference of files as lines. The modules have already masked secrets."""
    found: list[str] = []
    given = plane.get("diff") or ()
    for each in [given] if isinstance(given, Mapping) else given:
        before, after = (str(each.get(side) or "").splitlines() for side in ("before", "after"))
        old, new = (str(each.get(f"{side}_header") or side) for side in ("before", "after"))
        found += unified_diff(before, after, old, new, lineterm="")
    return found


def _seconds(planes: Mapping[str, Any]) -> int:
    return _FIXED + sum(_SECONDS.get(name, 0) for name, each in planes.items() if each["changed"])


def _sessions(planes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The sessions that a reload or restart of HAProxy affects: those older than one second, by frontend."""
    for name in ("haproxy_config", "units"):
        plane = planes.get(name) or {}
        counted = plane.get("connections")
        if counted:
            return {**counted, "impact": plane["impact"], "hard_stop_after": plane.get("hard_stop_after")}
    return None


def _connections(host: Mapping[str, Any], found: Sequence[AddressMoves]) -> Iterable[str]:
    sessions = host["sessions"]
    if sessions and sessions.get("sessions"):
        number = f"{sessions['sessions']} established connection{'s' if sessions['sessions'] != 1 else ''}"
        if sessions["impact"] == "restart":
            yield f"{host['host']}: HAProxy restarts, which cuts {number}"
        else:
            limit = sessions.get("hard_stop_after")
            until = f"and cuts those that last longer than {limit}" if limit else "for as long as they last"
            yield f"{host['host']}: HAProxy reloads; its old process keeps {number} {until}"
    for way in found:
        for move in way.moves:
            if move.during == host["host"] and move.origin:
                yield f"{way.address} leaves {move.origin}: connections that clients have through it there are cut"
