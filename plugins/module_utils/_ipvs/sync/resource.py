# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS table of this network namespace as a resource."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import connect, read_services, read_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.target import target
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key, Table, Timeouts
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: The table of a kernel that has just loaded IPVS.
NOTHING = Table({}, Timeouts(900, 120, 300), {})
#: Runs in one network namespace lock its file: nothing has to be created for it, and nothing is left behind.
_NAMESPACE = "/proc/self/ns/net"
_LOCK_SECONDS = 120.0


class Current(NamedTuple):
    """The table, whether the kernel has IPVS, and the state of what restores the table at boot where that is
    managed."""

    table: Table
    known: bool
    boot: Any = None


class Load(NamedTuple):
    """Make the kernel load IPVS. It is never unloaded: something else may use it by then."""


class IpvsTable:
    """The table as a resource. ``whole``: all of it is read, not only the desired services. ``supposed`` is the assumed
    table where check mode asks what would follow a change."""

    def __init__(
        self, desired: Desired, system: System, *, whole: bool, boot: Any = None, supposed: Table | None = None
    ) -> None:
        self.desired = desired
        self.system = system
        self.whole = whole
        self.boot = boot
        self.supposed = supposed
        self.channel = connect()
        #: What was read first, the desired table, and the keys of all that has changed since.
        self.first: Table | None = None
        self.target = NOTHING
        self.touched: set[Key] = set()
        self.warnings: list[str] = []
        self._plan: Plan | None = None

    @contextmanager
    def lock(self) -> Iterator[None]:
        with open(_NAMESPACE, "rb") as namespace:
            _wait_for(namespace)
            if self.boot is None:
                yield
                return
            with self.boot.files["rules"].lock():
                yield

    def read(self) -> Current:
        """Read the table; after a change only what was changed. The kernel may have loaded IPVS while this run waited
        for the lock."""
        self.channel = self.channel or connect()
        if self.supposed is not None:
            table = self.supposed
        elif self.channel is None:
            table = NOTHING
        elif self.first is None:
            keys = [one.key for one in self.desired.services]
            table = read_table(self.channel) if self.whole else Table(read_services(self.channel, keys))
        elif self.whole and 2 * len(self.touched) > len(self.first.services):
            table = read_table(self.channel)
        else:
            untouched = {key: one for key, one in self.first.services.items() if key not in self.touched}
            changed = read_services(self.channel, self.touched)
            services = {**untouched, **changed}
            table = read_table(self.channel, services) if self.whole else Table(services)
        if self.first is None:
            self.first = table
        known = self.supposed is not None or self.channel is not None
        return Current(table, known, self.boot.read() if self.boot is not None else None)

    def plan(self, current: Current) -> Plan:
        problems: list[Problem] = []
        table = target(current.table, self.desired, problems)
        refuse(problems)
        self.target = table
        steps: list[Step] = []
        if table != current.table:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan import batches as planner

            steps = planner.steps(current.table, table)
            if not current.known:
                steps.insert(0, Step("load the kernel module ip_vs", Load()))
        impact = "runtime" if steps else "none"
        if self.boot is not None:
            steps += self.boot.steps(current.boot, self.desired, table)
        before = after = ""
        if steps:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan import batches as planner

            before, after = planner.texts(current.table, table, steps)
        plan = Plan(before, after, tuple(steps), impact)
        self._plan = self._plan or plan
        return plan

    def rehearse(self, plan: Plan) -> None:
        """Check what can be checked before a change: which services belong to keepalived, and what the kernel
        supports."""
        self._judge(plan, check_mode=True)

    def _judge(self, plan: Plan, check_mode: bool) -> None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import needs as rehearsal

        first, known = NOTHING if self.first is None else self.first, self.channel is not None
        self.warnings = rehearsal.judge(plan, first, self.desired, self.system, known=known, check_mode=check_mode)

    def execute(self, change: Any) -> None:
        if self._plan is not None:
            plan, self._plan = self._plan, None
            self._judge(plan, check_mode=False)
        if isinstance(change, Load):
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import needs as rehearsal

            self.channel = rehearsal.load(self.system)
        elif self.boot is not None and isinstance(change, self.boot.changes):
            self.boot.execute(change)
        elif change is not None and self.channel is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import apply as orders

            self.touched |= orders.keys(change)
            orders.execute(self.channel, change)


def _wait_for(namespace: IO[bytes]) -> None:
    limit = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(namespace, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                raise EdgeError(
                    "The IPVS table is locked by another run of this collection, which did not finish within "
                    f"{_LOCK_SECONDS:.0f} s. Wait "
                    "until that run has finished, then run again."
                ) from None
            time.sleep(0.02)
