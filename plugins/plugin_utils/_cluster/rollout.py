# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the roll-out of a workload is, from what the API says of it and of its pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Waiting is told in steps of this many per cent, so that a big cluster does not drown the screen.
STEP = 10

#: Where each kind counts pods: wanted, of the new template, and available.
COUNTS = {
    "DaemonSet": ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable"),
    "Deployment": ("", "updatedReplicas", "availableReplicas"),
    "StatefulSet": ("", "updatedReplicas", "availableReplicas"),
}


def progress(workload: Mapping[str, Any]) -> dict[str, Any]:
    """``done``, ``said`` in words, and ``step`` (0 to 20), which grows while the roll-out gets on."""
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    total, updated, available = (_count(workload, key) for key in COUNTS[workload["kind"]])
    if not status.get("observedGeneration", 0) >= (workload["metadata"].get("generation") or 0):
        return {"done": False, "said": "not yet seen by its controller", "step": 0}
    # DaemonSet and StatefulSet with OnDelete are updated by hand.
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    if not total:
        said = "wants no pod" if workload["kind"] != "DaemonSet" else "no node fits its labels and tolerations"
        return {"done": True, "said": said, "step": 2 * STEP}
    surplus = max(0, int(status.get("replicas") or 0) - total)
    parts = (updated if not by_hand else total, available)
    return {
        "done": min(parts) >= total and not surplus,
        "said": f"{updated} of {total} up to date, {available} available"
        + (f", {surplus} old ones still there" if surplus else ""),
        "step": sum(STEP * min(part, total) // total for part in parts) - bool(surplus),
    }


def _count(workload: Mapping[str, Any], key: str) -> int:
    if key:
        return int((workload.get("status") or {}).get(key) or 0)
    replicas = (workload.get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def problems(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why pods are not ready, a sentence for each container or pod that says so."""
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
