# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find instances that exchange addresses or virtual router IDs before any host is changed.

After the reload keepalived would be MASTER without an address (module_utils/_keepalived/plan/impact.py), and only a
restart would help. This holds on every host: the peers of the first changed host are stopped, so it is MASTER of
all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import holds, traded
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    coming_instances,
    written_instances,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip


def lost_address_problems(
    vips: Sequence[Vip], desired: Mapping[str, Sequence[Mapping[str, Any]]], infos: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """A problem for each address that would be lost, of a VIP or of an instance declared by hand. ``desired``: all
    desired instances by host; ``infos``: the results of ``keepalived_info`` by host."""
    reported: set[str] = set()
    for host, info in infos.items():
        if not info.get("active"):
            continue
        coming = coming_instances(info, desired.get(host, ()))
        for address in traded(list(written_instances(info).values()), coming):
            vip = next((vip for vip in vips if address in [str(each.ip) for each in vip.addresses]), None)
            getting = next((each["name"] for each in reversed(coming) if holds(each, address)), None)
            if address not in reported and (vip is not None or getting is not None):
                reported.add(address)
                kind = "VIP" if vip else "instance"
                yield Problem(
                    f"{vip.path if vip else f'keepalived_instances[{getting}]'}.virtual_router_id on host {host}",
                    None,
                    f"{kind}s exchange addresses or virtual router IDs here, and keepalived would"
                    f" be MASTER without {address} after its reload",
                    f"Set virtual_router_id of this {kind} to a number that no {kind} has or had there, and "
                    "run. A later run may give it another one",
                )
