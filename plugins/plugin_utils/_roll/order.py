# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order hosts are changed, and which peers fall silent meanwhile, so that no VIP ever has two masters.

A change that the members of an instance must agree on (``agreement`` in _derive/vrrp.py) cannot be made one host after
the other: whoever is changed first no longer hears the others and takes the VIP beside them. So the holder comes first,
its peers are stopped for just that step, and each starts again with the new configuration when its turn comes.

Everything else goes the other way round: hosts that hold no VIP, then the holder, and at last those where keepalived
does not run: their peers must know them before they speak. Of those that hold none, whoever is to lead comes first, so
that a VIP which changes its holder moves once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import agreement, instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import held
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    leads,
    predecessors,
    unknown_options,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip


class Standing(NamedTuple):
    """What was read of a host before the roll. ``split`` says that its running keepalived may disagree with what is
    desired on something that all members must share; ``leads`` counts the instances in which it shall have the highest
    priority. ``directs``: it holds a VIP that its kernel directs. Stopped, keepalived empties the kernel's table, and
    where the VIP is on loopback too the host itself resets every connection."""

    host: str
    active: bool
    holds: int
    split: bool
    leads: int = 0
    directs: bool = False
    coordinated: tuple[str, ...] = ()


def standing(
    host: str,
    vips: Sequence[Vip],
    hostvars: Mapping[str, Any],
    info: Mapping[str, Any],
    desired: Sequence[Any],
    steps: Sequence[str] = (),
    leads: int = 0,
) -> Standing:
    """The standing of one host: ``info`` is what ``keepalived_info`` returned, ``desired`` its instances to be, of
    which it shall lead ``leads``, and ``steps`` those of a rehearsal, which alone can say whether a password changes.
    """
    active = bool(info.get("active"))
    changing = set(coordinated(info, desired))
    if any("auth_pass" in step for step in steps):
        changing |= {each["name"] for each in desired if each.get("authentication")}
    # Whom nobody else is declared for needs nobody's silence: its former members have left by then.
    changing -= alone(desired)
    holding = [vip for vip in vips if held(vip, hostvars) or _leads(vip, info)]
    return Standing(
        host=host,
        active=active,
        holds=len(holding),
        split=active and (bool(changing) or not info.get("loaded", False)),
        leads=leads,
        directs=any(vip.directed for vip in holding),
        coordinated=tuple(sorted(changing)),
    )


def _leads(vip: Vip, info: Mapping[str, Any]) -> bool:
    return any(leads(info, instance_name(vip, address), str(address.ip)) for address in vip.addresses)


def coordinated(info: Mapping[str, Any], desired: Sequence[Any]) -> list[str]:
    """The desired instances that would change a written one in what all members must agree on: one of the same name,
    or one that somebody set up by hand with the same address, whose peers would take that for themselves.

    An option whose written value is unknown (it hangs on a parameter, say) is none of them: keepalived_config refuses
    to change such a line, so the roll leaves it as it is.
    """
    current = predecessors(info, desired)
    return [
        each["name"]
        for each in desired
        if each["name"] in current
        and agreement(current[each["name"]])
        != agreement(_coming(current[each["name"]], each, unknown_options(info, current[each["name"]]["name"])))
    ]


def alone(desired: Sequence[Any]) -> set[str]:
    """The instances that name no peers, and will have none that the file still names."""
    return {each["name"] for each in desired if each.get("exact") and not each.get("unicast_peer")}


def _coming(current: Mapping[str, Any], desired: Mapping[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    """An instance as it will be: one that is exact loses what is not desired."""
    stays = {key: value for key, value in current.items() if key in unknown} if desired.get("exact") else current
    return {**stays, **_stated(desired, unknown)}


def _stated(instance: Mapping[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in instance.items() if value is not None and key not in unknown}


def order(standings: Sequence[Standing], partners: Mapping[str, Sequence[str]]) -> list[str]:
    """The hosts in the order in which they are changed. ``partners``: for each host, those it shares a VIP with."""
    split = {each.host for each in standings if each.split}
    split |= {partner for host in split for partner in partners.get(host, ())}

    def rank(numbered: tuple[int, Standing]) -> tuple[int, bool, int, int]:
        index, each = numbered
        if each.host in split:
            # The first is the one that is not stopped.
            return (1, not each.directs, -each.holds, index) if each.active and each.holds else (2, False, 0, index)
        if not each.active:
            return 2, False, 0, index
        return (1, each.directs, each.holds, index) if each.holds else (0, False, -each.leads, index)

    return [each.host for _index, each in sorted(enumerate(standings), key=rank)]


def silenced_by(host: str, standings: Sequence[Standing], partners: Mapping[str, Sequence[str]]) -> list[str]:
    """The active peers that must be stopped before keepalived on ``host`` is changed: those still to come after it."""
    known = {each.host: each for each in standings}
    mine = set(partners.get(host, ()))
    if host not in known or not any(known[each].split for each in {host} | (mine & set(known))):
        return []
    sequence = order(standings, partners)
    later = sequence[sequence.index(host) + 1 :]
    return [each for each in later if each in mine and known[each].active]
