# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data that a playbook reads about all hosts, for each stage: declared, read, reached, planned."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import VARIABLE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.fleet_plan import fleet_plan
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.options import plan_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.text import plan_text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import (
    READ,
    problems,
    problems_raised,
    untyped,
)

#: The stages: how much is known of the hosts.
STAGES = ("declared", "read", "reached", "planned")


def as_data(fleet: Fleet, stage: str) -> dict[str, Any]:
    """The fleet as the filter ``edge_fleet`` returns it. Where there are problems, nothing is derived from them."""
    if stage == "reached":
        return as_data(_reached(fleet), "read")
    found = problems(fleet, stage != "declared")
    if stage == "declared" and not found:
        found = untyped(fleet)
    if stage == "planned" and not found:
        found = list(unplanned(fleet))
    declared = not problems_raised(lambda: (fleet.down, fleet.vips, fleet.parallel))
    data: dict[str, Any] = {
        "problems": found,
        "present": fleet.hosts if declared else [],
        "proxied": fleet.proxied if declared else [],
        "backends": fleet.backends if declared else {},
        "notes": fleet.notes if declared else [],
    }
    if stage == "declared":
        return data
    sound = declared and not found
    data.update(
        order=fleet.order if sound else [],
        hosts={host: fleet.host(host) for host in fleet.concerned} if sound else {},
        asks={host: plan_options(fleet, host) for host in fleet.concerned} if sound else {},
        remains=fleet.remains if declared else [],
    )
    if stage == "read":
        data.update(
            former_members=fleet.former_members if declared else [],
            unheld=fleet.unheld if declared else [],
            remaining=fleet.remaining if declared else [],
        )
        return data
    plan = fleet_plan(fleet) if sound else {}
    data.update(plan=plan, text=plan_text(plan) if plan else [], roll=roll(fleet) if plan.get("order") else {})
    return data


def _reached(fleet: Fleet) -> Fleet:
    """The same hosts; those that could not be read count as down, so that the others can be planned all the same."""
    if problems_raised(lambda: (fleet.down, fleet.vips)):
        return fleet
    asked = dict.fromkeys([*fleet.hosts, *fleet.real_servers])
    down = {VARIABLE: [*fleet.down, *(host for host in asked if not fleet.variables(host).get(READ))]}
    known: Any = fleet.hostvars  # a ChainMap is typed for what can be written, and is only read here
    return Fleet(fleet.groups, {host: ChainMap(down, known[host]) for host in known})


def roll(fleet: Fleet) -> dict[str, list[Any]]:
    """The hosts of each play that makes changes: ``leaving``, former members; ``real_servers``; ``members``, also as
    ``batches`` of hosts that are changed side by side; ``former_real_servers``. ``listening``: the members that share a
    VIP with a host that changes, and these themselves."""
    order = fleet.changing
    plays = {
        "leaving": list(fleet.leaving),
        "real_servers": fleet.real_servers,
        "members": fleet.hosts,
        "former_real_servers": fleet.former_real_servers,
    }
    found: dict[str, list[Any]] = {play: [host for host in order if host in hosts] for play, hosts in plays.items()}
    return {**found, "batches": fleet.batches, "listening": fleet.beside_changing}


def unplanned(fleet: Fleet) -> Iterator[str]:
    """A sentence for each plane of a host that cannot reach the declared state."""
    for host in fleet.concerned:
        answer = fleet.plan(host)
        if "planes" not in answer:
            said_so = str(answer.get("msg") or "it did not answer").rstrip(".")
            yield f"{host}: could not be planned: {said_so}."
        for name in answer.get("failed_planes") or ():
            yield f"{host}: {name}: {answer['planes'][name]['msg']}"
