# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check each host, and the members of a VIP against each other: interfaces, ports, disks, clocks, versions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, HAPROXY_BEFORE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import ANSWERED_AT, ASKED_AT, Seen

#: Below this many free bytes or inodes a configuration cannot be written reliably.
_NO_ROOM, _LITTLE_ROOM, _FEW_INODES = 16 << 20, 256 << 20, 1000
#: Small on a small machine, as systemd sizes it by the memory, and no log fills it: only no room counts.
_IN_MEMORY = "/run"
#: The largest acceptable difference between members' clocks, in seconds. Logs and certificates depend on the clock.
_APART = 2.0
_OURS = "haproxy"


def host_findings(seen: Seen) -> Iterator[Finding]:
    """The findings on each host, and on hosts that share a VIP."""
    for host, observed in seen.observations.items():
        if observed["deaf"]:
            reason = f"this host could not listen on the network: {observed['deaf']}"
            yield Finding(WARNING, (host,), "", reason, "Without that, outsiders and second holders are not found")
        yield from _taken(host, observed)
        yield from _disks(host, observed)
    yield from _links(seen)
    yield from _clocks(seen)
    yield from _versions(seen)


def _links(seen: Seen) -> Iterator[Finding]:
    try:
        members = seen.fleet.derivation.members
    except EdgeError:
        return  # reported as a problem of the declaration
    for member in members:
        links = {each["name"]: each for each in seen.observations.get(member.host, {}).get("links") or ()}
        link = links.get(member.place.interface)
        if link and not (link["up"] and link["carrier"]):
            what = "has no carrier" if link["up"] else "is down"
            reason = f"interface {link['name']} {what}: keepalived would be in FAULT there"
            remedy = "Check the cable" if link["up"] else f"Bring it up: ip link set {link['name']} up"
            yield Finding(ERROR, (member.host,), member.vip.path, reason, remedy)


def _taken(host: str, observed: Mapping[str, Any]) -> Iterator[Finding]:
    for each in observed["taken"]:
        if _OURS not in each["by"]:
            who = each["by"] or "a process that cannot be seen"
            reason = f"{each['address']} port {each['port']} is taken by {who}, so HAProxy could not listen there"
            remedy = "Make it listen on this host's own address only, or give the VIP another port"
            yield Finding(ERROR, (host,), f"port {each['port']}", reason, remedy)


def _disks(host: str, observed: Mapping[str, Any]) -> Iterator[Finding]:
    for each in observed["disks"]:
        free, inodes = each["free_bytes"], each["free_inodes"]
        if free < (_NO_ROOM if each["path"] == _IN_MEMORY else _LITTLE_ROOM):
            reason = f"{free >> 20} MiB are left"
            yield Finding(ERROR if free < _NO_ROOM else WARNING, (host,), each["path"], reason, "Make room")
        elif inodes is not None and inodes < _FEW_INODES:
            yield Finding(WARNING, (host,), each["path"], f"{inodes} inodes are left", "Remove small files")


def _clocks(seen: Seen) -> Iterator[Finding]:
    """Clock differences, as a lower bound: each host answered within an interval of the controller's time."""
    spans: dict[str, tuple[float, float]] = {}
    for host, observed in seen.observations.items():
        variables = seen.fleet.variables(host)
        asked, answered = variables.get(ASKED_AT), variables.get(ANSWERED_AT)
        if asked and answered:
            spans[host] = observed["clock"] - float(answered), observed["clock"] - float(asked)
    for vip in seen.fleet.vips:
        known = [host for host in vip.hosts if host in spans]
        for index, one in enumerate(known):
            for other in known[index + 1 :]:
                apart = max(spans[one][0] - spans[other][1], spans[other][0] - spans[one][1])
                if apart > _APART:
                    reason = f"their clocks differ by at least {apart:.0f} s"
                    yield Finding(WARNING, (one, other), "clock", reason, "Use the same time servers on both")


def _versions(seen: Seen) -> Iterator[Finding]:
    for name, variable in (("keepalived", BEFORE), ("HAProxy", HAPROXY_BEFORE)):
        for vip in seen.fleet.vips:
            if name == "HAProxy" and not vip.proxied:
                continue
            found: dict[str, list[str]] = {}
            for host in vip.hosts:
                version = str((seen.fleet.variables(host).get(variable) or {}).get("version") or "")
                if version:
                    found.setdefault(".".join(version.split(".")[:2]), []).append(host)
            if len(found) > 1:
                listed = ", ".join(f"{version} on {' and '.join(hosts)}" for version, hosts in sorted(found.items()))
                reason = f"members run different versions: {listed}"
                remedy = "Install one version on all, first on hosts that hold no VIP"
                yield Finding(WARNING, vip.hosts, name, reason, remedy)
