# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_verdict``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import settling as _settling

DOCUMENTATION = r"""
name: keepalived_verdict
short_description: Whether keepalived runs what its file says and each instance has found its state
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - C(settled) when the answer of M(k8s_edge.ha.keepalived_info) says that keepalived is active and has loaded its file,
    and each derived instance of the host is BACKUP, or MASTER with all its addresses; MASTER where no peer runs with as
    high a priority and the host may take the VIP back. Priorities are those of the running daemons, after what checks
    add and take, so that hosts which change roles can be changed one after the other.
  - C(yielding) when that is so, and a peer with a higher priority is about to take a VIP from this host.
  - C(failed) when one is in FAULT and the look is final. Otherwise C(waiting).
positional: instances, peers, final
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned.
    type: dict
    required: true
  instances:
    description: The derived instances of the host.
    type: list
    elements: dict
    required: true
  peers:
    description:
      - What M(k8s_edge.ha.keepalived_info) returned on the other members just before the change, without those that
        are silent meanwhile.
    type: list
    elements: dict
    default: []
  final:
    description: Whether a check that fails has had the time to show, so that FAULT is a failure.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Wait until keepalived has settled
  k8s_edge.ha.keepalived_info:
  register: answer
  until: answer | k8s_edge.ha.keepalived_verdict(instances, peers.results) == 'settled'
  retries: 20
  delay: 0.5
"""

RETURN = r"""
_value:
  description: C(settled), C(yielding), C(waiting) or C(failed).
  type: str
"""


@speaking
def keepalived_verdict(
    info: Mapping[str, Any],
    instances: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]] = (),
    final: bool = True,
) -> str:
    """settled, yielding, waiting or failed."""
    return _settling.keepalived_verdict(instances, info, peers, final)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_verdict": keepalived_verdict}
