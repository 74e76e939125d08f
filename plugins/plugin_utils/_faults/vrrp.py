# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of keepalived.conf that keepalived accepts, in one file and across the files of several hosts. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError, Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import unknown_options
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.config import plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.fault import Fault, of_problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.routers import Router, peers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import plain_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, NOTE, WARNING

#: The longest acceptable advertisement interval, in seconds: above it a failed holder is noticed too late.
LONG_INTERVAL = 2.0
#: Commands that only check whether a process is alive.
LIVES = re.compile(r"\b(killall5?\s+-0|pidof|pgrep|systemctl\s+(-\S+\s+)*is-active|kill\s+-0)\b")
#: Options that must be equal on all members of a virtual router.
AGREED = ("interface", "version", "advert_int", "virtual_router_id")
_TRACKS = ("track_script", "track_process", "track_file", "track_interface")


def file_faults(source: Source, values: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of one file by itself."""
    host, text = (source.host,), source.keepalived or ""
    yield from _refused(source.host, text, values)
    yield from _scripts(host, values)
    for instance in values.get("instances") or ():
        if "name" in instance:
            yield from _instance(host, instance)
    bare = _without_prefix(text)
    if bare:
        reason = f"{', '.join(bare)} {'has' if len(bare) == 1 else 'have'} no prefix, and keepalived takes /32 (/128)"
        yield Fault(
            "prefix", WARNING, host, "virtual_ipaddress", reason, "Write the prefix", "the address with its prefix"
        )


def _refused(host: str, text: str, values: Mapping[str, Any]) -> Iterator[Fault]:
    """What the modules would refuse to write, and keywords that keepalived does not know."""
    refused: list[Problem] = []
    document = parse(text)
    unknown = list(unknown_options(document))
    try:
        plan_table("", CONFIGURATION, dict(values))
    except InputError as error:
        refused = [each for each in error.problems if not (unknown and _may_be_set_elsewhere(each))]
    for problem in refused:
        yield of_problem(problem, host, "keepalived.conf")
    refused_options = " ".join(problem.option for problem in refused)
    for block in unknown:
        words = [each for each in block["options"] if not re.search(rf"\b{re.escape(each)}\b", refused_options)]
        if words:
            reason = f"{', '.join(words)} cannot be read as keepalived's manual has it, so keepalived may ignore it"
            yield Fault("unknown", WARNING, (host,), f"keepalived.conf: {block['block']}", reason, "Look it up")
    for word in _ignored(text):
        reason = "is no keyword of keepalived, which ignores the line"
        yield Fault("ignored", ERROR, (host,), f"keepalived.conf: {word}", reason, "Leave it out", "left out")


def _may_be_set_elsewhere(problem: Problem) -> bool:
    """Whether a missing value may be set in a line that cannot be read: a parameter, a condition, an include."""
    return problem.reason.startswith(("is missing", "is not defined", "is no instance"))


#: Keywords found in old articles that current versions of keepalived do not know.
_GONE = re.compile(r"^\s*(nat_mask|lb_mask|vrrp_version_strict|authtype)\b", re.MULTILINE)


def _ignored(text: str) -> list[str]:
    return list(dict.fromkeys(_GONE.findall(text)))


def _without_prefix(text: str) -> list[str]:
    document = parse(text)
    return [
        line.keyword
        for statement in document.statements(document.root)
        if statement.keyword == "vrrp_instance" and statement.block is not None
        for inner in document.statements(statement.block)
        if inner.keyword in ("virtual_ipaddress", "virtual_ipaddress_excluded") and inner.block is not None
        for line in document.statements(inner.block)
        if plain_address(line.keyword) and "/" not in line.keyword
    ]


def _scripts(host: tuple[str, ...], values: Mapping[str, Any]) -> Iterator[Fault]:
    settings = values.get("global_defs") or {}
    for script in values.get("scripts") or ():
        about, command = f"vrrp_script {script.get('name')}", str(script.get("script") or "")
        if LIVES.search(command):
            reason = f"{command!r} asks whether a process lives, which does not say that it serves"
            remedy = "Track the process (vrrp_track_process), and ask the service over HTTP or TCP"
            yield Fault("lives", WARNING, host, about, reason, remedy, "track_process and HAProxy's health page")
        if not settings.get("enable_script_security"):
            reason = "runs as root, whoever may write it, since script security is off"
            remedy = "Set enable_script_security, and a script_user"
            yield Fault("script-security", WARNING, host, about, reason, remedy, "both")


def _instance(host: tuple[str, ...], instance: Mapping[str, Any]) -> Iterator[Fault]:
    about = f"vrrp_instance {instance['name']}"
    if str(instance.get("initial_state")).upper() == "MASTER":
        reason = "begins as MASTER, and takes the VIP as soon as it starts, whether it can serve or not"
        yield Fault("master", WARNING, host, about, reason, "Let every member begin as BACKUP", "BACKUP")
    interval = instance.get("advert_int")
    if isinstance(interval, (int, float)) and interval >= LONG_INTERVAL:
        priority = instance.get("priority")
        gone = 3 * interval + (256 - (priority if isinstance(priority, int) else 100)) / 256 * interval
        reason = f"advert_int {interval:g} lets a lost holder be missed for {gone:.0f} s"
        yield Fault("interval", WARNING, host, about, reason, "Advertise every second, or more often", "advert_int 1")
    if (instance.get("authentication") or {}).get("auth_pass"):
        reason = "auth_pass is sent in clear with every advertisement, and counts to its eighth character only"
        remedy = "Do not rely on it: limit VRRP to the peers (unicast, firewall)"
        yield Fault("password", NOTE, host, about, reason, remedy)


def fleet_faults(found: Sequence[Router], values: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """The faults across the files of all hosts. ``values``: the values of keepalived.conf by host."""
    for router in found:
        if len(router.members) > 1:
            yield from _disagreeing(router)
            yield from _priorities(router)
            yield from _tracking(router)
            yield from _peers(router)
        yield from _weights(router, values)
    yield from _one_file(values)
    yield from _shared_ids(found)


def _disagreeing(router: Router) -> Iterator[Fault]:
    about = f"vrrp_instance {router.name}"
    addresses = {
        host: frozenset(plain_address(each.get("address")) for each in one.get("virtual_ipaddress") or ())
        for host, one in router.members.items()
    }
    if len(set(addresses.values())) > 1:
        listed = "; ".join(f"{host}: {', '.join(sorted(each)) or 'none'}" for host, each in addresses.items())
        reason = (
            f"its members have other addresses ({listed}), so each drops what the others send, and none of them follows"
        )
        remedy = "Give every member the same virtual_ipaddress"
        yield Fault("addresses", ERROR, router.hosts, about, reason, remedy, "the same addresses on all")
    for option in AGREED:
        by_host = {host: one.get(option) for host, one in router.members.items()}
        if option != "interface" and len(set(map(str, by_host.values()))) > 1:
            listed = "; ".join(f"{host}: {value}" for host, value in by_host.items())
            reason = f"{option} differs ({listed}), and members do not hear each other"
            yield Fault("agreed", ERROR, router.hosts, about, reason, "Give all the same", "the same on all")


def _priorities(router: Router) -> Iterator[Fault]:
    about = f"vrrp_instance {router.name}"
    often = Counter(one.get("priority", 100) for one in router.members.values())
    for priority, number in often.items():
        if number > 1:
            hosts = tuple(host for host, one in router.members.items() if one.get("priority", 100) == priority)
            reason = f"priority {priority} is that of {number} members, so the highest address decides"
            yield Fault("priority", ERROR, hosts, about, reason, "Give each its own", "distinct priorities")
    masters = [h for h, one in router.members.items() if str(one.get("initial_state")).upper() == "MASTER"]
    if len(masters) > 1:
        reason = "several members begin as MASTER, and each takes the VIP when it starts"
        yield Fault("masters", ERROR, tuple(masters), about, reason, "Let every member begin as BACKUP", "BACKUP")


def _tracking(router: Router) -> Iterator[Fault]:
    tracked = {host: {each: bool(one.get(each)) for each in _TRACKS} for host, one in router.members.items()}
    for option in _TRACKS:
        without = tuple(host for host, each in tracked.items() if not each[option])
        if without and len(without) < len(tracked):
            reason = (
                f"has no {option}, which other members have, so that it would hold the VIP without being able to serve"
            )
            remedy = "Let every member track the same"
            yield Fault(
                "tracking", ERROR, without, f"vrrp_instance {router.name}", reason, remedy, "the same on all members"
            )


def _peers(router: Router) -> Iterator[Fault]:
    about = f"vrrp_instance {router.name}"
    named = {host: peers(one) for host, one in router.members.items()}
    own = {host: plain_address(one.get("unicast_src_ip")) for host, one in router.members.items()}
    if any(named.values()) and not all(named.values()):
        hosts = tuple(host for host, each in named.items() if not each)
        reason = "uses multicast, and other members unicast: they do not hear each other"
        yield Fault("peers", ERROR, hosts, about, reason, "Name the peers on all", "unicast_peer on all")
        return
    for host, each in named.items():
        missing = [other for other in named if other != host and own[other] and each and own[other] not in each]
        if missing:
            reason = f"does not name {', '.join(missing)} as a peer, which then does not hear it"
            yield Fault("peers", ERROR, (host,), about, reason, "Name every other member", "unicast_peer on all")


def _weights(router: Router, values: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Weights too small to matter: when a check fails, the host's priority must drop below the highest priority of its
    healthy peers."""
    ranks = {host: int(one.get("priority") or 100) for host, one in router.members.items()}
    if len(ranks) < 2 or any(not isinstance(one.get("priority", 100), int) for one in router.members.values()):
        return
    weights = {host: dict(_weights_of(one, values[host])) for host, one in router.members.items()}
    best = {host: ranks[host] + sum(each for each in weights[host].values() if each > 0) for host in ranks}
    for host, mine in weights.items():
        rival = max((best[other] for other in best if other != host), default=0)
        for name, weight in mine.items():
            falls = best[host] - abs(weight)
            if weight and best[host] >= rival and falls >= rival:
                reason = (
                    f"{name} has weight {weight}: where it fails on {host}, that has priority {falls} and the best of "
                    f"the others {rival}, so the VIP stays where nothing serves it"
                )
                remedy = "Give a weight that overcomes every gap between members, or 0, which takes the host out"
                yield Fault("weight", ERROR, (host,), f"vrrp_instance {router.name}", reason, remedy, "weight 0: FAULT")


def _weights_of(instance: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    common = {each.get("name"): each.get("weight") for each in values.get("scripts") or ()}
    for entry in instance.get("track_script") or ():
        weight = entry.get("weight", common.get(entry.get("name")))
        text = str(weight or 0).partition(" ")[0]
        if text.lstrip("+-").isdigit():
            yield str(entry.get("name")), int(text)


def _one_file(values: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    names: dict[str, list[str]] = {}
    for host, each in values.items():
        name = (each.get("global_defs") or {}).get("router_id")
        if name:
            names.setdefault(str(name), []).append(host)
    for name, hosts in names.items():
        if len(hosts) > 1:
            reason = f"{name!r} is that of {len(hosts)} hosts, so mails and logs do not say which of them speaks"
            remedy = "Give each host's own name"
            yield Fault("router-id", WARNING, tuple(hosts), "router_id", reason, remedy, "the host's name")


def _shared_ids(found: Sequence[Router]) -> Iterator[Fault]:
    seen: dict[Any, Router] = {}
    for router in found:
        for one in router.members.values():
            key = one.get("virtual_router_id"), one.get("interface")
            other = seen.setdefault(key, router)
            if other is not router and other.hosts != router.hosts and None not in key:
                hosts = tuple(dict.fromkeys([*other.hosts, *router.hosts]))
                reason = (
                    f"virtual router ID {key[0]} is also that of {other.name}; on one network they disturb each other"
                )
                remedy = "Give each virtual router of a network its own"
                yield Fault("shared-id", WARNING, hosts, f"vrrp_instance {router.name}", reason, remedy)
                break
