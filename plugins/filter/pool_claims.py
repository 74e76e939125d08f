# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``pool_claims``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.address_pools import pools_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip.pool_claims import claims
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of

DOCUMENTATION = r"""
name: pool_claims
short_description: Addresses of pools that a cluster already uses
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The cloud provider of kube-vip assigns any address of a pool that none of its Services has. It does not know the
    addresses of nodes and of other Services.
positional: pools
options:
  _input:
    description: Nodes and Services, as C(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
  pools:
    description: The pools, as in C(kube_vip_cloud_provider_pools) of P(k8s_edge.ha.kube_vip_cloud_provider#role).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Stop if the cluster already uses an address of a pool
  ansible.builtin.assert:
    that: (found | k8s_edge.ha.pool_claims(kube_vip_cloud_provider_pools)).conflicts == []
"""

RETURN = r"""
_value:
  description:
    - A dictionary with two lists of sentences. C(conflicts), addresses of nodes and of others' Services. C(uncounted),
      addresses that kube-vip holds for a Service which the provider does not count.
  type: dict
"""


@readable_errors
def pool_claims(found: Sequence[Mapping[str, Any]], pools: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Sentences on addresses of the pools that the cluster uses."""
    problems: list[Problem] = []
    known = pools_of(
        settings_of("kube_vip_cloud_provider", {"pools": pools})["pools"], "kube_vip_cloud_provider_pools", problems
    )
    refuse(problems)
    conflicts, uncounted = claims(found, known)
    return {"conflicts": [str(each) for each in conflicts], "uncounted": uncounted}


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"pool_claims": pool_claims}
