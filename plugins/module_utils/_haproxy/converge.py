# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy.cfg and the process that serves it, as one resource: read, planned and brought along together.

The file is swapped first, then the process follows by commands, or by a reload where commands cannot do it. What a
run without changes does not need is imported where it is used.
"""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._config_resource import ConfigFileResource, Swap, decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process import Process
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.runtime_plan import Change
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.runtime_servers import Row

_STATS_SOCKET = re.compile(r"^[ \t]*stats[ \t]+socket[ \t]+([^\s\"'\\$#]+)(.*)$", re.MULTILINE)


class Seen(NamedTuple):
    """``process`` is None where it was not asked; ``why`` says why, ``mute`` that one seems to run all the same.
    ``rows`` are its servers, by proxy."""

    content: bytes | None
    process: Process | None
    rows: dict[str, dict[str, Row]]
    why: str = ""
    mute: bool = False


class Bring(NamedTuple):
    """Bring the process from what it was ``seen`` with to ``content``: by the change's commands, or, where it has
    reasons, by a reload."""

    seen: Seen
    content: bytes
    change: Change


class Back(NamedTuple):
    """The way back from a Bring that was done."""

    done: Bring


class ConvergingResource:
    """``required``: nothing may be left to a reload. ``socket`` is the process's, where the user named one;
    ``names`` are the proxies whose servers the task manages."""

    def __init__(self, files: ConfigFileResource, *, required: bool, socket: str | None, names: set[str]) -> None:
        self.files = files
        self.required = required
        self.socket = socket
        self.names = names
        self._next: Bring | None = None
        self._brought: Any = None

    def lock(self) -> AbstractContextManager[None]:
        return self.files.lock()

    def read(self) -> Seen:
        content = self.files.read()
        text = decode(content or b"")
        address = self.socket or stats_socket(text)
        if address is None and not _any_haproxy():
            return Seen(content, None, {}, f"{self.files.file.path} names no stats socket, and no HAProxy is running")
        if address is not None and address.startswith("/") and not os.path.exists(address):
            return Seen(content, None, {}, f"HAProxy does not run, or not with this socket: there is no {address}")
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process import Unasked, rows_of, serving

        try:
            process = serving(self.files.file.real, address)
        except Unasked as error:
            return Seen(content, None, {}, str(error), True)
        return Seen(content, process, rows_of(process.runtime, self.names))

    def plan(self, seen: Seen) -> Plan:
        plan = self.files.plan(seen.content)
        if seen.process is None:
            return self._file_only(plan, seen)
        content = plan.steps[0].do.content if plan.steps else seen.content or b""
        if plan.steps or not self._settled(seen):
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.bring import plan_process

            seen, change = plan_process(self, seen, content)
            if plan.steps or change.summaries or change.reasons:
                return self._with_process(plan, Bring(seen, content, change))
        return plan

    def _settled(self, seen: Seen) -> bool:
        """Whether the process has the file as it is, and no named proxy has servers otherwise."""
        if seen.process is None or not seen.process.loaded.loaded:
            return False
        if not seen.rows:
            return True
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.runtime_servers import drifted, proxies

        known = proxies(parse(decode(seen.content or b"")), self.names)
        return not any(proxy.known and drifted(proxy, seen.rows.get(name, {})) for name, proxy in known.items())

    def _file_only(self, plan: Plan, seen: Seen) -> Plan:
        if self.required:
            raise EdgeError(
                f"runtime: require: the running HAProxy cannot be asked: {seen.why.rstrip('.')}. Nothing was changed. "
                "Start HAProxy with the file, name its socket in socket, or set runtime: auto."
            )
        if plan.steps:
            warning = f"Only the file was changed; the running HAProxy, if there is one, needs a reload: {seen.why}"
        elif seen.mute:
            warning = f"Whether the running HAProxy has what the file says is not known: {seen.why}"
        else:
            return plan
        return plan._replace(warnings=(*plan.warnings, warning))

    def _with_process(self, plan: Plan, bring: Bring) -> Plan:
        reasons = bring.change.reasons
        if reasons and self.required:
            raise EdgeError(
                "runtime: require: this needs a reload of HAProxy: {}. Nothing was changed. Leave that out, or set "
                "runtime: auto.".format("; ".join(reasons))
            )
        self._next = bring
        process = bring.seen.process
        if reasons and process is not None and not process.has_master:
            warning = (
                "The reload is left to you, because HAProxy runs without a master (start it with -W or -Ws): {}".format(
                    "; ".join(reasons)
                )
            )
            return plan._replace(warnings=(*plan.warnings, warning))
        if reasons:
            step = Step("\n".join(f"reload HAProxy: {reason}" for reason in reasons), bring, Back(bring))
            return plan._replace(steps=(*plan.steps, step), impact="reload")
        step = Step("\n".join(bring.change.summaries), bring, Back(bring))
        return plan._replace(steps=(*plan.steps, step), impact="runtime" if bring.change.summaries else "none")

    def rehearse(self, plan: Plan) -> None:
        for step in plan.steps:
            if isinstance(step.do, Bring):
                _examine(step.do, rehearsal=True)
        self.files.rehearse(plan._replace(steps=tuple(step for step in plan.steps if isinstance(step.do, Swap))))

    def execute(self, deed: Any) -> None:
        if isinstance(deed, Swap):
            if self._next is not None and not deed.restore:
                _examine(self._next, rehearsal=False)
            self.files.execute(deed)
            if deed.restore and self._brought is not None:
                self._brought.file_is_back()
            return
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.bring import Bringing

        if isinstance(deed, Bring):
            self._brought = Bringing(self, deed)
            self._brought.there()
        else:
            self._brought.back()

    def told(self, plan: Plan) -> Plan:
        """The plan as it was carried out: with the reload that did in the end what commands could not."""
        if self._brought is None or not self._brought.escalated:
            return plan
        step = Step(f"reload HAProxy: {self._brought.escalated}", None)
        return plan._replace(steps=(*plan.steps, step), impact="reload")


def _examine(bring: Bring, *, rehearsal: bool) -> None:
    """Raises InputError where the reload that is to come would fail for all that can be seen before."""
    if bring.change.reasons:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.binding import unbindable

        old, new = parse(decode(bring.seen.content or b"")), parse(decode(bring.content))
        refuse(unbindable(old, new, rehearsal=rehearsal))


def stats_socket(text: str) -> str | None:
    """The socket to ask by: the first that the file gives the level admin, else the first."""
    found = [(match.group(1), " level admin" in match.group(2)) for match in _STATS_SOCKET.finditer(text)]
    found = [(address[5:] if address.startswith("unix@") else address, admin) for address, admin in found]
    found = [(address, admin) for address, admin in found if address.startswith("/") or ":" in address]
    return next((address for address, admin in found if admin), found[0][0] if found else None)


def _any_haproxy() -> bool:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/comm", "rb") as file:
                    if file.read(7) == b"haproxy":
                        return True
            except OSError:
                continue
    return False
