# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel of each director distributes (IPVS), and what is not well of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import plain_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen

#: What edge_info said of the kernel's table.
IPVS = "k8s_edge_ipvs"
_IDENTITY = ("protocol", "address", "port", "fwmark", "family")


def virtual_servers(seen: Seen, host: str) -> Iterator[dict[str, Any]]:
    """Those of keepalived and of VIPs, with the weight and the connections of each real server; those of somebody else
    (kube-proxy) are left out."""
    table = seen.fleet.variables(host).get(IPVS) or {}
    ours = [_identity(each) for each in table.get("keepalived") or ()]
    vips = _vips(seen)
    counted = {_identity(each): each["real_servers"] for each in table.get("statistics") or ()}
    for each in table.get("virtual_servers") or ():
        if _identity(each) in ours or each.get("address") in vips:
            connections = {_place(one): one for one in counted.get(_identity(each), ())}
            yield {
                **{key: each[key] for key in _IDENTITY if key in each},
                "vip": vips.get(str(each.get("address")), ""),
                "scheduler": each["scheduler"],
                "real_servers": [_real_server(seen, one, connections) for one in each["real_servers"]],
            }


def _vips(seen: Seen) -> dict[str, str]:
    return {str(address.ip): vip.name for vip in seen.fleet.vips for address in vip.addresses}


def _real_server(seen: Seen, one: Mapping[str, Any], connections: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    counted = connections.get(_place(one)) or {}
    return {
        "server": seen.host_of_address.get(one["address"], one["address"]),
        "address": one["address"],
        "port": one["port"],
        "weight": one["weight"],
        "active": int(counted.get("active_connections") or 0),
        "inactive": int(counted.get("inactive_connections") or 0),
    }


def _identity(service: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(service.get(key) for key in _IDENTITY)


def _place(server: Mapping[str, Any]) -> tuple[Any, ...]:
    return server["address"], server["port"]


def director_faults(seen: Seen, host: str, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sentences for what keepalived.conf has and the kernel's table does not do. ``found`` are its virtual servers."""
    configuration = seen.info(host).get("configuration") or {}
    written = configuration.get("virtual_servers") or ()
    if not written:
        return
    table = seen.fleet.variables(host).get(IPVS) or {}
    if table.get("failed") or not table:
        why = str(table.get("msg") or "they were not asked for")
        yield f"{host}: its virtual servers could not be read: {why.rstrip('.')}."
        return
    there = {(each.get("protocol"), each.get("address"), each.get("port")): each for each in found}
    for each in written:
        if not each.get("address"):
            continue  # a mark or a group: which of the kernel's it is, only keepalived knows
        key = str(each.get("protocol") or "TCP").lower(), plain_address(each["address"]), each.get("port") or 0
        service = there.get(key)
        if service is None:
            missing = {**dict(zip(_IDENTITY, key)), "vip": _vips(seen).get(key[1], "")}
            yield f"{host}: the kernel has no virtual server {service_name(missing)}."
        else:
            yield from _unserved(seen, host, each, service)
    running = len(table["sync_daemons"])
    if (configuration.get("global_defs") or {}).get("lvs_sync_daemon") and running != 1:
        yield (
            f"{host}: {running} sync daemons run instead of one: while it is BACKUP it would direct too, and packets "
            "could loop. Reload keepalived there; restart it only while it holds no VIP."
        )


def _unserved(seen: Seen, host: str, written: Mapping[str, Any], service: Mapping[str, Any]) -> Iterator[str]:
    weights = {_place(one): one["weight"] for one in service["real_servers"]}
    silent = []
    for one in written.get("real_servers") or ():
        address, port = plain_address(one.get("address")), one.get("port") or service["port"]
        weight = weights.get((address, port))
        if not weight and one.get("weight") != 0:
            server = seen.host_of_address.get(address, address)
            silent.append(f"{server} ({'missing' if weight is None else 'weight 0'})")
    name = service_name(service)
    if not any(weights.values()):
        yield f"{host}: no real server of {name} gets new connections."
    elif silent:
        yield f"{host}: real servers of {name} that get no new connections: {', '.join(silent)}."


def service_name(service: Mapping[str, Any]) -> str:
    """A virtual server in words, with the VIP that it serves: web tcp 10.0.0.1:80; or its mark."""
    if service.get("fwmark"):
        return f"firewall mark {service['fwmark']} ({service['family']})"
    address = str(service["address"])
    shown = f"[{address}]" if ":" in address else address
    return f"{service.get('vip', '')} {service['protocol']} {shown}:{service['port']}".strip()
