# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that verification finds in the hosts' own reports: holders of VIPs, service, and start at boot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.former import undeclared_peers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    held_addresses,
    live_states,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import alone as peerless
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.settling import FAILED, SETTLED, WAITING
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip


def faults(vips: Sequence[Vip], infos: Mapping[str, Mapping[str, Any]], down: Sequence[str] = ()) -> list[str]:
    """A sentence for each fault; empty if every address has exactly one holder and every host serves.

    ``infos``: the results of ``keepalived_info`` by host. Hosts that are declared ``down`` need none."""
    return [sentence for vip in vips for sentence in _faults(vip, without(vip.hosts, down), infos)]


def _faults(vip: Vip, hosts: Sequence[str], infos: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for host in hosts:
        info = infos.get(host) or {}
        if not info:
            yield f"{vip.name}: keepalived on {host} was not read."
        elif not info.get("active"):
            yield f"{vip.name}: keepalived does not run on {host}."
        elif not info.get("loaded"):
            yield f"{vip.name}: keepalived on {host} runs with another configuration than its file."
    unknown = undeclared_peers(vip, infos)
    # Members that are down are peers as well, and their addresses are unknown.
    absent = len(vip.hosts) - len(hosts)
    for host, peer in unknown if len({each for _host, each in unknown}) > absent * len(vip.addresses) else ():
        yield (
            f"{vip.name}: keepalived on {host} names {peer} as a peer, which is not a host of the VIP: if it still "
            "takes part, it is not known what it holds. Run playbooks/site.yml, which says what to do."
        )
    for address in vip.addresses:
        holders = [host for host in hosts if str(address.ip) in held_addresses(infos.get(host) or {})]
        if len(holders) != 1:
            yield "{}: {} is held by {}.".format(vip.name, address.ip, " and ".join(holders) or "no host")
        name = instance_name(vip, address)
        for host in hosts:
            state = live_states(infos.get(host) or {}).get(name)
            if state == "FAULT":
                yield f"{vip.name}: instance {name} is in FAULT on {host}: it cannot take over."


def without_successor(
    info: Mapping[str, Any],
    peers: Sequence[Mapping[str, Any]],
    staying: Sequence[str] | None = None,
    desired: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """The instances that a host is MASTER of and that no peer could take over, as an active BACKUP.

    Instances that are not among ``staying`` are about to be removed and need no successor. Neither do instances that
    the host has or will have alone: its file or ``desired`` lists no peers, and no peer has the instance in its
    file."""
    successors = {
        name for peer in peers if peer.get("active") for name, state in live_states(peer).items() if state == "BACKUP"
    }
    alone = {name for name, each in written_instances(info).items() if peers and not each.get("unicast_peer")}
    alone |= peerless(desired) if peers else set()
    for peer in peers:
        alone -= set(written_instances(peer)) | set(live_states(peer)) if "configuration" in peer else alone
    led = [name for name, state in live_states(info).items() if state == "MASTER" and name not in successors | alone]
    return led if staying is None else [name for name in led if name in staying]


def serving_backends(info: Mapping[str, Any]) -> set[str]:
    """The backends with a server that is up and whose last check succeeded, from ``haproxy_info``."""
    return {
        row["pxname"]
        for row in (info.get("runtime") or {}).get("stat") or ()
        if str(row.get("status", "")).startswith("UP") and str(row.get("check_status", "")).endswith("OK")
    }


def haproxy_verdict(info: Mapping[str, Any], before: Mapping[str, Any], backends: Sequence[str]) -> str:
    """Whether HAProxy runs what its file says, and whether each of ``backends`` that served before serves again.

    A backend that did not serve before is ignored, since the cluster behind it may not exist yet."""
    if not (info.get("active") and info.get("loaded")):
        return WAITING
    lost = serving_backends(before) & set(backends) - serving_backends(info)
    if not lost or not info.get("runtime"):
        return SETTLED
    down = {
        row["pxname"]
        for row in info["runtime"].get("stat") or ()
        if row.get("svname") == "BACKEND" and str(row.get("status", "")).startswith("DOWN")
    }
    return FAILED if lost & down else WAITING


def unstartable(
    hosts: Sequence[str], keepalived: Mapping[str, Mapping[str, Any]], haproxy: Mapping[str, Mapping[str, Any]]
) -> Iterable[str]:
    """A sentence for each host with a daemon that would not start at boot as configured. ``keepalived`` and
    ``haproxy``: the results of ``keepalived_info`` and ``haproxy_info`` by host. A daemon that neither runs nor is
    enabled is ignored."""
    for host in hosts:
        found = [
            "{}: {}".format(name, " ".join(info["start_problems"]))
            for name, info in (("HAProxy", haproxy.get(host) or {}), ("keepalived", keepalived.get(host) or {}))
            if info.get("start_problems") and (info.get("active") or info.get("enabled"))
        ]
        if found:
            yield "{} would not be as it is after a restart of {}".format(host, " ".join(found))
