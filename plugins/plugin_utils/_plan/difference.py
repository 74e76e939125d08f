# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the current plan of a host with the plan that was shown, in case something else changed the host in between.
Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import IMPACTS, worst

#: Numbers that differ from plan to plan: ages, and the sessions of a server.
_NUMBERS = re.compile(r" [\d.]+ s\b|(?<= )\d+ sessions?\b")


def difference(now: Mapping[str, Any], shown: Mapping[str, Any], stopped: bool = False) -> dict[str, Any]:
    """``lines``: a sentence for each added or removed step. ``worse``: whether the impact has become heavier.

    Changes made by the run itself do not count: with ``stopped``, keepalived was stopped for the change of a peer, as
    shown in the plan of the fleet. Nor does a changed number of sessions."""
    before, after = _steps(shown, False), _steps(now, stopped)
    failed = [f"{name}: {now['planes'][name]['msg']}" for name in now.get("failed_planes") or ()]
    # The remaining steps of the units were shown, so their impact was too.
    known = {"units"} if stopped and all(step in before for step in after if step.startswith("units: ")) else set()
    heavier = IMPACTS.index(_impact(now, known)) > IMPACTS.index(_impact(shown))
    lines = [f"new: {step}" for step in after if step not in before]
    lines += [f"no longer needed: {step}" for step in before if step not in after]
    return {"lines": [*failed, *lines], "worse": bool(failed) or heavier}


def _impact(answer: Mapping[str, Any], known: Collection[str] = ()) -> str:
    """The heaviest impact of the planes that are not ``known``, as if no client had sessions."""
    planes = answer.get("planes") or {}
    return worst(each.get("idle_impact") or each["impact"] for name, each in planes.items() if name not in known)


def _steps(answer: Mapping[str, Any], stopped: bool) -> list[str]:
    planes = answer.get("planes") or {}
    starts = (planes.get("units") or {}).get("starts") or {}
    return [
        _NUMBERS.sub("", f"{name}: {step}")
        for name, each in planes.items()
        for step in each["steps"]
        if not (stopped and name == "units" and step == starts.get("keepalived"))
    ]
