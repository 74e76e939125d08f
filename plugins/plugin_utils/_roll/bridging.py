# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VIP addresses that the holder keeps on loopback while keepalived is reloaded and no host is MASTER.

After a reload that changes an option which all members must agree on, the MASTER starts anew: it removes its addresses
and waits for a peer's advertisements before it becomes MASTER again, 1.8 s at two advertisements per second. If no peer
can take over meanwhile, the host may keep answering for the addresses: an address on loopback is the host's on every
interface, and its kernel directs what arrives for it (IPVS).

Where the kernel directs only as MASTER (docs/adr/0011), it would stop while keepalived is BACKUP, and answer
connections to other servers with a reset. So the sync daemon, from which it knows that, is left out of the first reload
and comes back with a second one, when the host is MASTER again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import LOOPBACK
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    held_addresses,
    live_states,
    plain_address,
    predecessors,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import coordinated

_SYNC_DAEMON = "lvs_sync_daemon"


def bridged(
    info: Mapping[str, Any],
    desired: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    directed: Iterable[str] = (),
) -> list[str]:
    """The addresses to add to loopback, each as /32 or /128: those of ``answered`` that are not there yet, as they are
    on a real server."""
    there = {plain_address(one["address"]) for one in info.get("addresses") or () if one["interface"] == LOOPBACK}
    found = answered(info, desired, peers, directed)
    return [f"{each}/{ip_address(each).max_prefixlen}" for each in found if each not in there]


def answered(
    info: Mapping[str, Any],
    desired: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    directed: Iterable[str] = (),
) -> list[str]:
    """The addresses that keepalived removes and adds, and that the host answers for meanwhile, without prefix.

    ``info``: the result of keepalived_info on the host before the change. ``peers``: the results on the peers that are
    not stopped meanwhile. ``directed``: addresses of the desired virtual servers. An address that has virtual servers
    only before or only after the change is left out: the kernel might deliver its connections to the host itself."""
    if any("active" not in peer for peer in peers):
        return []  # a peer without an answer may take the VIP
    heard = {name for peer in peers if peer["active"] for name in live_states(peer)}
    split = set(coordinated(info, desired)) - heard
    states, places = live_states(info), predecessors(info, desired)
    led = {name for name in split if states.get(places[name]["name"]) == "MASTER"}
    written = (info.get("configuration") or {}).get("virtual_servers") or ()
    half_directed = _plain(directed) ^ _plain(each.get("address") for each in written)
    found = []
    for instance in desired:
        if instance["name"] in led:
            for entry in instance.get("virtual_ipaddress") or ():
                text = plain_address(entry["address"] if isinstance(entry, Mapping) else entry)
                if text in held_addresses(info) and text not in half_directed:
                    found.append(text)
    return found


def synced_later(
    info: Mapping[str, Any],
    desired: Sequence[Mapping[str, Any]],
    directed: Iterable[str] = (),
    global_defs: Mapping[str, Any] | None = None,
) -> bool:
    """Whether the declared sync daemon is left out of the first reload, and comes back with a second one.

    Peers that could take over are not asked: whoever decides when the file is written does not know them yet, and must
    decide the same afterwards. Where an instance needs a coordinated change, they are stopped or gone."""
    if not (global_defs or {}).get(_SYNC_DAEMON):
        return False
    return bool(_plain(directed) & set(answered(info, desired, (), directed)))


def first_global_defs(global_defs: Mapping[str, Any] | None, later: bool) -> dict[str, Any]:
    """The global_defs for the first reload. ``later``: the result of ``synced_later``."""
    return {**(global_defs or {}), **({_SYNC_DAEMON: {}} if later else {})}


def _plain(addresses: Iterable[Any]) -> set[str]:
    return {plain_address(each) for each in addresses} - {""}
