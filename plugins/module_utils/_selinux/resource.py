# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux's local customisations as a resource: read, plan, and one transaction."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.host import Host
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import Kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import (
    Desired,
    Record,
    both,
    from_text,
    to_text,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.needs import Decision, decide
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.plan import Commit, Found, plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Store, Transaction
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: The record of our customisations. Without it none counts as ours, and none is removed.
RECORD = "/var/lib/k8s_edge/selinux.json"
RESTORECON_SECONDS = 600.0


class Customisations:
    """The customisations for the desired state. An empty state removes all of ours."""

    def __init__(self, desired: Desired, system: System, kernel: Kernel, store: Store, path: str = RECORD) -> None:
        self.desired = desired
        self.system = system
        self.kernel = kernel
        self.store = store
        self.file = ConfigFile(path)
        self.decision = Decision(Record().made)
        self._content: bytes | None = None

    def lock(self) -> AbstractContextManager[None]:
        return self.file.lock()

    def read(self) -> Found:
        self._content = self.file.read()
        try:
            record = from_text((self._content or b"").decode())
        except (ValueError, KeyError, TypeError) as error:
            raise EdgeError(
                f"{self.file.path}, in which this collection records its own SELinux settings, cannot be "
                f"read: {error!r}. Restore a backup of it, or remove it. Without it, this module removes no "
                "setting that exists now (`semanage export` shows them)."
            ) from error
        host = Host(self.kernel, self.store)
        ours = host.in_effect(record)
        self.decision = decide(self.desired, ours, host)
        desired = self.decision.custom
        settings = host.settings({*record.made.booleans, *desired.booleans})
        return Found(record, ours, settings, host.theirs(desired, ours), self.decision)

    def plan(self, current: Found) -> Plan:
        return plan(current)

    def rehearse(self, plan: Plan) -> None:
        """Nothing to do: the kernel was already asked about everything that could be refused."""

    def execute(self, commit: Any) -> None:
        if isinstance(commit, Commit):
            self._commit(commit)
            self._label(commit.relabel)
        else:
            self._label(commit.paths)

    def _commit(self, commit: Commit) -> None:
        """Whatever happens in between, the record lists at least all that is ours."""
        old = self._content
        self._remember(both(from_text((old or b"").decode()), commit.record))
        change = self._change(commit)
        try:
            if change:
                self.store.commit(change)
        except BaseException:
            self._write(old)
            raise
        self._remember(commit.record)

    def _change(self, commit: Commit) -> Transaction:
        def contexts(types: Any) -> dict[str, str | None]:
            return {name: kind and self.kernel.object(kind) for name, kind in types.items()}

        return Transaction(
            contexts(commit.ports), commit.booleans, contexts(commit.files), commit.modules, commit.active
        )

    def _label(self, paths: Iterable[str]) -> None:
        there = [path for path in paths if os.path.lexists(path)]
        if not there:
            return
        tool = self.system.which("restorecon")
        if tool is None:
            raise EdgeError("restorecon, which labels files, is not installed. Install the package policycoreutils.")
        ended = self.system.run([tool, "-R", "--", *there], timeout=RESTORECON_SECONDS)
        if ended.rc != 0:
            raise EdgeError(f"restorecon could not label {', '.join(there)}: {ended.stderr.strip() or 'no reason'}.")

    def _remember(self, record: Record) -> None:
        self._write(to_text(record).encode() if record else None)

    def _write(self, content: bytes | None) -> None:
        if content is not None:
            os.makedirs(self.file.directory, exist_ok=True)
        if content != self._content:
            self.file.replace(self._content, content)
            self._content = content
        if content is None:
            with suppress(OSError):  # other records are still there
                os.rmdir(self.file.directory)
