# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VIPs that trade their addresses or virtual router IDs, found before any host is touched.

keepalived would be MASTER without an address after the reload (module_utils/_keepalived/plan/impact.py), and only a
restart would help. Which host leads does not matter: the peers of the first that is changed are silent, so it leads
all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import traded
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import written_instances
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip


def trades(
    vips: Sequence[Vip], desired: Mapping[str, Sequence[Mapping[str, Any]]], infos: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """A problem for each VIP whose address would be lost. ``desired`` are each host's instances to be, ``infos`` what
    ``keepalived_info`` said there."""
    told: set[str] = set()
    for host, info in infos.items():
        if not info.get("active"):
            continue
        written = written_instances(info)
        wanted = {each["name"]: each for each in desired.get(host, ())}
        coming: list[Mapping[str, Any]] = [{**each, **wanted.get(name, {})} for name, each in written.items()]
        coming += [each for name, each in wanted.items() if name not in written]
        for address in traded(list(written.values()), coming):
            vip = next((vip for vip in vips if address in [str(each.ip) for each in vip.addresses]), None)
            if vip is not None and address not in told:
                told.add(address)
                yield Problem(
                    f"{vip.path}.virtual_router_id on host {host}",
                    None,
                    "VIPs trade addresses or virtual router IDs here, and keepalived would be MASTER without "
                    f"{address} after its reload",
                    "Set virtual_router_id of this VIP to a number that no VIP has or had there, and run. A later run "
                    "may give it another one",
                )
