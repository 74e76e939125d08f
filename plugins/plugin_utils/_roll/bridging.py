# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VIPs their holder keeps on loopback while keepalived is reloaded and no host is MASTER.

A reload that changes what all members must agree on makes the MASTER begin anew: it gives its addresses up and waits
for a peer's adverts before it takes them again, 1.8 s with two adverts a second. Where no peer could take
them meanwhile, the host may answer for them all that time: an address on loopback is the host's on every interface.
"""

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
    """The addresses, as one each (/32, /128). ``info`` is what keepalived_info said of the host before the change,
    ``peers`` what it said of the peers that are not silent meanwhile, and ``directed`` are addresses of virtual
    servers: those go unanswered rather than to the host itself while its kernel does not direct.
    """
    if any("active" not in peer for peer in peers):
        return []  # one that could not be asked may take the VIP
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
