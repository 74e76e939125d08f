# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``unheired_instances``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.verdict import unheired

DOCUMENTATION = r"""
name: unheired_instances
short_description: The instances that a host is MASTER of and that no peer could take over
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A peer could take over where its keepalived is active and its instance of the same name is BACKUP.
  - An instance that the host has had alone is not named - its file lists no peers, and no peer has it in its file.
positional: peers, staying
options:
  _input:
    description: What M(k8s_edge.ha.keepalived_info) returned on the host.
    type: dict
    required: true
  peers:
    description: What it returned on the peers.
    type: list
    elements: dict
    required: true
  staying:
    description: Names of the instances that will stay. One that is to go needs nobody to take it over. By default all.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Whether it is safe to change this host
  ansible.builtin.assert:
    that: (here | k8s_edge.ha.unheired_instances(peers.results)) == []
"""

RETURN = r"""
_value:
  description: Names of instances.
  type: list
  elements: str
"""


@speaking
def unheired_instances(
    info: Mapping[str, Any], peers: Sequence[Mapping[str, Any]], staying: Sequence[str] | None = None
) -> list[str]:
    """Names of instances."""
    return unheired(info, peers, staying)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"unheired_instances": unheired_instances}
