# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``keepalived_watchers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: keepalived_watchers
short_description: What keepalived watches on one host, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives the scripts and processes that the instances of P(k8s_edge.ha.keepalived_instances#filter) track, as
    M(k8s_edge.ha.keepalived_config) takes them.
  - HAProxy is watched by its process and by its health page. Where the hosts of a VIP are the apiservers it leads to,
    the apiserver beside HAProxy is watched too.
positional: host, groups, hostvars, watch
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  watch:
    description: How to watch.
    type: dict
    default: {}
    suboptions:
      health_port:
        description: The port on loopback where HAProxy says whether it is well.
        type: int
        default: 8404
      folder:
        description: Where the scripts lie.
        type: str
        default: ''
      check:
        description: Options of the C(vrrp_script) that asks HAProxy; they go over its own.
        type: dict
        default: {}
      servers:
        description: Whether a VIP leaves a host also where HAProxy sees none of its servers answer.
        type: bool
        default: false
      processes:
        description:
          - Whether the host's kernel tells keepalived of processes, see
            RV(k8s_edge.ha.keepalived_info#module:process_events).
        type: bool
        default: true
"""

EXAMPLES = r"""
- name: The scripts of this host
  ansible.builtin.debug:
    msg: "{{ (k8s_edge_vips | k8s_edge.ha.keepalived_watchers(inventory_hostname, groups, hostvars)).scripts }}"
"""

RETURN = r"""
_value:
  description: A dictionary with the lists C(scripts) and C(track_processes).
  type: dict
"""


@speaking
def keepalived_watchers(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    watch: Mapping[str, Any] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The host's vrrp_scripts and vrrp_track_processes."""
    return watchers(host, declared(vips, groups), hostvars, Watch(**watch or {}))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"keepalived_watchers": keepalived_watchers}
