# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS table of this network namespace as a resource."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.desired import desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.kernel import connect, read_services, read_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.model import Key, Table, Timeouts
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.wishes import Wish
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

#: What a kernel has that has just learnt IPVS.
NOTHING = Table({}, Timeouts(900, 120, 300), {})
#: Two runs in one network namespace meet here: nothing has to be made for it, and nothing is left.
_NAMESPACE = "/proc/self/ns/net"
_LOCK_SECONDS = 120.0


class Current(NamedTuple):
    """The table, whether the kernel knows IPVS at all, and what restores the table at boot where that is asked for."""

    table: Table
    known: bool
    boot: Any = None


class Load(NamedTuple):
    """Have the kernel learn IPVS. It does not unlearn it: others may have come to use it."""


class IpvsTable:
    """What is asked of the table. ``whole`` where more of it is read than the services that are asked for."""

    def __init__(self, wish: Wish, ports: Ports, *, whole: bool, boot: Any = None) -> None:
        self.wish = wish
        self.ports = ports
        self.whole = whole or boot is not None
        self.boot = boot
        self.channel = connect()
        #: What was read first, what it shall be, and the keys of all that was changed since.
        self.first: Table | None = None
        self.target = NOTHING
        self.touched: set[Key] = set()
        self._plan = Plan("", "")
        self._judged = False
        self._owner: Any = None

    @contextmanager
    def lock(self) -> Iterator[None]:
        with open(_NAMESPACE, "rb") as namespace:
            _wait_for(namespace.fileno())
            if self.boot is None:
                yield
                return
            with self.boot.files["rules"].lock():
                yield

    def read(self) -> Current:
        """The table; after a change, of its services no more than those that were changed are read again."""
        if self.channel is None:
            table = NOTHING
        elif self.first is None:
            keys = [one.key for one in self.wish.services]
            table = read_table(self.channel) if self.whole else Table(read_services(self.channel, keys))
        else:
            table = self._again(self.first)
        if self.first is None:
            self.first = table
        return Current(table, self.channel is not None, self.boot.read() if self.boot is not None else None)

    def plan(self, current: Current) -> Plan:
        problems: list[Problem] = []
        table = desired(current.table, self.wish, problems)
        refuse(problems)
        self.target = table
        steps: list[Step] = []
        if table != current.table:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.planner import steps as planned

            steps = planned(current.table, table)
            if not current.known:
                steps.insert(0, Step("load the kernel module ip_vs, now", Load()))
        impact = "runtime" if steps else "none"
        warnings: tuple[str, ...] = ()
        if self.boot is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import boot

            steps += boot.steps(current.boot, self.wish, self._ours(table))
        before = after = ""
        if steps:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.planner import texts

            before, after = texts(current.table, table, steps)
            warnings = self._warnings()
        self._plan = Plan(before, after, tuple(steps), impact, warnings)
        return self._plan

    def rehearse(self, plan: Plan) -> None:
        """Everything that can be asked before anything changes: whose the services are, and what the kernel can do."""
        from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import rehearsal

        assert self.first is not None
        rehearsal.judge(plan, self.first, self.wish, self.owner, self.ports)

    def execute(self, deed: Any) -> None:
        if not self._judged:
            self._judged = True
            self.rehearse(self._plan)
        if isinstance(deed, Load):
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import rehearsal

            rehearsal.load("ip_vs", self.ports)
            self.channel = connect()
        elif self.boot is not None and hasattr(deed, "_fields") and type(deed).__module__.endswith(".boot"):
            self.boot.execute(deed)
        elif deed is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs import orders

            if self.channel is None:
                raise EdgeError("The kernel has loaded ip_vs, and still does not answer for it.")
            self.touched.update(orders.keys(deed))
            orders.execute(self.channel, deed)
