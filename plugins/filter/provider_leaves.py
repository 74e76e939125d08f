# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``provider_leaves``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip import provider_services as _provider_services
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: provider_leaves
short_description: Services that a cloud provider of kube-vip looks at no longer
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - The provider puts a finalizer on each service that it looks at. It looks at those of its class only, or at those
    without a class only. One that it no longer looks at could not be deleted. Other clouds have the same finalizer, and
    their services are left alone.
positional: deployments, mode
options:
  _input:
    description: The services of the cluster, as C(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
  deployments:
    description: The provider's Deployment as it was, or nothing.
    type: list
    elements: dict
    required: true
  mode:
    description:
      - What the provider looks at from now on. V(class) is services of its class only, V(without) those without a class
        only, and V(none) is that it goes.
    type: str
    choices: [class, without, none]
    required: true
"""

EXAMPLES = r"""
- name: Services that nobody would let go
  ansible.builtin.debug:
    msg: "{{ (services.resources | k8s_edge.ha.provider_leaves(deployment.resources, 'none')).said }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary. C(patches) are merge patches, one for each of these services, which take the finalizer away and
      nothing else; C(said) is what becomes of them; C(turns) is whether the provider looked at others until now.
  type: dict
"""


@speaking
def provider_leaves(
    services: Sequence[Mapping[str, Any]], deployments: Sequence[Mapping[str, Any]], mode: str
) -> dict[str, Any]:
    """What it leaves, and what is to be done about that."""
    before, after = _provider_services.mode_of(deployments), None if mode == "none" else mode
    patches = _provider_services.released(services, before, after)
    turns = after is None or before not in (None, after)
    return {"patches": patches, "said": _provider_services.farewell(patches, after), "turns": turns}


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"provider_leaves": provider_leaves}
