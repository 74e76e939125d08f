# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether the weights of an instance's trackers can move its VIP, given the priorities of all hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import HAPROXY, apiserver_script
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: keepalived limits effective priorities to this range; weights beyond it have no effect.
LEAST, MOST = 1, 254


class Weight(NamedTuple):
    """A weight other than 0, the name of its tracker, and its path in the options."""

    option: str
    name: str
    weight: int


def unfit_weights(
    vip: Vip, instance: Mapping[str, Any], ranks: Mapping[str, int], common: Mapping[Any, Any]
) -> Iterable[Problem]:
    """Problems with weights that cannot move the VIP. ``ranks``: priorities by host; ``common``: the scripts' own
    weights, used by instances that set none."""
    weights = _weights(instance, common)
    for option, value, reason, remedy in [*_too_light(vip, weights, ranks), *_ineffective(instance, weights, ranks)]:
        yield Problem(f"{vip.path}.instance.{option}", value, reason, remedy)


def _weights(instance: Mapping[str, Any], common: Mapping[Any, Any]) -> list[Weight]:
    found = []
    for option in ("track_script", "track_process"):
        for index, entry in enumerate(instance.get(option) or ()):
            weight = entry.get("weight")
            if weight is None and option == "track_script":
                weight = common.get(entry.get("name"))
            if weight:
                found.append(Weight(f"{option}[{index}].weight", str(entry.get("name")), int(weight)))
    return found


Fault = tuple[str, Any, str, str]


def _too_light(vip: Vip, weights: list[Weight], ranks: Mapping[str, int]) -> Iterable[Fault]:
    """Weights smaller than the difference between priorities, or HAProxy's not larger than that of the local
    apiserver."""
    gap = max(ranks.values()) - min(ranks.values())
    listed = ", ".join(f"{host}: {rank}" for host, rank in ranks.items())
    beside = [abs(each.weight) for each in weights if vip.beside and each.name == apiserver_script(vip)]
    for option, name, weight in weights:
        if abs(weight) <= gap:
            reason = f"cannot overcome the gap of {gap} between the hosts' priorities ({listed})"
            remedy = f"Give a weight beyond +-{gap}, or 0 so that a failing check takes the host out."
            yield option, weight, reason, remedy
        elif name == HAPROXY and beside and abs(weight) <= gap + beside[0]:
            reason = f"does not outweigh an apiserver's {beside[0]} and the gap of {gap} between priorities ({listed})"
            remedy = f"Give a weight beyond +-{gap + beside[0]}, so that a host with a healthy HAProxy comes first."
            yield option, weight, reason, remedy


def _ineffective(instance: Mapping[str, Any], weights: list[Weight], ranks: Mapping[str, int]) -> Iterable[Fault]:
    """Weights that leave keepalived's range, or that ``nopreempt`` makes ineffective."""
    if not weights:
        return
    option, _name, weight = weights[-1]
    lowest = min(ranks.values()) + sum(each.weight for each in weights if each.weight < 0)
    highest = max(ranks.values()) + sum(each.weight for each in weights if each.weight > 0)
    if not LEAST <= lowest <= highest <= MOST:
        reason = (
            f"leads to priorities from {lowest} to {highest} in all, and keepalived limits them to {LEAST} and {MOST}"
        )
        yield option, weight, reason, "Bring the hosts' priorities closer together, or give smaller weights."
    if instance.get("nopreempt"):
        reason = "moves no VIP: with nopreempt no peer takes it from a MASTER whose priority has fallen"
        yield option, weight, reason, "Leave nopreempt out, or give the weight 0."
