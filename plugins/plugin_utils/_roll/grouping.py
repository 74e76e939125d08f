# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New instances that join the sync group of a MASTER: loaded first, added to the group by a second reload.

In a single reload keepalived starts the new instance as BACKUP, and the whole group with it. The group's addresses are
then unavailable until no peer has been heard for three intervals. When both are MASTER, joining costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import joining
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import (
    coming_instances,
    live_states,
    written_instances,
)


def grouped_later(
    info: Mapping[str, Any], desired: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The new instances that join a sync group of which the host is MASTER, according to ``keepalived_info``."""
    states = live_states(info) if info.get("active") else {}
    found = joining(list(written_instances(info).values()), coming_instances(info, desired), groups)
    late = [name for kept, names in found.items() if states.get(kept) == "MASTER" for name in names]
    return list(dict.fromkeys(late))


def first_groups(
    info: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], later: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The sync groups for the first reload. A group that is itself new is added by the second reload."""
    there = {each.get("name") for each in (info.get("configuration") or {}).get("sync_groups") or ()}
    found: list[Mapping[str, Any]] = []
    for each in groups:
        names = each.get("group") or ()
        early = [name for name in names if name not in later]
        if len(early) == len(names):
            found.append(each)
        elif each.get("name") in there:
            found.append({**each, "group": early})
    return found
