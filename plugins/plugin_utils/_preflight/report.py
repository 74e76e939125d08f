# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All findings, as the filter ``preflight_findings`` returns them."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.data import unplanned
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.certificates import certificate_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.declaration import declaration_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import (
    ERROR,
    NOTE,
    SEVERITIES,
    Finding,
    lines,
    merged,
    of_problem,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.holders import holder_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.hosts import host_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.upgrades import upgrade_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.vrrp import vrrp_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems_found, problems_raised


def report(fleet: Fleet, stage: str) -> dict[str, Any]:
    """``findings``, the most severe first; ``errors``, those that stop a run, as sentences; ``text``, lines for a
    terminal; ``hosts``, those that were examined. ``stage`` as for ``edge_fleet``."""
    seen = Seen(fleet)
    sound = not problems_raised(lambda: (fleet.down, fleet.vips))
    found = merged(_findings(seen, stage, sound))
    observations = seen.observations if sound else {}
    seconds = max((observed["listened"]["seconds"] for observed in observations.values()), default=0)
    captured = f"VRRP listened for during {seconds:g} s" if observations else "no network listened to"
    return {
        "findings": [each.as_dict() for each in found],
        "counts": {severity: sum(each.severity == severity for each in found) for severity in SEVERITIES},
        "errors": [each.text for each in found if each.severity == ERROR],
        "text": lines(found, len(observations), captured),
        "hosts": list(observations),
    }


def _findings(seen: Seen, stage: str, sound: bool) -> list[Finding]:
    fleet = seen.fleet
    found = [of_problem(each) for each in problems_found(fleet, stage != "declared")]
    if not sound:
        return found
    found += declaration_findings(fleet)
    if stage == "declared":
        return found
    if stage == "planned" and not found:
        found += [of_problem(each) for each in unplanned(fleet)]
    found += [of_problem(each["fault"]) for each in fleet.former_members if each["fault"]]
    for findings in (holder_findings, vrrp_findings, certificate_findings, host_findings, upgrade_findings):
        found += findings(seen)
    return [*found, *(Finding(NOTE, (), "", each) for each in [*fleet.foreign.notes, *fleet.notes])]
