# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory as a whole: what is declared for it, and what the plays have read of its hosts so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.directors import director
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies, unverified
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import desired_instances, instance_name, members
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, released
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import (
    disagreeing,
    hosts_down,
    unserved,
    without,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.former import former_members, unheld
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import Standing, order, silenced_by, standing
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.trades import trades
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE, Vip

Groups = Mapping[str, Sequence[str]]
Hostvars = Mapping[str, Mapping[str, Any]]

#: What keepalived_config would do there, read where authentication is declared.
REHEARSAL = "k8s_edge_rehearsal"

#: Hosts or addresses, by hand: those that take part in no VIP any more, though others still name them as peers.
GONE = "k8s_edge_members_gone"

#: What every derived instance has unless ``keepalived_instance_defaults`` or the VIP's ``instance`` say otherwise.
#: VRRP 3 with half a second between advertisements: a lost holder is followed within 1.5 to 2 seconds. A gratuitous
#: ARP every minute heals the caches that missed one.
INSTANCE_DEFAULTS = {"version": 3, "advert_int": 0.5, "garp_master_refresh": 60}


def vips_of(groups: Groups, hostvars: Hostvars) -> tuple[Vip, ...]:
    """What ``k8s_edge_vips`` declares: the first host that has it speaks for all."""
    for host in groups.get("all") or ():
        entries = (hostvars.get(host) or {}).get(VARIABLE) if hostvars else None
        if entries or not isinstance(entries, (list, type(None))):
            return declared(entries, groups)
    return ()


def hosts_of(vips: Sequence[Vip]) -> list[str]:
    """Every host that may hold a VIP, once, in the order of the declaration."""
    return list(dict.fromkeys(host for vip in vips for host in vip.hosts))


def present(vips: Sequence[Vip], hostvars: Hostvars) -> list[str]:
    """Those of ``hosts_of`` that are not declared down."""
    return without(hosts_of(vips), hosts_down(hostvars))


def instances_of(
    host: str,
    vips: Sequence[Vip],
    hostvars: Hostvars,
    defaults: Mapping[str, Any],
    scripts: Sequence[Mapping[str, Any]] = (),
    watch: Watch | None = None,
) -> list[dict[str, Any]]:
    """The vrrp_instances of one host, derived and checked across all hosts.

    With ``watch``, where the host was read, an instance also gives up the watchers of ours that it no longer needs.
    """
    derived = desired_instances(members(vips, hostvars), overridden(INSTANCE_DEFAULTS, defaults), scripts, watch)
    mine = derived.get(host, [])
    if watch is None:
        return mine
    written = written_instances((hostvars.get(host) or {}).get(BEFORE) or {})
    owner = {instance_name(vip, address): vip for vip in vips for address in vip.addresses}
    return [{**each, **released(each, written.get(each["name"], {}), owner[each["name"]])} for each in mine]


def led_by(host: str, vips: Sequence[Vip], hostvars: Hostvars) -> list[str]:
    """The names of the instances in which the host has the highest priority."""
    parts = members(vips, hostvars)
    highest: dict[str, int] = {}
    for part in parts:
        highest[part.instance] = max(part.priority, highest.get(part.instance, 0))
    return [part.instance for part in parts if part.host == host and part.priority == highest[part.instance]]


def partners_of(vips: Sequence[Vip]) -> dict[str, list[str]]:
    """For each host those that it shares a VIP with."""
    return {
        host: [
            other for other in hosts_of(vips) if other != host and any({host, other} <= set(vip.hosts) for vip in vips)
        ]
        for host in hosts_of(vips)
    }


def standings(vips: Sequence[Vip], hostvars: Hostvars) -> list[Standing]:
    """How every host that may hold a VIP, and is not down, stood before the roll; nothing where they were not read."""
    hosts = present(vips, hostvars)
    if not hosts or any(BEFORE not in (hostvars.get(host) or {}) for host in hosts):
        return []
    parts = members(vips, hostvars)
    found = []
    for host in hosts:
        common = overridden(INSTANCE_DEFAULTS, hostvars[host].get("keepalived_instance_defaults") or {})
        desired = desired_instances(parts, common).get(host, [])
        steps = (hostvars[host].get(REHEARSAL) or {}).get("steps") or ()
        leads = len(led_by(host, vips, hostvars))
        found.append(standing(host, vips, hostvars[host], hostvars[host][BEFORE], desired, steps, leads))
    return found


def rolling_order(vips: Sequence[Vip], hostvars: Hostvars) -> list[str]:
    """The hosts in the order in which they are changed; the declared order where they have not been read.

    InputError where the declaration cannot work for one of them, its proxies and virtual servers included, or not
    while others are down.
    """
    hosts, down = present(vips, hostvars), hosts_down(hostvars)
    refuse(list(unserved(vips, down)))
    for host in hosts:
        given = hostvars.get(host) or {}
        if truth(given.get("haproxy_kube_verify", True)):
            ca_file = given.get("haproxy_kube_ca_file", given.get("k8s_edge_kube_ca_file"))
            refuse(list(unverified(host, vips, ca_file)))
        desired_proxies(host, vips, hostvars, Checks(ca_file="", health_port=0))
        director(host, vips, hostvars)
    stood = standings(vips, hostvars)
    desired = {
        host: instances_of(host, vips, hostvars, (hostvars.get(host) or {}).get("keepalived_instance_defaults") or {})
        for host in (hosts if stood else ())
    }
    refuse(list(trades(vips, desired, {host: (hostvars.get(host) or {}).get(BEFORE) or {} for host in hosts})))
    if down:
        refuse(list(disagreeing(vips, down, {each.host: each.unagreed for each in stood})))
    return order(stood, partners_of(vips)) or hosts


def silenced_peers(host: str, vips: Sequence[Vip], hostvars: Hostvars) -> list[str]:
    """The peers that must be silent while keepalived on this host is changed; none where nothing was read."""
    return silenced_by(host, standings(vips, hostvars), partners_of(vips))


def former_members_of(vips: Sequence[Vip], hostvars: Hostvars) -> list[dict[str, Any]]:
    """The former members of the VIPs and what becomes of each, as the filter ``former_members`` returns them; none
    where the hosts have not been read."""
    if any(BEFORE not in (hostvars.get(host) or {}) for host in present(vips, hostvars)):
        return []
    try:
        desired = desired_instances(members(vips, hostvars), INSTANCE_DEFAULTS)
    except InputError:
        return []  # told by rolling_order, which every run asks
    gone = {str(each) for host in hosts_of(vips)[:1] for each in hostvars[host].get(GONE) or ()}
    return [
        each.told(bool(each.host) and truth(hostvars[each.host or ""].get("keepalived_purge")))
        for each in former_members(vips, desired, hostvars, BEFORE)
        if each.instances is not None or not gone & {each.host, each.address}
    ]


def unheld_addresses(vips: Sequence[Vip], hostvars: Hostvars) -> list[dict[str, str]]:
    """The addresses that none of their hosts holds, as the filter ``unheld_addresses`` returns them."""
    if any(BEFORE not in (hostvars.get(host) or {}) for host in present(vips, hostvars)):
        return []
    return unheld(vips, hostvars, BEFORE)
