# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_verdict``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import settling as _settling

DOCUMENTATION = r"""
name: keepalived_verdict
short_description: Whether keepalived runs its configuration and each instance has settled
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - C(settled) if, according to M(k8s_edge.ha.keepalived_info), keepalived is active and has loaded its file, and each
    derived instance of the host is BACKUP, or MASTER with all its addresses. It must be MASTER if no running peer has
    as high a priority and the host may preempt. Priorities are the effective ones of the running daemons, so that hosts
    whose priorities are exchanged can be changed one after the other.
  - C(yielding) if all that is so, and a peer with a higher priority is about to take a VIP from this host.
  - C(failed) if an instance is in FAULT and O(final) is true. Otherwise C(waiting).
  - For playbooks of your own that must wait for keepalived after a change. Role P(k8s_edge.ha.keepalived#role) waits
    with it.
positional: instances, peers, final
options:
  _input:
    description: The result of M(k8s_edge.ha.keepalived_info).
    type: dict
    required: true
  instances:
    description: The derived instances of the host.
    type: list
    elements: dict
    required: true
  peers:
    description:
      - The results of M(k8s_edge.ha.keepalived_info) on the other members just before the change, without those that
        are stopped meanwhile.
    type: list
    elements: dict
    default: []
  final:
    description: Whether failing checks have had the time to be noticed, so that FAULT is a failure.
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


@readable_errors
def keepalived_verdict(
    info: Mapping[str, Any],
    instances: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]] = (),
    final: bool = True,
) -> str:
    """settled, yielding, waiting or failed."""
    return _settling.keepalived_verdict(instances, info, peers, final)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_verdict": keepalived_verdict}
