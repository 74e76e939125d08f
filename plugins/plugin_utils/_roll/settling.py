# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived on one host has settled after a change, while its peers may still have the old configuration.

The expected MASTER follows from the priorities that run now, not from the declared ones: when the holder changes, the
peer still has its old priority when the first host is judged. By VRRP, the host with the higher priority takes the VIP;
at equal priorities the holder keeps it."""

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

#: The states of a host while a change takes effect. YIELDING: everything is well, and a peer is about to take a VIP.
SETTLED, YIELDING, WAITING, FAILED = "settled", "yielding", "waiting", "failed"


def keepalived_verdict(
    desired: Sequence[Mapping[str, Any]], info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]], final: bool
) -> str:
    """The state of a host: whether it runs what its file says, and whether each of its instances has found its state.

    ``peers``: the results of ``keepalived_info`` on the other members, from just before this host's change, without
    those that are stopped now. A peer without a result counts as not running. With ``final``, FAULT is a failure;
    otherwise it is waited for, since a keepalived that has just started has not yet run its checks."""
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
        # After some reloads keepalived remains MASTER without the addresses.
        if missing_addresses(info, here["name"]):
            return WAITING
        return YIELDING if any(each.standby and each.lead > 0 for each in members) else SETTLED
    leads = all(each.lead < 0 for each in members)
    return WAITING if leads and not _hesitates(instance) else SETTLED


class _Member(NamedTuple):
    """A peer's part in an instance. ``lead``: its priority minus this host's. ``standby``: it is a BACKUP that takes
    the VIP if ``lead`` is above 0."""

    lead: int
    standby: bool


def _members(
    instance: Mapping[str, Any], info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]]
) -> Iterable[_Member]:
    """The parts of peers in an instance and in the other instances of its sync group, which change state together."""
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
    """Whether an instance leaves the VIP to a MASTER of lower priority, for a time or for good."""
    return bool(instance.get("nopreempt") or instance.get("preempt_delay"))
