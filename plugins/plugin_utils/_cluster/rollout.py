# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a workload's roll-out, and what blocks it, from the workload's status, its pods and events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: The number of progress steps for each of the two counts, so that a big cluster does not flood the terminal.
STEP = 10

#: The fields in which each kind counts its desired, updated and available pods.
COUNTS = {
    "DaemonSet": ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable"),
    "Deployment": ("", "updatedReplicas", "availableReplicas"),
    "StatefulSet": ("", "updatedReplicas", "availableReplicas"),
}


#: Refusals of pods that a retry does not fix: an admission controller refused. A missing ServiceAccount is refused in
#: similar words, but it may be created in the same run, and the next attempt succeeds.
_FOR_GOOD = re.compile(r"denied (the )?request|is forbidden: (?!error looking up service account)")

#: Reasons for which a container does not start and that a retry does not fix.
_NEVER = ("InvalidImageName", "ErrImageNeverPull")


class Progress(NamedTuple):
    """``text``: the progress as text. ``step``: 0 to 20, grows as the roll-out advances."""

    done: bool
    text: str
    step: int


def progress(workload: Mapping[str, Any] | None) -> Progress:
    """The progress of a workload; None is one that does not exist."""
    if workload is None:
        return Progress(False, "is not there", 0)
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    total, updated, available = (_count(workload, key) for key in COUNTS[workload["kind"]])
    if not status.get("observedGeneration", 0) >= (workload["metadata"].get("generation") or 0):
        return Progress(False, "not yet seen by its controller", 0)
    # With strategy OnDelete the user updates the pods of a DaemonSet or StatefulSet.
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    if not total:
        text = "wants no pod" if workload["kind"] != "DaemonSet" else "no node fits its labels and tolerations"
        return Progress(True, text, 2 * STEP)
    surplus = max(0, int(status.get("replicas") or 0) - total)
    parts = (updated if not by_hand else total, available)
    return Progress(
        done=min(parts) >= total and not surplus,
        text=f"{updated} of {total} up to date, {available} available"
        + (f", {surplus} old ones still there" if surplus else ""),
        step=sum(STEP * min(part, total) // total for part in parts) - bool(surplus),
    )


def refused_pods(
    workload: Mapping[str, Any], replica_sets: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], str]:
    """Why pods of a workload or of its ReplicaSets could not be created: the message of each FailedCreate event. The
    key is the event's UID and resource version, which changes when the event occurs again."""
    uid = workload["metadata"].get("uid")
    makers = {uid}
    for each in replica_sets:
        owners = [owner.get("uid") for owner in each["metadata"].get("ownerReferences") or ()]
        makers |= {each["metadata"].get("uid")} if uid in owners else set()
    return {
        (each["metadata"].get("uid", ""), each["metadata"].get("resourceVersion", "")): str(each.get("message") or "")
        for each in events
        if each.get("reason") == "FailedCreate" and (each.get("involvedObject") or {}).get("uid") in makers
    }


def final(refused: Iterable[str]) -> list[str]:
    """The reasons that a retry does not fix, each once."""
    return list(dict.fromkeys(each for each in refused if _FOR_GOOD.search(each)))


def permanent_errors(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """The start-up errors of pods that a retry does not fix."""
    return [each for each in problems(pods) if any(f" {reason}" in each for reason in _NEVER)]


def _count(workload: Mapping[str, Any], key: str) -> int:
    if key:
        return int((workload.get("status") or {}).get(key) or 0)
    replicas = (workload.get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def problems(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each container or pod that reports why it is not ready."""
    found = []
    for pod in pods:
        status, name = pod.get("status") or {}, pod["metadata"]["name"]
        for condition in status.get("conditions") or ():
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                found.append(f"{name} is not scheduled: {condition.get('message') or condition.get('reason')}")
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            state = container.get("state") or {}
            reason = state.get("waiting") or state.get("terminated") or {}
            if reason.get("reason") not in (None, "Completed"):
                message = f": {reason['message']}" if reason.get("message") else ""
                found.append(f"{name}/{container['name']} {reason['reason']}{message}")
    return found
