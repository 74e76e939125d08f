# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``traefik_objects``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.address import address_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.objects import objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.problems import problems

DOCUMENTATION = r"""
name: traefik_objects
short_description: Every Kubernetes object of Traefik on the edge nodes
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Namespace, RBAC objects, IngressClass, Services, DaemonSet and Ingress objects, in order of creation. Refuses values
    that cannot work, with all problems in one message.
options:
  _input:
    description: The variables of role P(k8s_edge.ha.traefik#role), without the prefix C(traefik_).
    type: dict
    required: true
  vips:
    description: The VIPs of the inventory. The role's variable C(vip) may name one of them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show what would be created
  ansible.builtin.debug:
    msg: "{{ settings | k8s_edge.ha.traefik_objects(k8s_edge_vips) | map(attribute='kind') }}"
"""

RETURN = r"""
_value:
  description: The objects, in the form of the API.
  type: list
  elements: dict
"""


@readable_errors
def traefik_objects(settings: Mapping[str, Any], vips: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """The objects. Raises InputError with every problem in the variables."""
    # The role passes the CustomResourceDefinitions as files; this replaces them by their content.
    stated = {name: value for name, value in settings.items() if name != "crds"}
    known = {**settings_of("traefik", stated), "crds": settings["crds"]}
    found = problems(known)
    address = address_of(known["vip"], vips, found)
    refuse(found)
    return objects({**known, "address": address})


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"traefik_objects": traefik_objects}
