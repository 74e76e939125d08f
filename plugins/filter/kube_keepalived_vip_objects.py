# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_keepalived_vip_objects``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.utils.display import Display
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_keepalived_vip.objects import objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_keepalived_vip.problems import problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of

DOCUMENTATION = r"""
name: kube_keepalived_vip_objects
short_description: Every Kubernetes object of kube-keepalived-vip
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Namespace, RBAC objects, the ConfigMap of VIPs and the DaemonSet, in order of creation. Refuses values that
    kube-keepalived-vip would ignore. Warns that its last release is from 2019.
options:
  _input:
    description:
      - The variables of role P(k8s_edge.ha.kube_keepalived_vip#role), without the prefix C(kube_keepalived_vip_).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be created
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.kube_keepalived_vip_objects | map(attribute='kind') }}"
"""

RETURN = r"""
_value:
  description: The objects, in the form of the API.
  type: list
  elements: dict
"""

END_OF_LIFE = (
    "kube-keepalived-vip has had no release since 2019, and reads Endpoints, which Kubernetes has deprecated. Each "
    "of its pods empties the node's whole IPVS table when it starts, kube-proxy's part too. Move its VIPs to kube-vip "
    "or to role keepalived."
)


@readable_errors
def kube_keepalived_vip_objects(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects. Raises InputError with every problem in the variables."""
    stated = settings_of("kube_keepalived_vip", settings)
    refuse(problems(stated))
    Display().warning(END_OF_LIFE)
    return objects(stated)


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_keepalived_vip_objects": kube_keepalived_vip_objects}
