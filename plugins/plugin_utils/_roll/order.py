# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which hosts are changed, and the peers that are stopped meanwhile, so that no VIP ever has two MASTERs.

A coordinated change (``agreement`` in _derive/vrrp.py) cannot be made one host at a time: the first changed host would
no longer hear the others and become MASTER beside theirs. So the holder comes first, and its peers are stopped for that
step. Each peer starts again with the new configuration when its turn comes.

For other changes the order is: hosts that hold no VIP, then the holder, then hosts where keepalived does not run, since
their peers must list them before they send. Among the hosts that hold none, the future holder comes first, so that a
VIP that changes its holder moves once."""

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


class HostState(NamedTuple):
    """What was read of a host before the roll.

    ``split``: its running keepalived may differ from the desired state in an option that all members must agree on.
    ``leads``: the number of instances in which it will have the highest priority. ``directs``: it holds a VIP that its
    kernel directs. There, stopping keepalived empties the kernel's table; if the VIP is also on loopback, the host then
    resets every connection."""

    host: str
    active: bool
    holds: int
    split: bool
    leads: int = 0
    directs: bool = False
    coordinated: tuple[str, ...] = ()


def host_state(
    host: str,
    vips: Sequence[Vip],
    hostvars: Mapping[str, Any],
    info: Mapping[str, Any],
    desired: Sequence[Any],
    steps: Sequence[str] = (),
    leads: int = 0,
) -> HostState:
    """What was read of one host.

    ``info``: the result of ``keepalived_info``. ``desired``: its desired instances. ``steps``: the steps of a dry run,
    the only source on changed passwords. ``leads``: the number of instances in which it will have the highest
    priority."""
    active = bool(info.get("active"))
    changing = set(coordinated(info, desired))
    if any("auth_pass" in step for step in steps):
        changing |= {each["name"] for each in desired if each.get("authentication")}
    # A host without declared peers needs none of them stopped: its former members have left before.
    changing -= alone(desired)
    holding = [vip for vip in vips if held(vip, hostvars) or _leads(vip, info)]
    return HostState(
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
    """The desired instances that need a coordinated change of a written one. That is the instance with the same name,
    or a hand-made one with the same address, whose peers would take the address.

    An option whose written value is unknown (it depends on a parameter, for instance) does not count: keepalived_config
    refuses to change such a line, so the roll leaves it unchanged."""
    current = predecessors(info, desired)
    return [
        each["name"]
        for each in desired
        if each["name"] in current
        and agreement(current[each["name"]])
        != agreement(_coming(current[each["name"]], each, unknown_options(info, current[each["name"]]["name"])))
    ]


def alone(desired: Sequence[Any]) -> set[str]:
    """The desired instances without peers whose file will have none either."""
    return {each["name"] for each in desired if each.get("exact") and not each.get("unicast_peer")}


def _coming(current: Mapping[str, Any], desired: Mapping[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    """An instance after the change. An exact instance loses undeclared options."""
    stays = {key: value for key, value in current.items() if key in unknown} if desired.get("exact") else current
    return {**stays, **_stated(desired, unknown)}


def _stated(instance: Mapping[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in instance.items() if value is not None and key not in unknown}


def order(host_states: Sequence[HostState], partners: Mapping[str, Sequence[str]]) -> list[str]:
    """The hosts in the order in which they are changed. ``partners``: by host, the hosts that share a VIP with it."""
    split = {each.host for each in host_states if each.split}
    split |= {partner for host in split for partner in partners.get(host, ())}

    def rank(numbered: tuple[int, HostState]) -> tuple[int, bool, int, int]:
        index, each = numbered
        if each.host in split:
            # The first of these is never stopped.
            return (1, not each.directs, -each.holds, index) if each.active and each.holds else (2, False, 0, index)
        if not each.active:
            return 2, False, 0, index
        return (1, each.directs, each.holds, index) if each.holds else (0, False, -each.leads, index)

    return [each.host for _index, each in sorted(enumerate(host_states), key=rank)]


def silenced_by(host: str, host_states: Sequence[HostState], partners: Mapping[str, Sequence[str]]) -> list[str]:
    """The active peers that must be stopped before keepalived on ``host`` is changed: those that are changed after
    it."""
    known = {each.host: each for each in host_states}
    mine = set(partners.get(host, ()))
    if host not in known or not any(known[each].split for each in {host} | (mine & set(known))):
        return []
    sequence = order(host_states, partners)
    later = sequence[sequence.index(host) + 1 :]
    return [each for each in later if each in mine and known[each].active]
