# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_fleet``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.data import STAGES, as_data
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

DOCUMENTATION = r"""
name: edge_fleet
short_description: Everything derived from C(k8s_edge_vips), for all hosts at once
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Playbook C(site) calls it before it reads the hosts, after that, and again after each host has been planned. All its
    decisions come from the results.
  - Does not fail if the declaration is wrong. The problems are returned under C(problems).
positional: hostvars, stage
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  stage:
    description:
      - How much is known of the hosts. A host without the data of the stage is a problem.
      - V(read) uses the gathered facts and the results of M(k8s_edge.ha.keepalived_info) and
        M(k8s_edge.ha.haproxy_info), registered as C(k8s_edge_before) and C(k8s_edge_haproxy_before).
      - V(reached) is V(read) for playbooks that only look. Hosts that could not be read count as down, and the others
        are derived all the same.
      - V(planned) also uses the results of M(k8s_edge.ha.edge_plan), registered as C(k8s_edge_plan).
    type: str
    choices: [declared, read, reached, planned]
    default: declared
notes:
  - The part of a host contains passwords. Set C(no_log) on a task that registers or stores it.
"""

EXAMPLES = r"""
- name: Derive all parts from the inventory and from what was read of the hosts
  ansible.builtin.set_fact:
    fleet: "{{ groups | k8s_edge.ha.edge_fleet(hostvars, 'read') }}"
  no_log: true

- name: Show the order in which the hosts are changed
  ansible.builtin.debug:
    msg: "{{ fleet.order }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), a sentence for each (in stage C(declared) including the result of
      P(k8s_edge.ha.variable_faults#filter)); C(present), the hosts that may hold a VIP; C(proxied), those of them whose
      HAProxy forwards a VIP to servers; C(backends), the names of HAProxy's backends on each of these; C(notes), what
      to do when hosts that are down are back.
    - In every other stage also C(order), the hosts in the order in which they are changed; C(hosts), the part of each
      as P(k8s_edge.ha.host_part#filter) returns it; C(asks), the options of M(k8s_edge.ha.edge_plan) for each;
      C(remains), what each host still has from this collection if C(k8s_edge_vips) is an empty list.
    - In stages C(read) and C(reached) also C(unheld), the addresses that no member holds, each with a C(host) that can
      ask whether an outsider answers for it; C(former_members), hosts that still take part in a VIP for which they are
      no longer declared, each with C(vip), C(host), C(address), C(instances), whether it C(leaves), and otherwise what
      is wrong (C(fault)); C(remaining), a sentence for each host that keeps something after this run.
    - In stage C(planned) also C(plan), what a run would do, and C(text), the same as lines (docs/plan.md describes
      them); C(roll), the hosts that change, by play, and C(batches), the members that are changed side by side.
    - If there are problems, C(order) and C(hosts) are empty.
  type: dict
"""


@readable_errors
def edge_fleet(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], stage: str = "declared"
) -> dict[str, Any]:
    """Everything that is derived, as a dictionary."""
    if stage not in STAGES:
        refuse([Problem("edge_fleet: stage", stage, "is not known here", f"Use: {', '.join(STAGES)}.")])
    return as_data(Fleet(groups, hostvars), stage)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"edge_fleet": edge_fleet}
