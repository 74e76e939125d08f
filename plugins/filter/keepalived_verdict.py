# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_verdict``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils import _verdict
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory import instances_of, led_by
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vips import declared

DOCUMENTATION = r"""
name: keepalived_verdict
short_description: Whether keepalived runs what its file says and each instance has found its state
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - C(settled) when the answer of M(k8s_edge.ha.keepalived_info) says that keepalived is active and has loaded its file,
    and each derived instance of the host is MASTER or BACKUP; MASTER where the host has the highest priority and may
    take the VIP back.
  - C(failed) when one is in FAULT and the look is final. Otherwise C(waiting).
positional: vips, host, groups, hostvars, final
extends_documentation_fragment:
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned.
    type: dict
    required: true
  vips:
    description: The declaration, usually C(k8s_edge_vips).
    type: list
    elements: dict
    required: true
  final:
    description: Whether a check that fails has had the time to show, so that FAULT is a failure.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Wait until keepalived has settled
  k8s_edge.ha.keepalived_info:
  register: answer
  until: answer | k8s_edge.ha.keepalived_verdict(k8s_edge_vips, inventory_hostname, groups, hostvars) == 'settled'
  retries: 20
  delay: 0.5
"""

RETURN = r"""
_value:
  description: C(settled), C(waiting) or C(failed).
  type: str
"""


@speaking
def keepalived_verdict(
    info: Mapping[str, Any],
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    final: bool = True,
) -> str:
    """settled, waiting or failed."""
    known = declared(vips, groups)
    desired = instances_of(host, known, hostvars, {})
    return _verdict.keepalived_verdict(desired, led_by(host, known, hostvars), info, final)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_verdict": keepalived_verdict}
