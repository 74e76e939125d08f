# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``provider_leaves``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import provider_services as _provider_services
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors

DOCUMENTATION = r"""
name: provider_leaves
short_description: Services that kube-vip's cloud provider no longer watches
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The provider adds a finalizer to each Service that it watches, either those of its class or those without a class.
    A Service that it no longer watches could not be deleted. Other cloud providers use the same finalizer; their
    Services are left unchanged.
  - For whoever removes the provider by hand. Role P(k8s_edge.ha.kube_vip_cloud_provider#role) releases them by it.
positional: deployments, mode
options:
  _input:
    description: The services of the cluster, as C(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
  deployments:
    description: The provider's former Deployment, or an empty list.
    type: list
    elements: dict
    required: true
  mode:
    description:
      - What the provider watches from now on. V(class), only Services of its class; V(without), only Services without a
        class; V(none), the provider is removed.
    type: str
    choices: [class, without, none]
    required: true
"""

EXAMPLES = r"""
- name: Show the Services that could not be deleted
  ansible.builtin.debug:
    msg: "{{ (services.resources | k8s_edge.ha.provider_leaves(deployment.resources, 'none')).message }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary. C(patches), a merge patch for each of these Services that removes the finalizer and nothing else;
      C(message), a message on what happens to them; C(turns), whether the provider watched other Services so far.
"""


@readable_errors
def provider_leaves(
    services: Sequence[Mapping[str, Any]], deployments: Sequence[Mapping[str, Any]], mode: str
) -> dict[str, Any]:
    """The patches and a message on the Services."""
    before, after = _provider_services.mode_of(deployments), None if mode == "none" else mode
    patches = _provider_services.released(services, before, after)
    turns = after is None or before not in (None, after)
    return {"patches": patches, "message": _provider_services.release_message(patches, after), "turns": turns}


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"provider_leaves": provider_leaves}
