# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``former_members``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import former_members_of, vips_of

DOCUMENTATION = r"""
name: former_members
short_description: Hosts that still take part in a VIP of which they are declared no longer
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Such a host keeps its keepalived.conf. As soon as its peers are changed it hears them no more and takes the VIP
    beside them. It is known from the C(unicast_peer) lists that are written on the VIP's hosts, and from its own file
    where it was read.
  - Works from the gathered facts and from what M(k8s_edge.ha.keepalived_info) said, registered as C(k8s_edge_before).
positional: hostvars
extends_documentation_fragment:
  - k8s_edge.ha.inventory.input_groups
  - k8s_edge.ha.inventory.hostvars
"""

EXAMPLES = r"""
- name: Nobody else takes part
  ansible.builtin.assert:
    that: groups | k8s_edge.ha.former_members(hostvars) | map(attribute='fault') | select | length == 0
"""

RETURN = r"""
_value:
  description:
    - C(vip); C(host), empty where no host of the inventory has C(address); C(read), whether the host was read;
      C(instances), those of its file that hold the VIP.
    - C(leaves) says that its instances may be taken out first, since C(keepalived_purge) is set for it and another
      host of the VIP runs. Otherwise C(fault) says in a sentence what is wrong, and what to do.
  type: list
  elements: dict
"""


@speaking
def former_members(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A dictionary for each."""
    return former_members_of(vips_of(groups, hostvars), hostvars) if hostvars else []


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"former_members": former_members}
