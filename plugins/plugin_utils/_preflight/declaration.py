# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are valid but probably not intended. Pure. Invalid settings are problems of the derivation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import instance_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import NOTE, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet


def declaration_findings(fleet: Fleet) -> Iterator[Finding]:
    """VIPs without a second host, and VIPs that are not spread over their hosts."""
    for vip in fleet.vips:
        if len(vip.hosts) == 1:
            reason = f"has one host, {vip.hosts[0]}: when it is down, nobody takes the VIP"
            yield Finding(WARNING, (), vip.path, reason, "Add a second host to its group")
    yield from _uneven(fleet)


def _uneven(fleet: Fleet) -> Iterator[Finding]:
    spread = [vip for vip in fleet.vips if not vip.directed and len(vip.hosts) > 1]
    for hosts in dict.fromkeys(vip.hosts for vip in spread):
        mine = [vip for vip in spread if vip.hosts == hosts]
        try:
            led = {host: set(fleet.derivation.led_by(host)) for host in hosts}
        except EdgeError:
            return  # reported as a problem of the declaration
        count = Counter(dict.fromkeys(hosts, 0))
        count.update(host for vip in mine for host in hosts if instance_name(vip, vip.addresses[0]) in led[host])
        if max(count.values()) - min(count.values()) > 1:
            listed = ", ".join(f"{host}: {number}" for host, number in count.items())
            reason = f"{len(mine)} VIPs of the same hosts do not spread evenly over them ({listed})"
            yield Finding(NOTE, (), "k8s_edge_vips", reason, "Leave holder and priorities out, and they do")
