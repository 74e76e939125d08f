# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand-made configuration on the hosts of a VIP that conflicts with the declaration. Pure.

It is reported for all hosts together, before any is changed. Otherwise keepalived_config would refuse the address on
each host, after HAProxy on that host has been changed."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import EVERYWHERE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import agreement, instance_name, router_id
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    BEFORE,
    HAPROXY_BEFORE,
    instance_addresses,
    live_states,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Interface, Vip

#: Different virtual router IDs make two virtual routers, each with a MASTER of its own.
_DEAF = " The holder is changed first. Its peers, which would not accept its adverts, are stopped until their turn."

Hostvars = Mapping[str, Mapping[str, Any]]


class Foreign(NamedTuple):
    """``problems`` stop the run; the list then has every finding. ``notes`` say what happens to the found
    configuration."""

    problems: list[str]
    notes: list[str]


def foreign(vips: Sequence[Vip], hosts: Sequence[str], hostvars: Hostvars) -> Foreign:
    """The conflicting configuration on those ``hosts`` that were read."""
    found = Foreign([], [])
    more: list[str] = []
    ours = {instance_name(vip, address) for vip in vips for address in vip.addresses}
    names: dict[str, None] = {}
    for vip in vips:
        members = [host for host in vip.hosts if host in hosts]
        for address in vip.addresses:
            for (name, router), holders in _holders(str(address.ip), members, hostvars, ours).items():
                names[name] = None
                _tell_instance(found, vip, address, name, router, holders, hostvars)
        if vip.proxied:
            more.extend(_listeners(vip, members, hostvars))
    more.extend(_split(names, hosts, hostvars))
    (found.problems if found.problems else found.notes).extend(more)
    return found


def _holders(
    address: str, members: Sequence[str], hostvars: Hostvars, ours: set[str]
) -> dict[tuple[str, Any], list[str]]:
    """The hosts with an undeclared instance that has the address, by the instance's name and virtual router ID."""
    found: dict[tuple[str, Any], list[str]] = {}
    for host in members:
        declared = {each.get("name") for each in hostvars[host].get("keepalived_instances") or ()}
        for name, written in written_instances(hostvars[host].get(BEFORE) or {}).items():
            if name not in ours | declared and address in instance_addresses(written):
                found.setdefault((name, written.get("virtual_router_id")), []).append(host)
    return found


def _tell_instance(
    found: Foreign, vip: Vip, interface: Interface, name: str, router: Any, holders: Sequence[str], hostvars: Hostvars
) -> None:
    address = str(interface.ip)
    what = f"instance {name} (virtual router ID {router})"
    kept = [host for host in holders if not truth(hostvars[host].get("keepalived_purge"))]
    gone = [host for host in holders if host not in kept]
    if kept:
        reason = f"is already the address of {what} in keepalived.conf of {_and(kept)}, which is not declared"
        remedy = (
            "To take it over, set keepalived_purge: true (and haproxy_purge: true for HAProxy): the run then removes "
            "from these files what nothing declares, and the plan shows all of it first. What else is to stay in them "
            "has to be declared (keepalived_instances, haproxy_frontends and the like). To leave it alone, declare "
            "another address"
        )
        found.problems.append(str(Problem(f"{vip.path}.addresses", address, reason, remedy)))
    if gone:
        found.notes.append(
            f"{what} in keepalived.conf of {_and(gone)} is replaced by VIP {vip.name}, which gets {address}."
            + (_DEAF if router != router_id(vip, interface) else "")
        )


def _listeners(vip: Vip, members: Sequence[str], hostvars: Hostvars) -> Iterator[str]:
    """Undeclared listeners of HAProxy on a port of the VIP: they stay beside the new one, or purge removes them."""
    own = {f"{each.backend}_vip" for each in vip.fronts}
    places = {"", *EVERYWHERE, *(str(each.ip) for each in vip.addresses)}
    ports = {str(each.port) for each in vip.fronts}
    found: dict[tuple[str, str, bool], list[str]] = {}
    for host in members:
        variables = hostvars[host]
        kinds = ("haproxy_frontends", "haproxy_listens")
        known = own | {each.get("name") for kind in kinds for each in variables.get(kind) or ()}
        purge = truth(variables.get("haproxy_purge"))
        for section, where, port in _binds(variables.get(HAPROXY_BEFORE) or {}, known):
            if where in places and port in ports:
                found.setdefault((section, f"{where}:{port}", purge), []).append(host)
    for (section, bound, purge), hosts in found.items():
        becomes = "is removed (haproxy_purge)" if purge else "stays, and connections to the VIP go to the new one"
        yield f"{section} in haproxy.cfg of {_and(hosts)} listens on {bound}; it {becomes}."


def _binds(info: Mapping[str, Any], known: Container[Any]) -> Iterator[tuple[str, str, str]]:
    """Section, address and port of each bind line in the sections that are not ``known``."""
    written = info.get("config") or {}
    for kind in ("frontends", "listens"):
        for section in written.get(kind) or ():
            if section.get("name") not in known:
                for bind in section.get("bind") or ():
                    yield f"{kind[:-1]} {section.get('name')}", str(bind.get("address") or "*"), str(bind.get("port"))


def _split(names: Iterable[str], hosts: Sequence[str], hostvars: Hostvars) -> Iterator[str]:
    for name in names:
        infos = {host: hostvars[host].get(BEFORE) or {} for host in hosts}
        masters = [host for host in hosts if live_states(infos[host]).get(name) == "MASTER"]
        if len(masters) > 1:
            written = {host: agreement(written_instances(infos[host]).get(name) or {}) for host in masters}
            yield f"instance {name} is MASTER on {_and(masters)} at once: {_disagreement(written)}."


def _disagreement(written: Mapping[str, Mapping[str, Any]]) -> str:
    """Why hosts ignore each other's advertisements, judged by their files."""
    differing = {}
    for key in dict.fromkeys(key for each in written.values() for key in each if key != "unicast_src_ip"):
        by_host = {host: _worded(each.get(key)) for host, each in written.items()}
        if len(set(by_host.values())) > 1:
            differing[key] = ", ".join(f"{value} on {host}" for host, value in by_host.items())
    if not differing:
        return "their files agree, so the adverts of one do not reach the other, or are rejected there"
    return "their files disagree (" + "; ".join(f"{key}: {values}" for key, values in differing.items()) + ")"


def _worded(value: Any) -> str:
    if isinstance(value, list):
        return _and([str(each) for each in value]) or "none"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
