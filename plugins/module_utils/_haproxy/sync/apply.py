# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the running process to the file's content, and reverts that on failure."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import record as live_record
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import start_ticks
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.reload import ReloadFailed, reload
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import RuntimeRefused, succeeded
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import Process, rows_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.sessions import LASTING
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import stats_socket
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import (
    RuntimeChange,
    Target,
    plan_change,
    plan_return,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.state import Asked, ProcessStep
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.step import abilities
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import drifted, proxies

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime

#: How long a server that is to be deleted may keep its sessions, before a reload leaves them to the old process
#: instead.
PATIENCE = float(LASTING)
#: HAProxy's reply to ``del server``, which has no status code.
_BUSY = "Server still has connections"
_PAUSE = 0.02


class StillBusy(EdgeError):
    """A server that is to be deleted still has sessions."""


class ProcessChange:
    """Applies one ProcessStep: ``apply``, ``revert`` on failure, and ``file_restored`` when the old file is in place
    again."""

    def __init__(self, asked: Asked, step: ProcessStep) -> None:
        self.asked = asked
        self.step = step
        self.process = step.process
        self.escalated = ""
        #: What had to be set again after a reload, a line each.
        self.mended: tuple[str, ...] = ()
        self._reloaded = False
        self._clean = True

    @property
    def _path(self) -> str:
        return self.asked.file.real

    def apply(self) -> None:
        change = self.step.change
        if change.reasons:
            self._reload_and_correct()
            return
        try:
            self._live(change)
        except StillBusy as busy:
            if self.asked.required or not self.process.has_master:
                self._fail(busy)
            self.escalated = str(busy)
            try:
                self._reload_and_correct()
            except EdgeError as error:
                self._fail(error)
        except BaseException as error:
            self._fail(error)

    def revert(self) -> None:
        """Give the process its earlier state. After a reload, reloading with the restored file does that instead."""
        if not self._reloaded:
            self._revert_by_commands()

    def file_restored(self) -> None:
        """The old file was restored and is now younger than the process: reload it, or after commands record that the
        process has it. Raises EdgeError."""
        content = self.step.seen.content or b""
        if self._reloaded:
            try:
                self._reload(content)
            except EdgeError as error:
                raise EdgeError(f"HAProxy does not accept the previous file either: {error}") from error
        elif self._clean and self.process.loaded.loaded:
            self._record(content)

    def _fail(self, error: BaseException) -> None:
        try:
            self._revert_by_commands()
        except EdgeError as failure:
            raise ApplyError(error, [failure]) from error
        raise error

    def _live(self, change: RuntimeChange) -> None:
        runtime = self.process.runtime
        runtime.change(change.commands)
        remove(runtime, change.removals)
        left = read_back(self.process, parse(decode(self.step.content)), self.step.seen.rows)
        if left:
            raise EdgeError(
                "HAProxy accepted every command, but its state is not as declared: {}.".format("; ".join(left))
            )
        self._record(self.step.content)

    def _reload(self, content: bytes) -> None:
        address = self.asked.socket or stats_socket(decode(content))
        self.process.runtime.close()
        self._reloaded = True
        try:
            self.process = reload(self.process, self._path, address)
        except ReloadFailed as failure:
            # Where the old worker keeps serving under an intact master, there is nothing to revert.
            self._reloaded = failure.master_waits
            raise
        self._record(content)

    def _reload_and_correct(self) -> None:
        """Reload, then set what HAProxy took from its server state file back to what the configuration file says."""
        self._reload(self.step.content)
        file, runtime = parse(decode(self.step.content)), self.process.runtime
        rows = rows_of(runtime, {*self.asked.names, *self.step.seen.rows})
        known = proxies(file, set(rows))
        if not any(proxy.known and drifted(proxy, rows[name]) for name, proxy in known.items()):
            return
        change = plan_change(file, file, set(rows), rows, abilities(self.process))
        if change.reasons or change.removals:
            listed = "; ".join(change.reasons or change.summaries)
            raise EdgeError(
                "HAProxy's reload read servers from its server state file (load-server-state-from-file) that differ "
                f"from the new file, and no command can correct that: {listed}. Remove their lines from the state "
                "file, or the directive from the file."
            )
        runtime.change(change.commands)
        self.mended = change.summaries

    def _revert_by_commands(self) -> None:
        """Give the process its earlier state by commands. Raises EdgeError with what could not be reverted."""
        self._clean = False
        before, runtime = self.step.seen.rows, self.process.runtime
        old = parse(decode(self.step.seen.content or b""))
        try:
            change, lost = plan_return(old, before, rows_of(runtime, before), abilities(self.process))
            refused = [
                str(RuntimeRefused(runtime.address, command, reply))
                for command, reply in zip(change.commands, runtime.ask(change.commands))
                if not succeeded(command, reply)
            ]
            remove(runtime, change.removals)
            left, _lost = plan_return(old, before, rows_of(runtime, before), abilities(self.process))
        except EdgeError as error:
            raise EdgeError(
                f"the running HAProxy may have part of the change: {error} A reload corrects that."
            ) from error
        if lost or left.commands or left.removals:
            words = [*lost, *refused, *(f"not done: {command}" for command in left.commands)]
            words += [f"not deleted again: {removal.backend}/{removal.server}" for removal in left.removals]
            raise EdgeError(
                "the running HAProxy is not as it was: {}. A reload corrects that.".format("; ".join(words))
            )
        self._clean = True

    def _record(self, content: bytes) -> None:
        """Write the record. Best effort after a reload, where the start time shows it too; before live changes, writing
        was tested."""
        try:
            live_record.record(self._path, self.process.pid, start_ticks(self.process.pid), content)
        except OSError as error:
            if not self._reloaded:
                raise EdgeError(f"cannot record that the process has {self._path} now: {error}") from error


def read_back(process: Process, file: Document, names: Iterable[str]) -> tuple[str, ...]:
    """Messages about servers of some proxies that differ from the file."""
    rows = rows_of(process.runtime, names)
    if not any(proxy.known and drifted(proxy, rows.get(name, {})) for name, proxy in proxies(file, set(rows)).items()):
        return ()
    left = plan_change(file, file, set(rows), rows, abilities(process))
    return left.summaries or left.reasons


def remove(runtime: Runtime, removals: tuple[Target, ...]) -> None:
    """Delete servers: stop new sessions, wait for old ones, set maintenance, delete. Raises StillBusy."""
    if not removals:
        return
    targets = [f"{removal.backend}/{removal.server}" for removal in removals]
    runtime.change([f"set server {target} state drain" for target in targets])
    end = time.monotonic() + PATIENCE
    while True:
        rows = rows_of(runtime, {removal.backend for removal in removals})
        busy = {
            f"{removal.backend}/{removal.server}": rows[removal.backend][removal.server].sessions
            for removal in removals
            if rows[removal.backend][removal.server].sessions
        }
        if not busy:
            break
        _wait(end, ", ".join(f"{target} still has {count} sessions" for target, count in busy.items()))
    runtime.change([f"set server {target} state maint" for target in targets])
    while targets:
        commands = [f"del server {target}" for target in targets]
        for target, command, reply in zip(list(targets), commands, runtime.ask(commands)):
            if succeeded(command, reply) and reply:
                targets.remove(target)
            elif not reply.startswith(_BUSY):
                raise RuntimeRefused(runtime.address, command, reply)
        if targets:
            _wait(end, f"{', '.join(targets)} still has connections")


def _wait(end: float, why: str) -> None:
    if time.monotonic() > end:
        raise StillBusy(f"{why} after {PATIENCE:.0f} s")
    time.sleep(_PAUSE)
