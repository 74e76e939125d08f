# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The holders of each VIP, according to keepalived on the hosts and to ARP or NDP answers on the network. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name, router_id
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import held_addresses, live_states
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip


class Holding(NamedTuple):
    """One address of a VIP. ``says``: the hosts whose kernel has it. ``masters``: the hosts whose keepalived is MASTER.
    ``answers``: the hosts that answer for it, each with the hosts that saw the answer. ``others``: the same for
    hardware addresses of no host of the VIP. ``asked``: the hosts that could send requests. ``virtual``: those of them
    that were answered by the instance's virtual MAC."""

    vip: Vip
    address: Interface
    says: tuple[str, ...]
    masters: tuple[str, ...]
    answers: dict[str, tuple[str, ...]]
    others: dict[str, tuple[str, ...]]
    asked: tuple[str, ...]
    virtual: frozenset[str]

    @property
    def holders(self) -> tuple[str, ...]:
        """Every host that has the address, by its kernel or by its answers."""
        return tuple(dict.fromkeys([*self.says, *self.answers]))

    @property
    def split(self) -> bool:
        """Whether two hosts have it at the same time: by their kernels, or as seen by one host. Answers seen by
        different hosts are not compared, since these are not simultaneous: during a move each may see another
        holder."""
        at_once = [
            {host for host, saw in self.answers.items() if asked in saw} | ({asked} & {*self.says})
            for asked in self.asked
        ]
        return len(self.says) > 1 or any(len(seen) > 1 for seen in at_once)


def holdings(seen: Seen) -> list[Holding]:
    """Every address of every VIP."""
    return [_holding(seen, vip, address) for vip in seen.fleet.vips for address in vip.addresses]


def _holding(seen: Seen, vip: Vip, address: Interface) -> Holding:
    hosts = without(vip.hosts, seen.fleet.down)
    spelled, name = str(address.ip), instance_name(vip, address)
    virtual = f"00:00:5e:00:{'01' if address.version == 4 else '02'}:{router_id(vip, address):02x}"
    answers: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    asked: list[str] = []
    virtually: set[str] = set()
    for host in hosts:
        for each in seen.observations.get(host, {}).get("answers") or ():
            if each["address"] != spelled:
                continue
            asked += [host] if each["asked_on"] else []
            for hardware in each["hardware"]:
                owner = seen.host_of_hardware.get(hardware)
                if owner in hosts:
                    answers.setdefault(str(owner), []).append(host)
                elif hardware == virtual:
                    virtually.add(host)
                else:
                    others.setdefault(hardware, []).append(host)
    return Holding(
        vip,
        address,
        tuple(host for host in hosts if spelled in held_addresses(seen.info(host))),
        tuple(host for host in hosts if live_states(seen.info(host)).get(name) == "MASTER"),
        {host: tuple(saw) for host, saw in answers.items()},
        {hardware: tuple(saw) for hardware, saw in others.items()},
        tuple(asked),
        frozenset(virtually),
    )


def holder_findings(seen: Seen) -> Iterator[Finding]:
    """Addresses for which other machines answer, or that several hosts have."""
    for each in holdings(seen):
        yield from _answered_by_others(seen, each)
        if each.split:
            yield _split(seen, each)
        elif len(each.holders) > 1:
            reason = f"{each.address.ip} moved between {' and '.join(each.holders)} during the check"
            yield Finding(
                WARNING,
                each.holders,
                each.vip.path,
                reason,
                "Run preflight again. If it persists, look at the check scripts",
            )
        else:
            yield from _unreported(each)
        yield from _unanswered(each)


def wire_notes(seen: Seen) -> list[str]:
    """Sentences on what was seen on the network and is not in the hosts' own reports of their VIPs."""
    found: list[Finding] = []
    for each in holdings(seen):
        found += [*_answered_by_others(seen, each), *_unanswered(each)]
        if each.split and len(each.says) <= 1:
            found.append(_split(seen, each))
    return [each.text for each in found]


def _answered_by_others(seen: Seen, each: Holding) -> Iterator[Finding]:
    former = {one["host"] for one in seen.fleet.former_members if one["vip"] == each.vip.name}
    for hardware, saw in each.others.items():
        owner = seen.host_of_hardware.get(hardware)
        if owner is None:
            who = f"hardware address {hardware}, which no host of this inventory has"
            remedy = (
                "Find the host by that (switch, DHCP server, hypervisor) and remove the address there, or declare "
                "another one"
            )
        elif owner in each.vip.servers:
            who = f"{owner}, which serves the VIP and must not answer for it"
            remedy = "Set arp_ignore=1 and arp_announce=2 there, as role ipvs_real_server does"
        else:
            who = f"{owner}, which is not one of its hosts"
            remedy = "Take the address from it, or add it to the VIP's hosts"
        severity = WARNING if owner in former else ERROR
        yield Finding(severity, saw, each.vip.path, f"{each.address.ip} is used by {who}", remedy)


def _split(seen: Seen, each: Holding) -> Finding:
    """The finding for a split brain, with the reports of the hosts and the answers on the network."""
    seen_on_wire = [f"{host} is seen by {' and '.join(saw)}" for host, saw in each.answers.items()]
    reason = (
        f"{each.address.ip} is held by {' and '.join(each.holders)} at once (split brain); MASTER: "
        f"{' and '.join(each.masters) or 'none'}; on the wire: {', '.join(seen_on_wire) or 'nobody answers'}"
    )
    remedy = (
        "Make VRRP work between the hosts again (firewall, network, settings that all must agree on), then restart "
        "keepalived on "
        "all but one: docs/split-brain.md"
    )
    changes = any(seen.fleet.plan(host).get("would_change") for host in each.holders)
    return Finding(WARNING if changes else ERROR, each.holders, each.vip.path, reason, remedy)


def _unreported(each: Holding) -> Iterator[Finding]:
    """Hosts that answer although their kernel does not have the address: it was added between two reads, or they answer
    by proxy ARP."""
    if each.says:
        return
    for host, saw in each.answers.items():
        reason = f"{host} answers for {each.address.ip}, as {' and '.join(saw)} sees it, and does not have the address"
        yield Finding(WARNING, (host,), each.vip.path, reason, f"Look for proxy_arp or a VIP that moves on {host}")


def _unanswered(each: Holding) -> Iterator[Finding]:
    """Hosts that send a request as a client does and get no answer, although one of them holds the address."""
    saw = {host for hosts in (each.virtual, *each.answers.values(), *each.others.values()) for host in hosts}
    silent = tuple(host for host in each.asked if host not in saw and host not in each.holders)
    if silent and each.says:
        reason = f"{each.address.ip} is held by {' and '.join(each.says)}, but nobody answers for it on this network"
        yield Finding(
            WARNING, silent, each.vip.path, reason, "Look at the network between them: switch, VLAN, arp_ignore"
        )
