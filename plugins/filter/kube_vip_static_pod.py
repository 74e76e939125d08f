# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_vip_static_pod``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import checked_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import objects as _kube_vip
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: kube_vip_static_pod
short_description: The static pod of kube-vip for a new control plane
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Returns the pod that a kubelet runs from its manifest directory, before there is an API server.
positional: kubeconfig
options:
  _input:
    description: The variables of the role P(k8s_edge.ha.kube_vip#role), without its prefix.
    type: dict
    required: true
  kubeconfig:
    description:
      - The kubeconfig file on the host that kube-vip uses.
      - Up to kubeadm 1.28 that is V(/etc/kubernetes/admin.conf). From 1.29 on it is V(/etc/kubernetes/super-admin.conf)
        on the first host while the cluster is created, since C(admin.conf) has no rights yet.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the manifest for the kubelet
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.kube_vip_static_pod('/etc/kubernetes/super-admin.conf') }}"
"""

RETURN = r"""
_value:
  description: The pod.
  type: dict
"""


@readable_errors
def kube_vip_static_pod(settings: Mapping[str, Any], kubeconfig: str) -> dict[str, Any]:
    """The pod."""
    return dict(checked_objects([_kube_vip.static_pod(settings, kubeconfig)])[0])


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_vip_static_pod": kube_vip_static_pod}
