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
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    live_instance,
    live_priority,
    live_states,
    live_twin,
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
    here = live_instance(info, instance["name"])
    if here is None or here["state"] not in ("MASTER", "BACKUP"):
        return WAITING
    members = list(_members(instance, info, peers))
    if here["state"] == "MASTER":
        # After some reloads keepalived is MASTER without the addresses, and stays so.
        if missing_addresses(info, here["name"]):
            return WAITING
        return YIELDING if any(each.standby and each.lead > 0 for each in members) else SETTLED
    leads = all(each.lead < 0 for each in members)
    return WAITING if leads and not _hesitates(instance) else SETTLED


class _Member(NamedTuple):
    """A peer's part in an instance: by how much its priority is above this host's, and whether it is a BACKUP that will
    take the VIP where that is more than 0."""

    lead: int
    standby: bool


def _members(
    instance: Mapping[str, Any], info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]]
) -> Iterable[_Member]:
    """The peers that take part in an instance, and in the others of its sync group: these change state together."""
    groups = (info.get("configuration") or {}).get("sync_groups") or ()
    name = instance["name"]
    for each in next((group["group"] for group in groups if name in (group.get("group") or ())), [name]):
        here = live_instance(info, each) or {"name": each}
        mine = live_priority(here) or int(instance.get("priority") or 100)
        for peer in peers:
            there = live_twin(peer, here) if peer.get("active") else None
            if there is not None and there["state"] in ("MASTER", "BACKUP"):
                hesitates = _hesitates(written_instances(peer).get(there["name"], {}))
                standby = there["state"] == "BACKUP" and not hesitates
                yield _Member(live_priority(there) - mine, standby)


def _hesitates(instance: Mapping[str, Any]) -> bool:
    """Whether an instance leaves the VIP, at least for a while, to a master of lower priority."""
    return bool(instance.get("nopreempt") or instance.get("preempt_delay"))
