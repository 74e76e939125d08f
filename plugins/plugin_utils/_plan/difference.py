# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plan of a host differs from the one that was shown, where something else changed the host in between.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import IMPACTS, worst

#: What is another number each time: how long ago something was, how many sessions a server has.
_NUMBERS = re.compile(r" [\d.]+ s\b|(?<= )\d+ sessions?\b")
#: A reload that spares sessions of clients, where there are some: without them the same change is made at runtime.
_SPARES = re.compile(r"reload HAProxy: .*sessions? that last, which end with it$")
_STARTS = "unit keepalived: start"


def difference(now: Mapping[str, Any], shown: Mapping[str, Any], stopped: bool = False) -> dict[str, Any]:
    """``lines``, a sentence for each step that has come or gone; ``worse``, whether the impact is heavier than it was.

    What the run itself has brought about is neither: with ``stopped`` keepalived was stopped for the change of a peer,
    which the plan of the fleet has said. Nor is it worse that clients have come or gone.
    """
    before, after = _steps(shown, False), _steps(now, stopped)
    failed = [f"{name}: {now['planes'][name]['msg']}" for name in now.get("failed_planes") or ()]
    # All that is left of the units was shown, and with it its impact.
    known = {"units"} if stopped and all(step in before for step in after if step.startswith("units: ")) else set()
    heavier = IMPACTS.index(_impact(now, known)) > IMPACTS.index(_impact(shown))
    lines = [f"new: {step}" for step in after if step not in before]
    lines += [f"no longer needed: {step}" for step in before if step not in after]
    return {"lines": [*failed, *lines], "worse": bool(failed) or heavier}


def _impact(answer: Mapping[str, Any], known: Collection[str] = ()) -> str:
    """The heaviest of the planes that are not ``known``. A reload for the sake of sessions counts as what it spares."""
    found = []
    for name, each in (answer.get("planes") or {}).items():
        reloads = [step for step in each["steps"] if step.startswith("reload HAProxy: ")]
        if name not in known:
            found.append("runtime" if reloads and all(map(_SPARES.match, reloads)) else str(each["impact"]))
    return worst(found)


def _steps(answer: Mapping[str, Any], stopped: bool) -> list[str]:
    return [
        _NUMBERS.sub("", f"{name}: {step}")
        for name, each in (answer.get("planes") or {}).items()
        for step in each["steps"]
        if not (stopped and step.startswith(_STARTS))
    ]
