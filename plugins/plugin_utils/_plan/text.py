# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the fleet as text, for the terminal and the output of a job. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: The effect of each impact on clients.
MEANING = {
    "none": "no effect on traffic",
    "runtime": "running process changed, no reload",
    "reload": "reload",
    "restart": "restart",
    "vip_move": "the VIP moves",
}


def plan_text(plan: Mapping[str, Any]) -> list[str]:
    """The lines of the plan, the most important first."""
    return list(_lines(plan))


def headline(plan: Mapping[str, Any]) -> str:
    """The plan in one sentence."""
    changing = [each["host"] for each in plan["hosts"] if each["changes"]]
    if plan["removes"]:
        cleared = ", ".join(each["host"] for each in plan["removes"])
        return f"No VIP is declared: everything of this collection would be removed from {cleared}, which have:"
    if not changing:
        return f"Nothing to do on any of {len(plan['hosts'])} hosts."
    batches = [each for each in plan.get("batches") or () if len(each) > 1]
    together = {host: " with ".join(each) for each in batches for host in each}
    how = f"up to {max(map(len, batches))} side by side" if batches else "one after the other"
    names = ", ".join(dict.fromkeys(together.get(host, host) for host in changing))
    return f"{len(changing)} of {len(plan['hosts'])} hosts would change, {how}, in about {plan['seconds']} s: {names}."


def beside(plan: Mapping[str, Any], host: str) -> list[str]:
    """A phrase that names the hosts changed at the same time; empty if there are none."""
    others = [each for batch in plan.get("batches") or () if host in batch for each in batch if each != host]
    return [f"side by side with {' and '.join(others)}"] if others else []


def _lines(plan: Mapping[str, Any]) -> Iterator[str]:
    changing = [each for each in plan["hosts"] if each["changes"]]
    yield headline(plan)
    for number, each in enumerate(changing, 1):
        yield ", ".join([f"{number}. {each['host']}: {MEANING[each['impact']]}", *beside(plan, each["host"])])
        yield from _host(each)
    for each in plan["hosts"]:
        if not each["changes"]:
            yield from (f"{each['host']}: warning: {line}" for line in each["warnings"])
    for each in plan["removes"]:
        yield from (f"{each['host']}: {line}" for line in each["what"])
    yield from _vips(plan["vips"])
    yield from (f"Connections: {line}." for line in plan["connections"])
    yield from plan["notes"]


def _host(each: Mapping[str, Any]) -> Iterator[str]:
    if each["leaves"]:
        yield f"   keepalived: leaves {', '.join(each['leaves'])}, which its peers take over first"
    if each["stops"]:
        yield f"   keepalived: its peers are stopped for this step: {', '.join(each['stops'])}"
    for plane in each["planes"]:
        for step in plane["steps"]:
            yield f"   {plane['plane']}: {step}"
    yield from (f"   not foreseen: {line}" for line in each["unforeseen"])
    yield from (f"   warning: {line}" for line in each["warnings"])


def _vips(vips: Any) -> Iterator[str]:
    for way in vips:
        held = " and ".join(way["held_by"]) or "no host"
        if len(way["held_by"]) > 1:
            held += " (two holders)"
        yield f"VIP {way['vip']} {way['address']}: held by {held}; {moves_text(way)}."


def moves_text(way: Mapping[str, Any]) -> str:
    """A sentence on the moves of a VIP during the run."""
    if not way["moves"]:
        paused = f", but {' and '.join(way['pauses'])} begins anew with it" if way["pauses"] else ""
        return f"stays{paused}"
    return ", then ".join(
        f"{'moves to' if move['origin'] else 'comes up on'} {move['target']} while {move['during']} is changed"
        for move in way["moves"]
    )
