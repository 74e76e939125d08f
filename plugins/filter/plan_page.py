# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``plan_page``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.page import plan_page as page

DOCUMENTATION = r"""
name: plan_page
short_description: The plan of the fleet as one HTML page
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The page is self-contained. It can be read on a phone, and printed.
positional: when
options:
  _input:
    description: C(plan) in the result of P(k8s_edge.ha.edge_fleet#filter).
    type: dict
    required: true
  when:
    description: The time at which the hosts were read, as text.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the plan as a page
  ansible.builtin.copy:
    content: "{{ plan | k8s_edge.ha.plan_page('2030-01-01 10:00') }}"
    dest: /tmp/plan.html
    mode: "0600"
  vars:
    plan: {hosts: [], removes: [], vips: [], connections: [], notes: [], seconds: 0}
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""


@readable_errors
def plan_page(plan: Mapping[str, Any], when: str) -> str:
    """The page."""
    return page(plan, when)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"plan_page": plan_page}
