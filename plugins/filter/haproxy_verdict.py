# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``haproxy_verdict``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import verdict as _verdict

DOCUMENTATION = r"""
name: haproxy_verdict
short_description: Whether HAProxy runs its configuration and serves what it served before
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - C(settled) if, according to M(k8s_edge.ha.haproxy_info), HAProxy is active and has loaded its file, and each of the
    given backends that had a healthy server before has one again. A check that has not finished does not count.
  - C(failed) if all servers of such a backend are down. Otherwise C(waiting).
  - For playbooks of your own that must wait for HAProxy after a change. Role P(k8s_edge.ha.haproxy#role) waits with it.
positional: before, backends
options:
  _input:
    description: The result of M(k8s_edge.ha.haproxy_info).
    type: dict
    required: true
  before:
    description: Its result before the change.
    type: dict
    required: true
  backends:
    description: Names of the backends that must serve again.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Wait until HAProxy serves again
  k8s_edge.ha.haproxy_info:
  register: answer
  until: answer | k8s_edge.ha.haproxy_verdict(before, ['kubeapi']) == 'settled'
  retries: 20
  delay: 0.5
"""

RETURN = r"""
_value:
  description: C(settled), C(waiting) or C(failed).
  type: str
"""


@readable_errors
def haproxy_verdict(info: Mapping[str, Any], before: Mapping[str, Any], backends: Sequence[str]) -> str:
    """settled, waiting or failed."""
    return _verdict.haproxy_verdict(info, before, backends)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"haproxy_verdict": haproxy_verdict}
