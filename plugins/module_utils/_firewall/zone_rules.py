# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our rules in firewalld's zones as a resource."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.record_file import DIRECTORY, RecordFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.firewalld import ZoneAccess
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import Entry, Found, Remember, View, plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan

#: The record of our rules in firewalld's zones. Without it no rule counts as ours, and none is removed.
RECORD = f"{DIRECTORY}/firewalld.json"


class ZoneRules:
    """The zone rules for the desired state."""

    def __init__(self, desired: Desired, door: ZoneAccess, record: str | None = None) -> None:
        self.desired = desired
        self.door = door
        self.record = RecordFile(record or RECORD)
        #: The result of the last read.
        self.found = Found(View("", {}), frozenset())

    def lock(self) -> AbstractContextManager[None]:
        return self.record.lock()

    def read(self) -> Found:
        ours = entries_in(self.record)
        self.found = Found(self.door.view(self.desired.interfaces, {zone for _layer, zone, _rule in ours}), ours)
        return self.found

    def plan(self, current: Found) -> Plan:
        return plan(current, self.desired)

    def rehearse(self, plan: Plan) -> None:
        """Nothing to do: reading has already found what firewalld would refuse."""

    def execute(self, change: Any) -> None:
        if isinstance(change, Remember):
            self.record.write(_text(change.entries))
        else:
            self.door.turn(change)


def entries_in(record: RecordFile) -> frozenset[Entry]:
    """The entries that the record lists as ours."""
    content = record.read()
    try:
        return frozenset((layer, zone, rule) for layer, zone, rule in json.loads(content or b"[]"))
    except (ValueError, TypeError) as error:
        raise EdgeError(
            f"{record.path}, in which this collection records its own firewall rules, cannot be read: "
            f"{error!r}. Restore a backup of it, or remove it. Without it, this module removes no rule that exists now."
        ) from error


def _text(entries: Iterable[Entry]) -> bytes | None:
    found = sorted(entries)
    return json.dumps(found, indent=1).encode() + b"\n" if found else None
