# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the VIPs by all that the hosts say and see, and which hosts have to be asked again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.holders import wire_notes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.verdict import faults, unstartable

#: What edge_info answered when the host was read.
ANSWER = "k8s_edge_seen"

Answers = Mapping[str, Mapping[str, Any]]


def vip_faults(fleet: Fleet, keepalived: Answers, haproxy: Answers, wires: Answers) -> list[str]:
    """A sentence for each fault. The answers are those of the info modules and of vip_preflight by host; without
    ``wires`` nothing is said of who answers on the network."""
    seen = wire_notes(Seen(fleet, wires, keepalived)) if wires else []
    return [
        *faults(fleet.vips, keepalived, fleet.down),
        *seen,
        *unstartable(fleet.hosts, keepalived, haproxy),
    ]


def hosts_to_verify(fleet: Fleet) -> list[str]:
    """The hosts that have to be asked whether all is well: those that share a VIP with one that changes. Of the others
    the reading at the start is the answer, unless it has found something wrong. Directors and hosts with SELinux are
    always asked, for what is not read at the start."""
    answers = {host: fleet.variables(host).get(ANSWER) or {} for host in fleet.hosts}
    complete = all("wire" in each and "probe" in each for each in answers.values())
    if not complete or fleet.leaving or list(_wrong(fleet, answers)):
        return fleet.hosts
    again = set(fleet.beside_changing)
    return [
        host for host in fleet.hosts if host in again or _directs(answers[host]) or _confined(fleet.variables(host))
    ]


def _wrong(fleet: Fleet, answers: Answers) -> Iterator[str]:
    for answer in answers.values():
        if answer["probe"]["failed"] or answer["wire"]["failed"]:
            yield str(answer["probe"].get("msg") or answer["wire"].get("msg"))
    by_kind = ({host: each[kind] for host, each in answers.items()} for kind in ("keepalived", "haproxy", "wire"))
    yield from vip_faults(fleet, *by_kind)


def _directs(answer: Mapping[str, Any]) -> bool:
    return bool((answer["keepalived"].get("configuration") or {}).get("virtual_servers"))


def _confined(variables: Mapping[str, Any]) -> bool:
    return bool(((variables.get("ansible_facts") or {}).get("selinux") or {}).get("status") != "disabled")
