# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which new instances are loaded before their sync group. tests/unit/roles/test_two_hosts.py asks a real keepalived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change


def read(instances: Sequence[Any], groups: Sequence[Any], state: str) -> dict[str, Any]:
    """What keepalived_info says of a host that runs these."""
    return {
        "active": True,
        "configuration": {"instances": list(instances), "sync_groups": list(groups)},
        "instances": [{"name": each["name"], "state": state} for each in instances],
    }


def grouped(groups: Sequence[Any], state: str = "MASTER", before: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
    """What waits where v0 runs and v1 and v2 are new: the instances, and the groups that go first."""
    instances = [
        {
            "name": f"v{n}",
            "interface": "eth0",
            "virtual_router_id": n,
            "virtual_ipaddress": [{"address": f"10.0.0.{n}"}],
        }
        for n in range(3)
    ]
    change = keepalived_change(read(instances[:1], before, state), instances, groups=groups)
    return change["grouped_later"], change["first_groups"]


def test_only_who_joins_a_master_waits_for_its_group() -> None:
    all_new, mixed = {"name": "n", "group": ["v1", "v2"]}, {"name": "m", "group": ["v0", "v1"]}
    assert grouped([mixed]) == (["v1"], [])
    assert grouped([mixed], before=[{"name": "m", "group": ["v0"]}]) == (["v1"], [{"name": "m", "group": ["v0"]}])
    assert grouped([mixed], "BACKUP") == ([], [mixed])
    assert grouped([all_new]) == ([], [all_new])
    assert grouped([]) == ([], [])
