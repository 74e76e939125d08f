# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``preflight_findings``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.data import STAGES
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

DOCUMENTATION = r"""
name: preflight_findings
short_description: All obstacles to a change, in one list
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Compares what the hosts observed (M(k8s_edge.ha.vip_preflight), registered as C(k8s_edge_wire)) with
    C(k8s_edge_vips), and adds the problems that P(k8s_edge.ha.edge_fleet#filter) finds.
  - Errors are an outsider that uses a virtual router ID or an address of a VIP, more than one holder, members that
    disagree, certificates of apiservers that do not contain the VIP, occupied ports, interfaces that are down, and
    everything that could not be planned.
  - Warnings and notes stop nothing.
positional: hostvars, stage
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  stage:
    description: How much is known of the hosts, as for P(k8s_edge.ha.edge_fleet#filter).
    type: str
    choices: [declared, read, planned]
    default: planned
"""

EXAMPLES = r"""
- name: Stop if there is an obstacle to a change
  ansible.builtin.assert:
    that: found.errors == []
  vars:
    found: "{{ groups | k8s_edge.ha.preflight_findings(hostvars, 'read') }}"
"""

RETURN = r"""
_value:
  description:
    - C(findings), the most severe first, each with C(severity) (C(error), C(warning) or C(note)), C(hosts), C(about),
      C(reason) and C(remedy); C(counts) of each severity; C(errors) as sentences; C(text), lines for a terminal;
      C(hosts), those that were examined.
  type: dict
"""


@readable_errors
def preflight_findings(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], stage: str = "planned"
) -> dict[str, Any]:
    """All findings, as a dictionary."""
    if stage not in STAGES:
        refuse([Problem("preflight_findings: stage", stage, "is not known here", f"Use: {', '.join(STAGES)}.")])
    return report(Fleet(groups, hostvars), stage)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"preflight_findings": preflight_findings}
