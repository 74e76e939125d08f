# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived tracks to decide whether a host can serve a VIP, and with which weights.

HAProxy is tracked twice: its process, which is noticed at once, and its health page, which is reliable. By default the
failure of either puts the instance in FAULT (weight 0). Where the hosts run the apiservers, a dead HAProxy must not do
that: the local apiserver still answers. There each check has a weight. The failure of HAProxy costs more than that of
the apiserver, and either costs more than the difference between the hosts' priorities. So the VIP moves to a host whose
HAProxy works or, if there is none, to a host with a live apiserver.

Weights are negative: keepalived (2.2.7, process_script_update_priority) ignores a positive weight until its script has
run once. A new script in a reload would then lower the priority of the holder, which would lose the VIP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import health_uri
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

#: The name of both the script and the tracked process.
HAPROXY = "haproxy"

#: Interval and time limit of the scripts. keepalived takes the time limit in whole seconds; it is below the interval.
ASK_HAPROXY = {"interval": 2, "timeout": 1, "rise": 2, "fall": 2}
ASK_APISERVER = {"interval": 3, "timeout": 2, "rise": 2, "fall": 2}

#: Seconds without a process before it counts as failed. systemd restarts a crashed HAProxy after 0.1 s.
GRACE = 1

#: The largest difference between priorities that leaves room for all weights below the highest priority, 200.
WIDEST_GAP = 27


class Watch(NamedTuple):
    """Settings of the role. ``health_port``: HAProxy's, on loopback. ``directory``: the directory of the scripts.
    ``check``: overrides the options of the script. ``servers``: a host also loses the VIP if none of the VIP's servers
    answers. ``processes``: the kernel notifies keepalived on this host of processes."""

    health_port: int = 8404
    directory: str = ""
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
    ask = f"{watch.directory}/check-haproxy {watch.health_port}"
    scripts = [overridden({"name": HAPROXY, "exact": True, "script": ask, **ASK_HAPROXY, "weight": 0}, watch.check)]
    for vip in mine:
        if watch.servers:
            also = {"name": servers_script(vip), "script": f"{ask} {health_uri(vip)}", "weight": 0}
            scripts.append({**scripts[0], **also})
        if vip.beside:
            address = f"{stated_address(host, hostvars[host])} {vip.ports[0].server_port}"
            script = f"{watch.directory}/check-apiserver {address}"
            scripts.append(
                {"name": apiserver_script(vip), "exact": True, "script": script, **ASK_APISERVER, "weight": 0}
            )
    process = {"name": HAPROXY, "exact": True, "process": HAPROXY, "weight": 0, "terminate_delay": GRACE}
    return {"scripts": scripts, "track_processes": [process] if watch.processes else []}


def tracked(vip: Vip, watch: Watch, gap: int) -> dict[str, list[dict[str, Any]]]:
    """What the instances of a VIP track. ``gap``: the largest difference between the priorities of the VIP's hosts."""
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
    """The tracker lists that ``instance`` must have to stop tracking what is no longer derived: those of ``written``,
    the same instance in the file, without the derived trackers. Trackers set by others are kept. Lists that
    ``instance`` sets itself, and lists without a derived tracker, are left out."""
    ours = {HAPROXY, servers_script(vip), apiserver_script(vip)}
    left = {}
    for option in ("track_script", "track_process"):
        entries = written.get(option) or []
        stays = [each for each in entries if each.get("name") not in ours]
        if option not in instance and stays != entries:
            left[option] = stays
    return left


def servers_script(vip: Vip) -> str:
    """The name of the script that asks HAProxy whether a server of the VIP answers."""
    return f"{vip.name}-servers"


def apiserver_script(vip: Vip) -> str:
    """The name of the script that asks the local apiserver."""
    return f"{vip.name}-apiserver"
