# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_vip_objects``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import objects as _kube_vip
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: kube_vip_objects
short_description: The objects that kube-vip consists of
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Gives a service account, rights and a DaemonSet for the control plane, the same for services, and a Secret where BGP
    has passwords. A control plane that is served by a static pod is left out.
  - Refuses what kube-vip ignores or what makes two nodes answer for one address.
options:
  _input:
    description: The variables of the role P(k8s_edge.ha.kube_vip#role), without its prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What kube-vip consists of
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.kube_vip_objects }}"
"""

RETURN = r"""
_value:
  description: Objects of Kubernetes, in order.
  type: list
  elements: dict
"""


@speaking
def kube_vip_objects(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Objects of Kubernetes."""
    return _kube_vip.objects(settings)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kube_vip_objects": kube_vip_objects}
