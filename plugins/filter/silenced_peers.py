# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``silenced_peers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll import inventory as _inventory

DOCUMENTATION = r"""
name: silenced_peers
short_description: The peers that must be silent while keepalived on a host is changed
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A change that all members must agree on would make two masters if it were made one host after the other. The peers
    named here are stopped for that one step; each starts again with the new configuration when its turn comes.
  - Works from the gathered facts and from what M(k8s_edge.ha.keepalived_info) said, registered as C(k8s_edge_before).
positional: host, hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Who falls silent
  ansible.builtin.debug:
    msg: "{{ groups | k8s_edge.ha.silenced_peers(inventory_hostname, hostvars) }}"
"""

RETURN = r"""
_value:
  description: Names of hosts; empty where nothing of the kind is coming.
  type: list
  elements: str
"""


@speaking
def silenced_peers(groups: Mapping[str, Sequence[str]], host: str, hostvars: Mapping[str, Any]) -> list[str]:
    """Names of hosts."""
    return _inventory.silenced_peers(host, _inventory.vips_of(groups, hostvars), hostvars)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"silenced_peers": silenced_peers}
