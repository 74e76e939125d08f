# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step for the running process, after the file's step."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import record as live_record
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import Process, rows_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.sessions import (
    LASTING,
    Session,
    read_sessions,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import (
    Abilities,
    RuntimeChange,
    Target,
    plan_change,
    touched,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.state import Asked, ProcessStep, Seen
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step


def with_process(asked: Asked, plan: Plan, seen: Seen, process: Process) -> tuple[Plan, ProcessStep | None]:
    """The file's plan extended by the step for the process, and that step alone. Raises EdgeError where the task
    forbids it."""
    content = plan.steps[0].apply.content if plan.steps else seen.content or b""
    seen, change = _plan_process(asked, seen, process, content)
    if not (plan.steps or change.summaries or change.reasons):
        return plan, None
    step = ProcessStep(process, seen, content, change)
    reasons = "; ".join(change.reasons)
    if reasons and asked.required:
        raise EdgeError(
            f"runtime: require: this needs a reload of HAProxy: {reasons}. Nothing was changed. Leave that out, or set "
            "runtime: auto."
        )
    if reasons and not process.has_master:
        warning = f"Reload HAProxy yourself, since it runs without a master (start it with -W or -Ws): {reasons}"
        return plan._replace(warnings=(*plan.warnings, warning)), step
    warnings = plan.warnings
    warnings += warming(process) if reasons else ending(process, seen, change)
    lines = [f"reload HAProxy: {reason}" for reason in change.reasons] or change.summaries
    impact = "reload" if reasons else "runtime" if lines else "none"
    steps = (*plan.steps, Step("\n".join(lines), step))
    idle = "runtime" if change.spares_sessions else ""
    return plan._replace(steps=steps, impact=impact, warnings=warnings, idle_impact=idle), step


def warming(process: Process) -> tuple[str, ...]:
    """Messages about servers that are warming up (slowstart) when a reload comes: the new worker does not know about
    slowstart and gives them full weight at once."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import read_stat

    (reply,) = process.runtime.ask(["show stat -1 4 -1"])
    return tuple(
        f"{row['pxname']}/{row['svname']} is at {row['throttle']} % of its weight (slowstart). A reload "
        "gives it the full weight at once: if that is too much, wait until slowstart has ended."
        for row in read_stat(reply, ("pxname", "svname", "throttle"))
        if int(row.get("throttle", 100)) < 100
    )


def lasting(process: Process, seen: Seen, change: RuntimeChange) -> tuple[str, ...]:
    """Messages about servers that cannot be deleted at runtime: their sessions are so old that they will last. A reload
    leaves them to the old process."""
    busy = [each for each in change.removals if seen.rows[each.backend][each.server].sessions]
    kept = {
        target: [each for each in found if each.age >= LASTING] for target, found in _sessions(process, busy).items()
    }
    return tuple(
        f"backend {target.backend}: server {target.server} has {_counted(found)} that persist and would end with it"
        for target, found in kept.items()
        if found
    )


def ending(process: Process, seen: Seen, change: RuntimeChange) -> tuple[str, ...]:
    """Messages about how many sessions, older than a second, a server's maintenance ends (on-marked-down)."""
    leaving = [each for each in change.shutting if seen.rows[each.backend][each.server].sessions]
    return tuple(
        f"Maintenance of {target.backend}/{target.server} ends {_counted(found)} at once "
        "(on-marked-down shutdown-sessions)."
        for target, found in _sessions(process, leaving).items()
        if found
    )


def _counted(found: Sequence[object]) -> str:
    return f"{len(found)} session{'s' if len(found) != 1 else ''}"


def _sessions(process: Process, targets: Sequence[Target]) -> dict[Target, list[Session]]:
    """The sessions of some servers, if older than a second."""
    if not targets:
        return {}
    (reply,) = process.runtime.ask(["show sess"])
    known = read_sessions(reply)
    return {
        target: [each for each in known if (each.backend, each.server) == target and each.age] for target in targets
    }


def examine(step: ProcessStep, *, rehearsal: bool) -> None:
    """Raises InputError if the planned reload is already known to fail."""
    if step.change.reasons:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.binding import unbindable

        old, new = parse(decode(step.seen.content or b"")), parse(decode(step.content))
        refuse(unbindable(old, new, rehearsal=rehearsal))


def _plan_process(asked: Asked, seen: Seen, process: Process, content: bytes) -> tuple[Seen, RuntimeChange]:
    """What the process needs to get ``content``, and ``seen`` with the servers of every proxy involved."""
    path = asked.file.path
    if not process.loaded.loaded:
        return seen, RuntimeChange(
            reasons=(f"the running process has not loaded the previous {path}: {process.loaded.reason}",)
        )
    old, new = parse(decode(seen.content or b"")), parse(decode(content))
    if seen.content != content:
        more = touched(old, new) - seen.rows.keys()
        seen = seen._replace(rows={**seen.rows, **rows_of(process.runtime, more)})
    change = plan_change(old, new, asked.names, seen.rows, abilities(process))
    if change.commands or change.removals:
        if not process.alone:
            return seen, RuntimeChange(
                reasons=(f"it was started with more files than {path}, which may count for servers too",)
            )
        if seen.content != content and not live_record.can_record():
            return seen, RuntimeChange(reasons=("what was changed at runtime could not be recorded in /run",))
        kept = lasting(process, seen, change)
        if kept:
            return seen, RuntimeChange(reasons=kept, spares_sessions=True)
    return seen, change


def abilities(process: Process) -> Abilities:
    """What the process supports. Raises EdgeError where it does not answer."""
    return Abilities(process.runtime.version, process.level)
