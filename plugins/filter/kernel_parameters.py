# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kernel_parameters``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kernel_parameters
short_description: The kernel parameters that one host needs, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A host whose HAProxy binds a VIP that another host holds needs C(ip_nonlocal_bind) of that address's family. A host
    that only holds addresses needs nothing.
positional: host, groups, sections
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
options:
  sections:
    description: Further frontends and listens, as M(k8s_edge.ha.haproxy_config) takes them, which may bind a VIP too.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What this host's kernel needs
  ansible.builtin.debug:
    msg: "{{ k8s_edge_vips | k8s_edge.ha.kernel_parameters(inventory_hostname, groups) }}"
"""

RETURN = r"""
_value:
  description: Parameters and their values.
  type: dict
"""


@speaking
def kernel_parameters(
    vips: Any, host: str, groups: Mapping[str, Sequence[str]], sections: Sequence[Mapping[str, Any]] = ()
) -> dict[str, int]:
    """Parameters by name."""
    named = {str(bind.get("address")) for section in sections for bind in section.get("bind") or ()}
    held = [vip for vip in declared(vips, groups) if host in vip.hosts]
    families = sorted(
        {address.version for vip in held for address in vip.addresses if vip.proxied or str(address.ip) in named}
    )
    return {f"net.ipv{version}.ip_nonlocal_bind": 1 for version in families}


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kernel_parameters": kernel_parameters}
