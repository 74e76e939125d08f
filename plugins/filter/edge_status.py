# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``edge_status``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.state import status
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.text import status_text

DOCUMENTATION = r"""
name: edge_status
short_description: How the edge is now
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Puts together what M(k8s_edge.ha.edge_info) and M(k8s_edge.ha.edge_plan) returned on the hosts. Playbook C(status)
    keeps it for that.
  - The holder of a VIP is who answers on the network, as another host sees it.
positional: hostvars, now
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
options:
  now:
    description: The time, in seconds since 1970.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Show how the edge is
  ansible.builtin.debug:
    msg: "{{ (groups | k8s_edge.ha.edge_status(hostvars, now().timestamp())).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(vips), an entry for each address with C(holders), C(seen_by), who C(says) to have it, and C(members), each with
      C(state), C(priority), C(since), what is C(failing) there, and C(why) it does not hold it.
    - C(hosts), each with its C(roles), daemons, C(servers) of HAProxy, C(virtual_servers) of the kernel, C(sessions),
      C(old_processes), C(drift), and C(last_written), the file of this collection or of the daemons that was written
      last and when.
    - C(certificates) with the C(days) left; C(faults) and C(text), lines.
  type: dict
"""


@readable_errors
def edge_status(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The status."""
    state = status(Fleet(groups, hostvars))
    return {**state, "text": status_text(state, now)}


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"edge_status": edge_status}
