# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_vip_objects``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import objects as _kube_vip
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: kube_vip_objects
short_description: Every Kubernetes object of kube-vip
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns a service account, RBAC objects and a DaemonSet for the control plane, the same for services, and a Secret
    if BGP has passwords. A control plane that is served by a static pod is left out.
  - Refuses values that kube-vip ignores, and settings with which two nodes answer for one address.
options:
  _input:
    description: The variables of the role P(k8s_edge.ha.kube_vip#role), without its prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be created
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.kube_vip_objects }}"
"""

RETURN = r"""
_value:
  description: The Kubernetes objects, in order of creation.
  type: list
  elements: dict
"""


@readable_errors
def kube_vip_objects(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Kubernetes objects."""
    return _kube_vip.objects(settings)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_vip_objects": kube_vip_objects}
