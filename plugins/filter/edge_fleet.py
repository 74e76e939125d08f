# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_fleet``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.data import STAGES, as_data
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

DOCUMENTATION = r"""
name: edge_fleet
short_description: Everything that is derived from C(k8s_edge_vips), for all hosts at once
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Playbook C(site) asks it before it reads the hosts, afterwards, and again when each has been planned, and takes
    every decision from its answer.
  - Fails on nothing that is wrong with the declaration. It is told under C(problems).
positional: hostvars, stage
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  stage:
    description:
      - How much is known of the hosts. Then it is a problem, too, where it is not known of one of them.
      - V(read) works from the gathered facts and from what M(k8s_edge.ha.keepalived_info) and
        M(k8s_edge.ha.haproxy_info) returned, registered as C(k8s_edge_before) and C(k8s_edge_haproxy_before).
      - V(planned) works also from what M(k8s_edge.ha.edge_plan) returned, registered as C(k8s_edge_plan).
    type: str
    choices: [declared, read, planned]
    default: declared
notes:
  - The part of a host holds the passwords of its instances. Set C(no_log) on a task that keeps it.
"""

EXAMPLES = r"""
- name: Derive what follows from the inventory and from what was read of the hosts
  ansible.builtin.set_fact:
    fleet: "{{ groups | k8s_edge.ha.edge_fleet(hostvars, 'read') }}"
  no_log: true

- name: Show in which order the hosts are changed
  ansible.builtin.debug:
    msg: "{{ fleet.order }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), a sentence for each (of the declaration alone also what P(k8s_edge.ha.variable_faults#filter)
      returns); C(present) and C(proxied), the hosts that may hold a VIP and those of them with a HAProxy that leads it
      to servers; C(backends), the names of HAProxy's backends on each of these; C(notes), what is to be done when hosts
      that are down come back.
    - When read or planned also C(order), the hosts as they are changed; C(hosts), the part of each as
      P(k8s_edge.ha.host_part#filter) returns it; C(asks), the options of M(k8s_edge.ha.edge_plan) for each;
      C(remains), what each host still has where C(k8s_edge_vips) is an empty list.
    - When read also C(unheld), the addresses that none
      of their hosts holds, each with a C(host) that can ask whether somebody else does; C(former_members), hosts that
      still take part in a VIP although the declaration does not name them any more, each with C(vip), C(host),
      C(address), C(instances), whether it C(leaves), and otherwise what is wrong (C(fault)); C(remaining), a sentence
      for each host where something remains and is not removed.
    - When planned also C(plan), what a run would do, and C(text), the same as lines (docs/plan.md says what is in it);
      C(roll), the hosts that change, by play, and C(batches), those of its members that are changed side by side.
    - Where there are problems, C(order) and C(hosts) are empty.
  type: dict
"""


@speaking
def edge_fleet(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], stage: str = "declared"
) -> dict[str, Any]:
    """Everything that is derived."""
    if stage not in STAGES:
        refuse([Problem("edge_fleet: stage", stage, "is not known here", f"Use: {', '.join(STAGES)}.")])
    return as_data(Fleet(groups, hostvars), stage)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"edge_fleet": edge_fleet}
