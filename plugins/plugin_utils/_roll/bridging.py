# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VIP addresses that the holder keeps on loopback while keepalived is reloaded and no host is MASTER.

After a reload that changes an option which all members must agree on, the MASTER starts anew: it removes its addresses
and waits for a peer's advertisements before it becomes MASTER again, 1.8 s at two advertisements per second. If no peer
can take over meanwhile, the host may keep answering for the addresses: an address on loopback is the host's on every
interface."""

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


def bridged(
    info: Mapping[str, Any],
    desired: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    directed: Iterable[str] = (),
) -> list[str]:
    """The addresses, each as /32 or /128.

    ``info``: the result of keepalived_info on the host before the change. ``peers``: the results on the peers that are
    not stopped meanwhile. ``directed``: addresses of virtual servers. They are left out: without its virtual servers
    the kernel would deliver connections to the host itself."""
    if any("active" not in peer for peer in peers):
        return []  # a peer without an answer may take the VIP
    heard = {name for peer in peers if peer["active"] for name in live_states(peer)}
    split = set(coordinated(info, desired)) - heard
    states, places = live_states(info), predecessors(info, desired)
    led = {name for name in split if states.get(places[name]["name"]) == "MASTER"}
    written = (info.get("configuration") or {}).get("virtual_servers") or ()
    elsewhere = {plain_address(text) for text in [*directed, *(each.get("address") for each in written)]}
    elsewhere |= {plain_address(one["address"]) for one in info.get("addresses") or () if one["interface"] == LOOPBACK}
    found = []
    for instance in desired:
        if instance["name"] in led:
            for entry in instance.get("virtual_ipaddress") or ():
                text = plain_address(entry["address"] if isinstance(entry, Mapping) else entry)
                if text in held_addresses(info) and text not in elsewhere:
                    found.append(f"{text}/{ip_address(text).max_prefixlen}")
    return found
