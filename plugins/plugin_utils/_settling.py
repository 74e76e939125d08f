# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived on one host has settled after a change, while its peers are perhaps still to be changed.

Who must lead follows from the priorities that run at this moment, not from those declared: where roles change, the peer
still has its old priority when the first host is judged. As VRRP has it, the higher priority takes the VIP, and of two
equal ones whoever has it keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._reading import (
    live_priorities,
    live_states,
    missing_addresses,
    written_instances,
)

#: What a look at a host says while a change takes effect. YIELDING: all is well, and a peer is about to take a VIP.
SETTLED, YIELDING, WAITING, FAILED = "settled", "yielding", "waiting", "failed"


def keepalived_verdict(
    desired: Sequence[Mapping[str, Any]], info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]], final: bool
) -> str:
    """Whether a host runs what its file says and each of its instances has found its state.

    ``peers`` are the answers of ``keepalived_info`` on the other members, from just before this host was changed and
    without those that are silent now; one without an answer counts as not running. FAULT is a failure where the look is
    ``final``, and else something to wait out: a keepalived that has just started has not run its checks yet.
    """
    if not (info.get("active") and info.get("loaded")):
        return WAITING
    if final and "FAULT" in [live_states(info).get(instance["name"]) for instance in desired]:
        return FAILED
    found = {_instance_verdict(instance, info, peers) for instance in desired}
    return next((verdict for verdict in (WAITING, YIELDING) if verdict in found), SETTLED)


def _instance_verdict(instance: Mapping[str, Any], info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]]) -> str:
    name = instance["name"]
    state = live_states(info).get(name)
    together = [(each, live_priorities(info).get(each) or instance["priority"]) for each in _grouped(name, info)]
    if state == "MASTER":
        # After some reloads keepalived is MASTER without the addresses, and stays so.
        if missing_addresses(info, name):
            return WAITING
        return YIELDING if any(_outbid(each, mine, peers) for each, mine in together) else SETTLED
    if state == "BACKUP":
        leads = all(
            live_priorities(peer)[each] < mine
            for each, mine in together
            for peer in _running(each, peers, "MASTER", "BACKUP")
        )
        return WAITING if leads and not _hesitates(instance) else SETTLED
    return WAITING


def _grouped(name: str, info: Mapping[str, Any]) -> Iterable[str]:
    """The instances that change their state together with this one: those of its sync group."""
    for group in (info.get("configuration") or {}).get("sync_groups") or ():
        if name in (group.get("group") or ()):
            return list(group["group"])
    return [name]


def _running(name: str, peers: Sequence[Mapping[str, Any]], *states: str) -> list[Mapping[str, Any]]:
    return [peer for peer in peers if peer.get("active") and live_states(peer).get(name) in states]


def _outbid(name: str, mine: int, peers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a peer is about to take an instance from a master of the priority ``mine``."""
    return any(
        live_priorities(peer)[name] > mine and not _hesitates(written_instances(peer).get(name, {}))
        for peer in _running(name, peers, "BACKUP")
    )


def _hesitates(instance: Mapping[str, Any]) -> bool:
    """Whether an instance leaves the VIP, at least for a while, to a master of lower priority."""
    return bool(instance.get("nopreempt") or instance.get("preempt_delay"))


def as_declared(instances: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ``keepalived_info`` would say of a member that runs these instances and leads them all, if it could."""
    return {
        "active": True,
        "configuration": {"instances": instances},
        "instances": [{**instance, "state": "MASTER"} for instance in instances],
    }
