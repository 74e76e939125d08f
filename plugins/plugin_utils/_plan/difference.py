# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plan of a host differs from the one that was shown, where something else changed the host in between.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import IMPACTS

_SECONDS = re.compile(r" [\d.]+ s\b")


def difference(now: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """``lines``, a sentence for each step that has come or gone; ``worse``, whether more is at stake than was shown."""
    before, after = _steps(shown), _steps(now)
    failed = [f"{name}: {now['planes'][name]['msg']}" for name in now.get("failed_planes") or ()]
    heavier = IMPACTS.index(str(now.get("impact", "none"))) > IMPACTS.index(str(shown.get("impact", "none")))
    lines = [f"new: {step}" for step in after if step not in before]
    lines += [f"no longer needed: {step}" for step in before if step not in after]
    return {"lines": [*failed, *lines], "worse": bool(failed) or heavier}


def _steps(answer: Mapping[str, Any]) -> list[str]:
    # How long ago something was is another answer each time.
    return [
        _SECONDS.sub("", f"{name}: {step}")
        for name, each in (answer.get("planes") or {}).items()
        for step in each["steps"]
    ]
