# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply, prune, await and remove Kubernetes objects: read, plan, rehearse, apply, wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import pod_security, rollout
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.api import Api, Refused, Written, answered
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.changes import changes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import (
    OWNER,
    WORKLOADS,
    Identity,
    Object,
    Plan,
    fit,
    identity,
    in_order,
    kinds,
    objects_of_others,
    others_keys,
    plan,
    reference,
    unread,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.refusals import remedy

#: Kinds that users keep in namespaces: a namespace with one of them is in use by others.
TENANTS = (
    *(("v1", kind) for kind in ("Pod", "Service", "ConfigMap", "Secret", "PersistentVolumeClaim")),
    *(("apps/v1", kind) for kind in WORKLOADS),
    ("batch/v1", "CronJob"),
    ("networking.k8s.io/v1", "Ingress"),
)

#: LOOK: seconds between two polls. BELIEVED: seconds without progress after which a pod's start-up error counts as
#: final; pods of an earlier roll-out are gone by then.
LOOK = 1.0
BELIEVED = 10.0


class Mode(NamedTuple):
    """How to run, and where to report. ``fields``: report each field that changes, with its values."""

    check: bool
    fields: bool
    say: Callable[[str], None]
    warn: Callable[[str], None]


class Objects:
    """One run. ``given``: the options of k8s_edge.ha.kubernetes_objects. ``changes``: what was changed, or would be in
    check mode."""

    def __init__(self, api: Api, given: Mapping[str, Any], mode: Mode) -> None:
        self.api, self.given, self.mode = api, given, mode
        self.owner: str = given["owner"]
        self.timeout: int = given["wait_timeout"]
        self.changes: list[str] = []
        self._warned: set[str] = set()

    def run(self) -> None:
        """Run what the option ``state`` selects."""
        {"present": self.present, "absent": self.absent, "patched": self.patched}[self.given["state"]]()

    def present(self) -> None:
        """Apply the declared objects and remove the owner's other objects."""
        wanted: list[Object] = [fit(each, self.owner) for each in in_order(checked_objects(self.given["objects"]))]
        there = self._found(wanted)
        made = plan(wanted, self.owner, list(there.values()))
        self._refuse_taken(made)
        self._refuse_pods(wanted, made, there)
        for each in wanted:
            for key in others_keys(each, there.get(identity(each))):
                self._warn(
                    f"{key} was added by somebody else, and takes effect. Declare it, or remove it from the cluster."
                )
        rehearsed = self._rehearse(made)
        if self.mode.check:
            for each in made.apply:
                written = rehearsed.get(identity(each))
                self._record(
                    changes(there.get(identity(each)), written.object, fields=self.mode.fields)
                    if written
                    else [f"{identity(each)} is new; the API cannot validate it before its namespace or kind exists"]
                )
            self._remove(made, ", since it is no longer declared")
            return
        refused_before = self._refused_before([each for each in made.workloads if each in made.apply], there)
        self._apply(made, there)
        self._remove(made, ", since it is no longer declared")
        if self.given["wait"]:
            for each in made.workloads:
                if each in made.apply:
                    self._roll_out(each, None, refused_before.get(identity(each), set()))
                else:
                    self._roll_out(each, there[identity(each)], None)

    def absent(self) -> None:
        """Remove all objects of the owner, and what their pods have created."""
        there = self._found([])
        made = plan([], self.owner, list(there.values()))
        traces = self.api.read(map(reference, self.given["traces"]))
        left = [each for found in traces for each in found or ()]
        self._remove(made._replace(leaving=[*made.leaving, *left]), "")

    def patched(self) -> None:
        """Patch the given fields of objects of other owners."""
        for each in self.given["objects"]:
            before = self.api.get(each)
            if before is None:
                raise EdgeError(f"{identity(each)} does not exist, so it cannot be changed.")
            written = self.api.patch(each, dry_run=self.mode.check)
            self._record(changes(before, written.object, fields=self.mode.fields))
            self._pass_on(each, written)

    def _found(self, wanted: Sequence[Object]) -> dict[Identity, Object]:
        """The owner's objects, the objects that have a declared name, and the Namespaces of the workloads."""
        selector = [f"{OWNER}={self.owner}"]
        owned = self._all([{**each, "label_selectors": selector} for each in kinds(wanted, self.given["kinds"])])
        named = unread(wanted, owned)
        known = {(each["kind"], each["name"]) for each in named} | {
            (each["kind"], each["metadata"]["name"]) for each in owned
        }
        for name in dict.fromkeys(identity(each).namespace for each in wanted if each["kind"] in WORKLOADS):
            if ("Namespace", name) not in known:
                named.append({"api_version": "v1", "kind": "Namespace", "name": name})
        return {identity(each): each for each in [*owned, *self._all(named)]}

    def _all(self, queries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [each for found in self.api.read(queries) for each in found or ()]

    def _refuse_taken(self, made: Plan) -> None:
        """Refuse objects that belong to others, and changes that would require an object to be recreated."""
        if made.foreign and not self.given["adopt"]:
            raise EdgeError(
                "Already in the cluster, and not created by this role: "
                f"{', '.join(str(identity(each)) for each in made.foreign)}. "
                f"Remove them, declare other names, or take them over for good ({self.given['adopt_option']}: true)."
            )
        if made.lasting:
            raise EdgeError(
                "Already in the cluster, with another value in an immutable field: "
                f"{', '.join(made.lasting)}. Remove them first (a workload is removed with its pods), and run again."
            )

    def _refuse_pods(self, wanted: Sequence[Object], made: Plan, there: Mapping[Identity, Object]) -> None:
        """Refuse workloads whose pods their namespace forbids. For a workload that does not change it is a warning: its
        pods may be running."""
        refused: list[Problem] = []
        for each in made.workloads:
            name = Identity("", "Namespace", "", identity(each).namespace)
            ours = next((other for other in made.apply if identity(other) == name), None)
            problems = list(pod_security.problems(each, ours or there.get(name)))
            if each in made.apply:
                refused += problems
            else:
                for problem in problems:
                    self._warn(str(problem))
        refuse(refused)

    def _rehearse(self, made: Plan) -> dict[Identity, Written]:
        """Check everything against the schemas and with a dry run before the first object is written."""
        errors: list[tuple[Exception, Identity]] = []
        unfit: list[str] = []
        found: dict[Identity, Written] = {}
        for each in made.apply:
            if self.given["validate"]:
                unfit += [f"{identity(each)}: {reason}" for reason in self.api.schema_errors(each)]
            if each in made.unseen:
                continue
            try:
                found[identity(each)] = written = self.api.apply(each, dry_run=True)
            except Refused as refused:
                errors += refused.errors
                if not answered(refused):
                    break
            else:
                self._pass_on(each, written)
        if unfit:
            raise EdgeError("\n".join([*unfit, "Nothing was changed."]))
        if errors:
            raise Refused(errors)
        return found

    def _apply(self, made: Plan, there: Mapping[Identity, Object]) -> None:
        defined: list[Object] = []
        for each in made.apply:
            if each["kind"] == "CustomResourceDefinition":
                defined.append(each)
            else:
                self._establish(defined)
            written = self.api.apply(each, dry_run=False)
            self._record(changes(there.get(identity(each)), written.object, fields=self.mode.fields))
            self._pass_on(each, written)
        self._establish(defined)

    def _establish(self, defined: list[Object]) -> None:
        """Wait until the kinds of CustomResourceDefinitions can be used."""
        while defined:
            each = defined.pop()
            self._until(partial(self._established, each), f"{identity(each)} is not established")

    def _established(self, definition: Object) -> bool:
        conditions = ((self.api.get(definition) or {}).get("status") or {}).get("conditions") or ()
        return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)

    def _remove(self, made: Plan, why: str) -> None:
        """Remove workloads first, with their pods, one after the other. A namespace is kept if others use it."""
        for each in made.leaving:
            self._remove_one(each, why)
        for each in made.namespaces:
            name = identity(each).name
            queries = [{"api_version": version, "kind": kind, "namespace": name} for version, kind in TENANTS]
            others = objects_of_others(self._all(queries), self.owner)
            if others:
                self.mode.say(f"Namespace {name} is kept for {', '.join(others)}.")
            else:
                self._remove_one(each, why)

    def _remove_one(self, each: Object, why: str) -> None:
        self.api.delete(each, dry_run=self.mode.check)
        self._record([f"{identity(each)} goes{why}"])
        if not self.mode.check:
            self._until(lambda: self.api.get(each) is None, f"{identity(each)} still exists", each)

    def _until(self, happened: Callable[[], bool], otherwise: str, each: Object | None = None) -> None:
        begin = time.monotonic()
        while not happened():
            if time.monotonic() - begin > self.timeout:
                held = ((self.api.get(each) or {}).get("metadata") or {}).get("finalizers") if each else None
                why = f": its finalizers were not removed ({', '.join(held)})" if held else ""
                raise EdgeError(f"{otherwise} after {self.timeout} seconds{why}.")
            time.sleep(LOOK)

    def _refused_before(self, applied: Sequence[Object], there: Mapping[Identity, Object]) -> dict[Identity, set[Any]]:
        """The refusals of pods from before this run: this run may fix their cause."""
        old = [each for each in applied if identity(each) in there]
        return {identity(each): set(self._held_up(there[identity(each)])[0]) for each in old}

    def _held_up(self, workload: Object) -> tuple[dict[tuple[str, str], str], list[dict[str, Any]]]:
        """The reasons why pods were not created, and the pods that were created."""
        namespace = identity(workload).namespace
        labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        selector = {"namespace": namespace, "label_selectors": [f"{key}={value}" for key, value in labels.items()]}
        queries: list[Mapping[str, Any]] = [
            {"kind": "Event", "namespace": namespace, "field_selectors": ["reason=FailedCreate"]},
            {"kind": "Pod", **selector},
        ]
        if workload["kind"] == "Deployment":
            queries.append({"api_version": "apps/v1", "kind": "ReplicaSet", **selector})
        events, pods, *sets = self.api.read(queries)
        replica_sets = [each for found in sets for each in found or ()]
        return rollout.refused_pods(workload, replica_sets, events or ()), pods or []

    def _roll_out(self, each: Object, current: Object | None, before: set[Any] | None) -> None:
        """Wait for the roll-out and report progress. Raises EdgeError if it stalls, or at once if waiting cannot help.

        ``before``: refusals of pods to ignore; None ignores all those of the first poll."""
        which, step, shown = identity(each), -1, ""
        begin = time.monotonic()
        while True:
            now = current or self.api.get(each)
            current = None  # the first poll uses what was read before
            progress = rollout.progress(now)
            if progress.text != shown:
                shown = progress.text
                self.mode.say(f"{which.name}: {shown}")
            if progress.done:
                return
            if progress.step > step:
                step, begin = progress.step, time.monotonic()
            still = time.monotonic() - begin
            if now is not None:
                refused, pods = self._held_up(now)
                before = set(refused) if before is None else before
                final = rollout.final(text for event, text in refused.items() if event not in before)
                final += rollout.permanent_errors(pods) if still > BELIEVED else []
                if final:
                    raise EdgeError(f"{which} gets no pods: {'; '.join(final)}. {remedy(final[0])}")
                if still > self.timeout:
                    problems = [*dict.fromkeys(refused.values()), *rollout.problems(pods)]
                    raise EdgeError(
                        f"{which} made no progress in {self.timeout} seconds: {shown}. "
                        f"{'; '.join(problems) or 'Its pods report no reason.'}"
                    )
            elif still > self.timeout:
                raise EdgeError(f"{which} does not exist after {self.timeout} seconds: somebody has removed it.")
            time.sleep(LOOK)

    def _record(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.changes.append(line)
            if not self.mode.fields:
                self.mode.say(line)

    def _pass_on(self, each: Object, written: Written) -> None:
        for text in written.warnings:
            self._warn(f"{identity(each)}: {text}")

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self.mode.warn(text)
