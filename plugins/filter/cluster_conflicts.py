# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``cluster_conflicts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import conflicts as _cluster_conflicts
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: cluster_conflicts
short_description: Workloads in a cluster that conflict with kube-vip or kube-keepalived-vip
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - kube-proxy in IPVS mode answers ARP for service addresses unless C(strictARP) is set, and deletes other programs'
    virtual servers unless C(excludeCIDRs) lists them. Another installation of kube-vip may hold the same addresses.
  - kube-keepalived-vip and kube-proxy in IPVS mode delete each other's virtual servers, whatever is set.
positional: planes
options:
  _input:
    description: DaemonSets and pods of the cluster, and the ConfigMap C(kube-proxy) if there is one.
    type: list
    elements: dict
    required: true
  planes:
    description:
      - C(mode), C(control_plane) and C(services), as the role P(k8s_edge.ha.kube_vip#role) takes them, or
        C(kube_keepalived_vip), true if kube-keepalived-vip is to run.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Stop if a workload conflicts with kube-vip
  ansible.builtin.assert:
    that: >-
      found | k8s_edge.ha.cluster_conflicts({'services': kube_vip_services}) == []
"""

RETURN = r"""
_value:
  description: A sentence for each conflict.
  type: list
  elements: str
"""


@readable_errors
def cluster_conflicts(found: Sequence[Mapping[str, Any]], planes: Mapping[str, Any]) -> list[str]:
    """A sentence for each conflict."""
    return [str(problem) for problem in _cluster_conflicts.conflicts(found, planes)]


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"cluster_conflicts": cluster_conflicts}
