# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_verification``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._verify.checks import verification

DOCUMENTATION = r"""
name: edge_verification
short_description: Whether the edge is as it was promised, check by check
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Holds what the hosts answered against C(k8s_edge_vips). That is M(k8s_edge.ha.edge_info) with C(wire) and C(probe),
    registered as C(k8s_edge_seen), and M(k8s_edge.ha.edge_plan), registered as C(k8s_edge_plan).
  - Playbook C(verify) shows its answer and fails where there are faults.
positional: hostvars, applied
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  applied:
    description:
      - Whether a run of playbook C(site) has just made it so. Hosts that it changed were verified by its roles, and
        a backend without servers is a warning, since the cluster may not be there yet.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what was checked
  ansible.builtin.debug:
    msg: "{{ (groups | k8s_edge.ha.edge_verification(hostvars)).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(checks), each with C(result) (C(ok), C(warning) or C(fault)), C(about) and C(observed); C(faults), a sentence
      for each; C(text), the lines of a table.
  type: dict
"""


@readable_errors
def edge_verification(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], applied: bool = False
) -> dict[str, Any]:
    """Check by check."""
    return verification(Fleet(groups, hostvars), applied)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"edge_verification": edge_verification}
