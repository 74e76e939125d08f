# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``status_page``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.page import status_page as page

DOCUMENTATION = r"""
name: status_page
short_description: The status of the edge as one HTML page
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The page holds everything that it needs. It can be read on a phone, and printed.
positional: now, when
options:
  _input:
    description: What P(k8s_edge.ha.edge_status#filter) returns.
    type: dict
    required: true
  now:
    description: The time, in seconds since 1970.
    type: float
    required: true
  when:
    description: When the hosts were read, as the page is to say it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the status as a page
  ansible.builtin.copy:
    content: "{{ status | k8s_edge.ha.status_page(0, '2030-01-01 10:00') }}"
    dest: /tmp/status.html
    mode: "0600"
  vars:
    status: {vips: [], hosts: [], certificates: [], faults: []}
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""


@readable_errors
def status_page(status: Mapping[str, Any], now: float, when: str) -> str:
    """The page."""
    return page(status, now, when)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"status_page": status_page}
