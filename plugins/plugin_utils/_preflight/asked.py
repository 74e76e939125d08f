# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host must examine, derived from the declaration: options of ``vip_preflight`` and ``vip_probe``. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import endpoints
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet


def options_by_host(fleet: Fleet) -> dict[str, dict[str, Any]]:
    """The options by host, without those that the playbook sets (``listen``, ``ca``). ``endpoints`` is for vip_probe,
    all others are for vip_preflight."""
    return {host: _host_options(fleet, host) for host in fleet.hosts}


def _host_options(fleet: Fleet, host: str) -> dict[str, Any]:
    mine = [vip for vip in fleet.vips if host in vip.hosts]
    by_hand = fleet.variables(host).get("k8s_edge_interface")
    servers = {
        (server, address, front.server_port): None
        for vip in mine
        if vip.profile.apiservers
        for server in vip.servers
        for address in [stated_address(server, fleet.variables(server))]
        if address
        for front in vip.fronts
    }
    return {
        "addresses": [
            {"address": str(address.ip), **({"interface": interface} if interface else {})}
            for vip in mine
            for interface in [by_hand or vip.interface]
            for address in vip.addresses
        ],
        "ports": [
            {"address": str(address.ip), "port": front.port}
            for vip in mine
            for address in vip.addresses
            for front in vip.fronts
        ],
        "servers": [{"name": name, "address": address, "port": port} for name, address, port in servers],
        "endpoints": endpoints(fleet.vips) if host in fleet.proxied else [],
    }
