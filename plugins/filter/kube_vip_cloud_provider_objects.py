# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_vip_cloud_provider_objects``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import cloud_provider as _kube_vip_cloud_provider
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: kube_vip_cloud_provider_objects
short_description: Every Kubernetes object of kube-vip's cloud provider
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns a service account, RBAC objects, the ConfigMap with the address pools, and a Deployment.
  - Refuses overlapping pools, since the provider looks at the Services of one pool only and would assign an address
    twice, and pools that it never uses.
options:
  _input:
    description: The variables of the role P(k8s_edge.ha.kube_vip_cloud_provider#role), without its prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be created
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.kube_vip_cloud_provider_objects }}"
"""

RETURN = r"""
_value:
  description: The Kubernetes objects, in order of creation.
  type: list
  elements: dict
"""


@readable_errors
def kube_vip_cloud_provider_objects(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Kubernetes objects."""
    return _kube_vip_cloud_provider.objects(settings)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_vip_cloud_provider_objects": kube_vip_cloud_provider_objects}
