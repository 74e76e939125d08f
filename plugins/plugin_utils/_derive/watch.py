# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived watches to know whether a host can serve a VIP, and how much each thing counts.

HAProxy is watched twice: its process, which tells at once, and its own health page, which tells the truth. By default
either takes the host out (weight 0: FAULT). Where the hosts are the apiservers, a dead HAProxy must not: the apiserver
beside it still answers. There everything has a weight, in two steps: a lost HAProxy costs more than a lost apiserver,
and either costs more than the hosts' priorities differ by. So the VIP goes where HAProxy is well, and where it is well
nowhere, to a live apiserver.

Weights are negative: keepalived (2.2.7, process_script_update_priority) leaves a positive one out until its script has
run once, which would drop the holder of a VIP when a script is new in a reload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import health_uri
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The name of the script, and of the tracked process.
HAPROXY = "haproxy"

#: How often the scripts ask. The time limit is keepalived's, in whole seconds, and below the interval.
ASK_HAPROXY = {"interval": 2, "timeout": 1, "rise": 2, "fall": 2}
ASK_APISERVER = {"interval": 3, "timeout": 2, "rise": 2, "fall": 2}

#: Seconds without a process before it counts: systemd starts a HAProxy that crashed again after 0.1.
GRACE = 1

#: The widest gap between priorities that leaves room for all weights below the highest priority, 200.
WIDEST_GAP = 27


class Watch(NamedTuple):
    """What the role says. ``health_port`` is HAProxy's, on loopback; ``folder`` has the scripts; ``check`` goes over
    the script's own options; ``servers``: the VIP leaves a host also where none of its servers answers; ``processes``:
    the kernel tells this host's keepalived of processes."""

    health_port: int = 8404
    folder: str = ""
    check: Mapping[str, Any] = {}
    servers: bool = False
    processes: bool = True


def watchers(
    host: str, vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]], watch: Watch
) -> dict[str, list[dict[str, Any]]]:
    """The vrrp_scripts and vrrp_track_processes of one host, as ``keepalived_config`` takes them."""
    mine = [vip for vip in vips if host in vip.hosts and vip.proxied]
    if not mine:
        return {"scripts": [], "track_processes": []}
    ask = f"{watch.folder}/check-haproxy {watch.health_port}"
    scripts = [overridden({"name": HAPROXY, "exact": True, "script": ask, **ASK_HAPROXY, "weight": 0}, watch.check)]
    for vip in mine:
        if watch.servers:
            also = {"name": servers_script(vip), "script": f"{ask} {health_uri(vip)}", "weight": 0}
            scripts.append({**scripts[0], **also})
        if vip.beside:
            address = f"{stated_address(host, hostvars[host])} {vip.ports[0].server_port}"
            script = f"{watch.folder}/check-apiserver {address}"
            scripts.append(
                {"name": apiserver_script(vip), "exact": True, "script": script, **ASK_APISERVER, "weight": 0}
            )
    process = {"name": HAPROXY, "exact": True, "process": HAPROXY, "weight": 0, "terminate_delay": GRACE}
    return {"scripts": scripts, "track_processes": [process] if watch.processes else []}


def tracked(vip: Vip, watch: Watch, gap: int) -> dict[str, list[dict[str, Any]]]:
    """What the instances of a VIP track. ``gap`` is the widest one between the priorities of its hosts."""
    if not vip.proxied:
        return {}
    little = -(gap + 1)
    haproxy = {"name": HAPROXY, "weight": 2 * little} if vip.beside else {"name": HAPROXY}
    scripts = [{"name": HAPROXY} if watch.check.get("weight") else haproxy]
    if watch.servers:
        scripts.append({"name": servers_script(vip), "weight": little})
    if vip.beside:
        scripts.append({"name": apiserver_script(vip), "weight": little})
    return {"track_script": scripts, **({"track_process": [haproxy]} if watch.processes else {})}


def released(instance: Mapping[str, Any], written: Mapping[str, Any], vip: Vip) -> dict[str, Any]:
    """The lists of an instance in the file from which our own watchers are to go, since it is no longer to track any:
    what is left in each. What others have put there stays."""
    ours = {HAPROXY, servers_script(vip), apiserver_script(vip)}
    left = {}
    for option in ("track_script", "track_process"):
        entries = written.get(option) or []
        stays = [each for each in entries if each.get("name") not in ours]
        if option not in instance and stays != entries:
            left[option] = stays
    return left


def servers_script(vip: Vip) -> str:
    """The script that asks HAProxy whether a server of the VIP answers."""
    return f"{vip.name}-servers"


def apiserver_script(vip: Vip) -> str:
    """The script that asks the apiserver beside HAProxy."""
    return f"{vip.name}-apiserver"
