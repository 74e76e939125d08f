# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host after mending: faults are corrected, and what a VIP replaces is left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.vips import Adopted
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import EVERYWHERE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import HAPROXY
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.proxies import Proxy
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.vrrp import LIVES

Variables = Mapping[str, Any]

#: The scheduler that keepalived uses if the configured one is unknown to it.
SCHEDULER = "wlc"
_KINDS = {"haproxy_frontends": "frontend", "haproxy_listens": "listen", "haproxy_backends": "backend"}
#: A VIP of 60 nodes may need this many connections; a lower global maxconn is dropped.
_ENOUGH = 4000


def keepalived(variables: Variables, mine: Sequence[Adopted], copied: bool, whole: bool) -> dict[str, Any]:
    """The mended variables of role keepalived. ``mine``: the VIPs that the host is a member of. ``copied``: another
    host has the same router_id. ``whole``: the variables cover the whole file, so purge may be set."""
    found = dict(variables)
    gone = {(str(vip.router.members[host]["name"])) for vip in mine for host in vip.router.members}
    services = {key for vip in mine for key in vip.services}
    settings = {
        key: value for key, value in (found.pop("keepalived_global_defs", None) or {}).items() if value is not None
    }
    if copied:
        settings.pop("router_id", None)
    settings.pop("enable_script_security", None)
    user = settings.pop("script_user", None)
    found.pop("keepalived_script_user", None)
    if user:
        found["keepalived_script_user"] = user
    if settings:
        found["keepalived_global_defs"] = settings
    instances = [_instance(one) for one in found.pop("keepalived_instances", ()) if one["name"] not in gone]
    tracked = {
        str(entry.get("name"))
        for one in [*instances, *(vip.entry["instance"] for vip in mine)]
        for entry in one.get("track_script") or ()
    }
    servers = [
        _service(one)
        for one in found.pop("keepalived_virtual_servers", ())
        if (one.get("address"), one.get("port")) not in services
    ]
    kept = {
        "keepalived_instances": instances,
        "keepalived_virtual_servers": servers,
        "keepalived_scripts": [one for one in found.pop("keepalived_scripts", ()) if one["name"] in tracked],
        "keepalived_track_processes": [
            *(found.pop("keepalived_track_processes", ())),
            *([{"name": HAPROXY, "process": HAPROXY, "weight": 0}] if _watched_by_hand(mine) else []),
        ],
    }
    found.update({name: value for name, value in kept.items() if value})
    if mine and whole:
        found["keepalived_purge"] = True
    return found


def _watched_by_hand(mine: Sequence[Adopted]) -> bool:
    return any("track_process" in vip.entry["instance"] for vip in mine)


def watched(vip: Adopted, values_by_host: Mapping[str, Variables]) -> dict[str, Any]:
    """What the instances of a VIP track in addition to what is derived.

    Kept with weight 0: the scripts that all members track and that check more than whether a process is alive. Added:
    HAProxy's process, if a script checked it and no VIP leads through HAProxy."""
    members = vip.router.members
    commands = {
        str(each.get("name")): str(each.get("script"))
        for host in members
        for each in values_by_host[host].get("scripts") or ()
    }
    lists = [[str(each.get("name")) for each in one.get("track_script") or ()] for one in members.values()]
    named = list(dict.fromkeys(name for each in lists for name in each))
    proxied = vip.entry.get("profile") in ("tcp", "kube_apiserver")
    living = [name for name in named if LIVES.search(commands.get(name, ""))]
    kept = [name for name in named if name not in living and name in commands and all(name in each for each in lists)]
    found: dict[str, Any] = {}
    if kept:
        found["track_script"] = [
            *([{"name": HAPROXY}] if proxied else []),
            *({"name": each, "weight": 0} for each in kept),
        ]
    if not proxied and any(HAPROXY in commands[name] for name in living):
        found["track_process"] = [{"name": HAPROXY}]
    return found


def _instance(instance: Variables) -> dict[str, Any]:
    return {**instance, **({"initial_state": "BACKUP"} if "initial_state" in instance else {})}


def _service(service: Variables) -> dict[str, Any]:
    """The virtual server, with explicit values where keepalived reads something else than what is written."""
    found = dict(service)
    if found.get("persistence_timeout") == 0:
        del found["persistence_timeout"]
    found.setdefault("lb_algo", SCHEDULER)
    return {**found, "exact": True} if found != service else found


def haproxy(variables: Variables, mine: Sequence[Adopted], whole: bool) -> dict[str, Any]:
    """The mended variables of role haproxy. ``mine`` and ``whole`` as for ``keepalived``."""
    found = dict(variables)
    gone = {key for vip in mine for key in vip.absorbed}
    settings = {key: value for key, value in (found.pop("haproxy_global", None) or {}).items() if value is not None}
    options = str(settings.get("ssl_default_bind_options") or "")
    if "no-sslv3" in options and "ssl-min-ver" not in options and "no-tlsv10" not in options:
        settings["ssl_default_bind_options"] = f"{options.replace('no-sslv3', '').strip()} ssl-min-ver TLSv1.2".strip()
    if not any("level admin" in str(each) for each in settings.get("stats_socket") or ()):
        settings.pop("stats_socket", None)
    if gone and str(settings.get("maxconn") or "").isdigit() and int(settings["maxconn"]) < _ENOUGH:
        del settings["maxconn"]
    defaults = _without_none(found.pop("haproxy_defaults", None) or {})
    found.update(
        {name: value for name, value in (("haproxy_global", settings), ("haproxy_defaults", defaults)) if value}
    )
    for name, kind in _KINDS.items():
        kept = [_hidden(kind, one, defaults) for one in found.pop(name, ()) if (kind, one.get("name")) not in gone]
        if kept:
            found[name] = kept
    if gone and whole:
        found["haproxy_purge"] = True
    return found


def _without_none(value: Variables) -> dict[str, Any]:
    """``value`` without None and empty dictionaries, recursively."""
    return {
        key: _without_none(one) if isinstance(one, Mapping) else one
        for key, one in value.items()
        if one is not None and one != {}
    }


def _hidden(kind: str, section: Variables, defaults: Variables) -> dict[str, Any]:
    """The section; if it serves statistics on every address, it is bound to 127.0.0.1 instead."""
    found = dict(section)
    proxy = Proxy(kind, section, defaults)
    if kind != "backend" and proxy.mode == "http" and _shows_statistics(section):
        found["bind"] = [
            {**each, "address": "127.0.0.1"} if str(each.get("address") or "*") in EVERYWHERE else each
            for each in section.get("bind") or ()
        ]
    return found


def _shows_statistics(section: Variables) -> bool:
    lines = [str(each) for key, one in section.items() if isinstance(one, list) for each in one if key != "bind"]
    return any(each.startswith(("stats enable", "stats uri", "stats auth")) for each in lines) or "stats" in section
