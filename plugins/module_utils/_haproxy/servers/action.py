# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What haproxy_server does: set state and weight, read back and, where asked, wait for sessions to end or for
health."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.choice import chosen_servers, name_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.plan import (
    Desired,
    changes,
    emptied,
    predicted,
    reservations,
    weight_problem,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import (
    Server,
    Servers,
    ask_servers,
    server_result,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


class Batch(NamedTuple):
    """Commands that are sent together, those that revert them, and their servers that have an agent."""

    commands: tuple[str, ...]
    revert: tuple[str, ...] = ()
    with_agent: frozenset[str] = frozenset()


class RunningServers:
    """Some servers of the running HAProxy as a resource. ``choose`` selects them from all, and raises where it cannot.

    The runtime API has no lock against other clients. So what was set is read back, and if a backend has lost its last
    server meanwhile, by whatever cause, the change is reverted.
    """

    def __init__(
        self, runtime: Runtime, choose: Callable[[Servers], list[Server]], desired: Desired, *, allow_last: bool
    ) -> None:
        self.runtime = runtime
        self.choose = choose
        self.desired = desired
        self.allow_last = allow_last
        self.before: Servers | None = None
        #: The result of the last read.
        self.chosen: list[Server] = []
        #: The servers that were changed and have an agent, which may override the change.
        self.with_agent: set[str] = set()

    def lock(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self) -> Servers:
        current = ask_servers(self.runtime)
        self.chosen = self.choose(current)
        self.before = self.before or current
        return current

    def plan(self, current: Servers) -> Plan:
        chosen = self.choose(current)
        made, problems = changes(current, chosen, self.desired)
        disagreed = [change.server for change in made if change.server.title in self.with_agent]
        if disagreed:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.agent import held

            raise held(disagreed, self.desired.words)
        after = predicted(current.servers, made)
        if made and current.level == "operator":
            problems.append(_no_permission(self.runtime.address))
        if not self.allow_last and self.before is not None:
            problems += _last_servers(emptied(self.before.servers, after), self.desired)
        refuse(problems)
        desired = {server.title for server in chosen}
        texts = _text(chosen), _text([server for server in after if server.title in desired])
        warnings = tuple(reservations(chosen, self.desired))
        if made and self.desired.state != "ready" and any(server.queued for server in chosen):
            warnings += self._flooding(chosen)
        if not made:
            return Plan(*texts, warnings=warnings)
        apply = tuple(command for change in made for command in change.commands)
        revert = tuple(command for change in made for command in change.revert)
        agents = frozenset(change.server.title for change in made if change.server.agent)
        step = Step("\n".join(change.summary for change in made), Batch(apply, revert, agents), Batch(revert))
        return Plan(*texts, (step,), "runtime", warnings)

    def _flooding(self, chosen: Sequence[Server]) -> tuple[str, ...]:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.queue import FLOODS, flooding

        return tuple(flooding(chosen, self.desired.state)) if self.runtime.version >= FLOODS else ()

    def rehearse(self, plan: Plan) -> None:
        """Nothing to do: more can only be found out by changing HAProxy."""

    def execute(self, batch: Batch) -> None:
        """Execute all commands, or none: HAProxy executes those before and after a command that it refuses."""
        self.with_agent |= batch.with_agent
        try:
            self.runtime.change(batch.commands)
        except EdgeError as error:
            if not batch.revert:
                raise
            try:
                self.runtime.change(batch.revert)
            except EdgeError as failure:
                raise ApplyError(error, [failure]) from error
            raise EdgeError(f"{error} What was changed with it has been reverted.") from error


def server_action(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's result."""
    refuse(_option_problems(params))
    address = params["socket"]
    if not address:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import socket_address

        address = socket_address(params["path"])
    desired = Desired(params["state"], params["weight"])
    with Runtime(address) as runtime:
        resource = _resource(runtime, params, desired)
        in_stages = params["drain"] and not check_mode
        plan = reconcile(resource, check_mode=check_mode or in_stages)
        chosen, steps = resource.chosen, plan.summary
        if resource.with_agent:
            with _report_on_failure(steps, address):
                _wait_for_agents(resource, params["path"])
        titles = {server.title for server in chosen}
        if in_stages and chosen:
            chosen, ended = _drain(runtime, params, desired, chosen)
            steps += ended
        if params["wait"] and not check_mode and chosen:
            # Imported here, because a run without waiting does not need it.
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.wait import wait_for_health

            with _report_on_failure(steps, address):
                chosen = wait_for_health(runtime, titles, params["timeout"])
    impact = "runtime" if steps else "none"
    # For a hundred servers this takes Ansible as long as all our work, so only runs that wait return it.
    servers = [server_result(server) for server in chosen] if params["drain"] or params["wait"] else None
    result = plan_result(plan, address, servers=servers, socket=address)
    return {**result, "changed": bool(steps), "steps": steps, "impact": impact}


def _wait_for_agents(resource: RunningServers, path: str) -> None:
    """Wait until the agents of the changed servers have reported. Raises EdgeError where one overrides the change."""
    import time

    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.agent import agents_turn

    servers = [server for server in resource.chosen if server.title in resource.with_agent]
    end = time.monotonic() + agents_turn(path, servers)
    while time.monotonic() < end:
        time.sleep(0.1)
        resource.plan(resource.read())


def _drain(
    runtime: Runtime, params: dict[str, Any], desired: Desired, chosen: Sequence[Server]
) -> tuple[list[Server], list[str]]:
    """Stop new connections, wait for existing ones to end, then set the final state. Returns the servers as they are
    then, and the steps that could not be planned: queues that were served first, sessions that were shut down."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.queue import FLOODS, emptied
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.wait import wait_for_sessions

    # A server in maintenance gets no new connections anyway.
    kept = "maint" if desired.state == "maint" else ""
    titles = {server.title for server in chosen}
    queued = [server for server in chosen if server.queued]
    floods = bool(queued) and runtime.version >= FLOODS
    with emptied(runtime, queued if floods else (), params["timeout"]) as served:
        # After that, they have their earlier weight again.
        now = Desired("drain", None if floods else desired.weight)
        first = reconcile(_resource(runtime, params, now, kept), check_mode=False)
    with _report_on_failure([*served, *first.summary], runtime.address):
        steps = served + wait_for_sessions(runtime, titles, params["timeout"], params["shutdown_sessions"])
    final = _resource(runtime, params, desired)
    reconcile(final, check_mode=False)
    if final.with_agent:
        with _report_on_failure([*first.summary, *steps], runtime.address):
            _wait_for_agents(final, params["path"])
    return final.chosen, steps


@contextmanager
def _report_on_failure(done: Sequence[str], address: str) -> Iterator[None]:
    """A failure to wait reports what was done before it; that is not reverted."""
    try:
        yield
    except EdgeError as error:
        error.facts.update(changed=bool(done), steps=list(done), impact="runtime" if done else "none", socket=address)
        raise


def _resource(runtime: Runtime, params: dict[str, Any], desired: Desired, kept: str = "") -> RunningServers:
    def choose(current: Servers) -> list[Server]:
        chosen, problems = chosen_servers(current.servers, params["backend"], params["name"])
        refuse([] if params["allow_missing"] else problems)
        return [server for server in chosen if server.state != kept]

    return RunningServers(runtime, choose, desired, allow_last=params["allow_last"])


def _text(servers: Sequence[Server]) -> str:
    return "".join(f"{server.title}: {server.state}, weight {server.weight}\n" for server in servers)


def _option_problems(params: dict[str, Any]) -> list[Problem]:
    """Problems of the options that need no HAProxy to be found."""
    state, weight = params["state"], params["weight"]
    problems = name_problems("backend", params["backend"]) + name_problems("name", params["name"])
    if state is None and weight is None and not params["wait"]:
        problems.append(
            Problem("state", None, "is missing, and so are weight and wait: there is nothing to do", "Give one")
        )
    problem = None if weight is None else weight_problem(weight)
    if problem is not None:
        problems.append(problem)
    if params["drain"] and state not in ("drain", "maint"):
        reason = "needs a state in which a server gets no new sessions, or it would wait for ever"
        problems.append(Problem("drain", True, reason, "Set state: drain or state: maint"))
    if params["shutdown_sessions"] and not params["drain"]:
        reason = "applies only to a drain whose sessions do not end in time"
        problems.append(
            Problem("shutdown_sessions", True, reason, "Set drain: true, with timeout: 0 to shut down at once")
        )
    if params["wait"] and state in ("drain", "maint"):
        reason = f"waits for a server to be up, and state: {state} takes it out of service"
        problems.append(Problem("wait", True, reason, "To wait for sessions to end set drain: true"))
    if params["timeout"] < 0:
        problems.append(Problem("timeout", params["timeout"], "is negative", "Give seconds, from 0 on"))
    return problems


def _no_permission(address: str) -> Problem:
    reason = "is of level operator, which may not change servers"
    return Problem("socket", address, reason, "Give its line in haproxy.cfg 'level admin', or name another socket")


def _last_servers(lost: Sequence[str], desired: Desired) -> list[Problem]:
    option, value = ("weight", desired.weight) if desired.state in (None, "ready") else ("state", desired.state)
    reason = "would leave no server for new connections in backend {}"
    remedy = "Make another server ready first, or set allow_last: true"
    return [Problem(option, value, reason.format(backend), remedy) for backend in lost]
