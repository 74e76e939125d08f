# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The effect of a keepalived change on one host's part in VRRP: the addresses that it releases, and its priority
afterwards.

A host's own plan knows only its file and reports the impact vip_move for whatever may move a VIP. Here the peers are
known too. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import leads_anew, let_go
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    live_priority,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

KEEPALIVED = "keepalived_config"
#: Impacts of a keepalived change for which the host releases its addresses.
GIVES_UP = ("restart", "vip_move")


class VrrpChange:
    """One host of the fleet, before and after its change."""

    def __init__(self, fleet: Fleet, host: str) -> None:
        self.host = host
        self.info: Mapping[str, Any] = fleet.variables(host).get(BEFORE) or {}
        self.written = written_instances(self.info)
        self._planes: Mapping[str, Any] = fleet.plan(host).get("planes") or {}
        self._options: Mapping[str, Any] = fleet.host(host)["keepalived"]["options"]
        self._ours = {instance_name(vip, address) for vip in fleet.vips for address in vip.addresses}

    @property
    def desired(self) -> dict[str, Mapping[str, Any]]:
        """The declared instances by name."""
        return {each["name"]: each for each in self._options["instances"]}

    @property
    def coming(self) -> list[Mapping[str, Any]]:
        """The instances in the file after the change. An exact instance keeps no undeclared options; with purge no
        undeclared instance stays."""
        wanted = [
            each if each.get("exact") else {**self.written.get(name, {}), **each} for name, each in self.desired.items()
        ]
        stay = [] if self._options.get("purge") else [name for name in self.written if name not in self.desired]
        return [*wanted, *(self.written[name] for name in stay)]

    @property
    def impact(self) -> str:
        """The impact on keepalived's file and unit, as the host's own plan has it."""
        return worst([str((self._planes.get(KEEPALIVED) or {}).get("impact", "none")), self._unit])

    @property
    def _unit(self) -> str:
        plane = self._planes.get("units") or {}
        return str(plane["impact"]) if any("unit keepalived" in step for step in plane.get("steps") or ()) else "none"

    @property
    def lets_go(self) -> set[str]:
        """The addresses, without prefix, that the host releases, briefly or for good, if it holds them."""
        held = {(str(each["address"]).partition("/")[0], each.get("instance")) for each in self.info.get("vips") or ()}
        if self._unit in GIVES_UP:
            return {address for address, _instance in held}
        if self.impact not in GIVES_UP:
            return set()
        # Running instances that are in no readable file are assumed to go.
        unknown = {address for address, instance in held if instance not in self.written}
        groups = self._options.get("sync_groups") or ()
        return unknown | set(let_go(list(self.written.values()), self.coming, groups))

    def refined(self, moves: bool, stopped: bool) -> str:
        """The impact, refined by what is known of the fleet. ``moves``: an address leaves its holder while this host is
        changed. ``stopped``: keepalived was stopped before, for the change of a peer."""
        known = self.impact
        if known == "vip_move" and not self._led_by_hand:
            known = "reload"
        return worst([known, "vip_move" if moves else "none", "restart" if stopped else "none"])

    @property
    def _led_by_hand(self) -> bool:
        """Whether the MASTER of an instance that belongs to no VIP may change. No code predicts that."""
        after = {each["name"]: each for each in self.coming}
        return any(
            name not in self._ours and leads_anew(each, after.get(name, each)) for name, each in self.written.items()
        )

    def priority(self, name: str, live: Mapping[str, Any] | None) -> int:
        """The effective priority of an instance after the change. If the weights of its scripts stay the same, they
        contribute what they do now; otherwise all scripts are assumed to succeed."""
        wanted = self.desired.get(name) or {}
        base = int(wanted.get("priority") or 100)
        if live is None:
            return base
        added = live_priority(live) - int(live.get("priority") or live_priority(live))
        before, after = self._weights(self.written.get(str(live["name"])) or wanted, False), self._weights(wanted, True)
        return base + (added if before == after else sum(weight for weight in after.values() if weight > 0))

    def _weights(self, instance: Mapping[str, Any], declared: bool) -> dict[str, int]:
        """The weight with which an instance tracks each script."""
        configuration = self.info.get("configuration") or {}
        scripts = [*(configuration.get("scripts") or ()), *(self._options.get("scripts") or () if declared else ())]
        own = {each["name"]: each.get("weight") for each in scripts}
        return {
            each["name"]: int(own.get(each["name"]) or 0 if each.get("weight") is None else each["weight"])
            for each in instance.get("track_script") or ()
        }

    @property
    def unknown_checks(self) -> Iterator[str]:
        """A sentence for each new or changed check: its result is unknown before the change."""
        if not self.info.get("active") or not (self._planes.get(KEEPALIVED) or {}).get("changed"):
            return
        known = {each["name"]: each for each in (self.info.get("configuration") or {}).get("scripts") or ()}
        for script in self._options.get("scripts") or ():
            name = script["name"]
            other = known.get(name, {}).get("script") != script.get("script")
            users = [each["name"] for each in self.coming if self._asks(each, name, other)]
            if users:
                yield (
                    f"{self.host}: check {name} of {', '.join(users)} is new or changed. If it fails, the VIP may move."
                )

    def _asks(self, instance: Mapping[str, Any], name: str, other: bool) -> bool:
        """Whether an instance newly depends on the check, or with another weight or script."""
        weight = self._weights(instance, True).get(name)
        before = self._weights(self.written.get(instance["name"]) or {}, False).get(name)
        return weight is not None and (other or weight != before)
