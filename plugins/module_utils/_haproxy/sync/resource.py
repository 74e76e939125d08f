# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy.cfg and the process that serves it, as one resource: read, planned and changed together.

The file is swapped first; then the process is changed by commands, or by a reload where commands cannot do it. Code
that a run without changes does not need is imported where it is used.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import ConfigFileResource, Swap, decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import stats_socket
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.state import Asked, Seen
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.apply import ProcessChange
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.state import ProcessStep


class FileAndProcess:
    """``required``: everything must be possible without a reload. ``socket`` is the process's, where the user named
    one; ``names`` are the proxies whose servers the task manages."""

    def __init__(self, files: ConfigFileResource, *, required: bool, socket: str | None, names: set[str]) -> None:
        self.files = files
        self.asked = Asked(files.file, required, socket, names)
        self._next: ProcessStep | None = None
        self._change: ProcessChange | None = None
        if socket is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime

            Runtime(socket)  # refuses an invalid address

    def lock(self) -> AbstractContextManager[None]:
        return self.files.lock()

    def read(self) -> Seen:
        content = self.files.read()
        text = decode(content or b"")
        address = self.asked.socket or stats_socket(text)
        if address is None and not _any_haproxy(self.files.file.real):
            return Seen(content, None, {}, f"{self.files.file.path} names no stats socket, and no HAProxy runs with it")
        if address is not None and _is_gone(address):
            return Seen(content, None, {}, f"HAProxy does not run, or not with this socket: there is no {address}")
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import (
            Unasked,
            rows_of,
            serving,
        )

        try:
            process = serving(self.files.file.real, address)
        except Unasked as error:
            return Seen(content, None, {}, str(error), _any_haproxy(self.files.file.real))
        return Seen(content, process, rows_of(process.runtime, self.asked.names))

    def plan(self, seen: Seen) -> Plan:
        plan = self.files.plan(seen.content)
        if seen.process is None:
            return self._file_only(plan, seen)
        if plan.steps or not self._settled(seen):
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.step import with_process

            plan, self._next = with_process(self.asked, plan, seen, seen.process)
        return plan

    def _settled(self, seen: Seen) -> bool:
        """Whether the process has loaded the current file, and no named proxy's servers differ from it."""
        if seen.process is None or not seen.process.loaded.loaded:
            return False
        if not seen.rows:
            return True
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import drifted, proxies

        known = proxies(parse(decode(seen.content or b"")), self.asked.names)
        return not any(proxy.known and drifted(proxy, seen.rows.get(name, {})) for name, proxy in known.items())

    def _file_only(self, plan: Plan, seen: Seen) -> Plan:
        if self.asked.required:
            raise EdgeError(
                f"runtime: require: the running HAProxy cannot be queried: {seen.why.rstrip('.')}. Nothing was "
                "changed. "
                "Start HAProxy with the file, name its socket in socket, or set runtime: auto."
            )
        if plan.steps:
            warning = f"Only the file was changed; the running HAProxy, if there is one, needs a reload: {seen.why}"
        elif seen.mute:
            warning = f"It is not known whether the running HAProxy matches the file: {seen.why}"
        else:
            return plan
        return plan._replace(warnings=(*plan.warnings, warning))

    def rehearse(self, plan: Plan) -> None:
        self._examine(rehearsal=True)
        self.files.rehearse(plan._replace(steps=tuple(step for step in plan.steps if isinstance(step.apply, Swap))))

    def _examine(self, *, rehearsal: bool) -> None:
        if self._next is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.step import examine

            examine(self._next, rehearsal=rehearsal)

    def execute(self, change: Any) -> None:
        """``change`` is the file's Swap, a ProcessStep, or None to revert one."""
        if not isinstance(change, Swap):
            if change is None and self._change is not None:
                self._change.revert()
                return
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.apply import ProcessChange

            self._change = ProcessChange(self.asked, change)
            self._change.apply()
        elif not change.restore:
            self._examine(rehearsal=False)
            self.files.execute(change)
        else:
            self.files.execute(change)
            if self._change is not None:
                self._change.file_restored()

    def carried_out(self, plan: Plan) -> Plan:
        """The plan as it was carried out: with the reload that was needed after all, and with the commands for what the
        reload did not do."""
        if self._change is None:
            return plan
        if self._change.escalated:
            step = Step(f"reload HAProxy: {self._change.escalated}", None)
            plan = plan._replace(steps=(*plan.steps, step), impact="reload")
        if self._change.mended:
            plan = plan._replace(steps=(*plan.steps, Step("\n".join(self._change.mended), None)))
        return plan


def _is_gone(address: str) -> bool:
    path = address[5:] if address.startswith("unix@") else address
    return path.startswith("/") and not os.path.exists(path)


def _any_haproxy(path: str) -> bool:
    """Whether a HAProxy runs that may have been started with ``path`` or its directory. Looks only for the names on
    command lines, so that most hosts need no further reads."""
    names = {os.fsencode(os.path.basename(part)) for part in (path, os.path.dirname(path))} | {b"."}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                with open(f"/proc/{pid}/comm", "rb") as comm:
                    if comm.read(7) != b"haproxy":
                        continue
                with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                    words = cmdline.read().split(b"\0")
            except OSError:
                continue
            if not names.isdisjoint(os.path.basename(word.rstrip(b"/")) for word in words[1:]):
                return True
    return False
