# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for /etc/hosts with the names of VIPs and hosts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The markers around the managed block. Role etc_hosts has the same.
MARKER = "# {mark} k8s_edge.ha: VIPs and hosts"


def host_names(vips: Sequence[Vip], hostvars: Mapping[str, Any], domain: str) -> list[str]:
    """One line for each host in the declared order, then one for each VIP."""
    return [*_hosts(vips, hostvars, domain), *_vips(vips, domain)]


def _hosts(vips: Sequence[Vip], hostvars: Mapping[str, Any], domain: str) -> Iterator[str]:
    for host in dict.fromkeys(host for vip in vips for host in (*vip.hosts, *(vip.servers if vip.proxied else ()))):
        address = stated_address(host, hostvars[host])
        if address and address != host:
            yield _line(address, [host], domain)


def _vips(vips: Sequence[Vip], domain: str) -> Iterator[str]:
    for vip in vips:
        for address in vip.addresses:
            yield _line(str(address.ip), [vip.name, *([vip.endpoint] if vip.endpoint else [])], domain)


def _line(address: str, names: Sequence[str], domain: str) -> str:
    """A line with the short name first, followed by the one with the domain. A name that contains a dot gets no
    domain."""
    long = [f"{name}.{domain}" for name in names if domain and "." not in name]
    return " ".join([address, *dict.fromkeys([*names, *long])])
