# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``installed_python``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking

DOCUMENTATION = r"""
name: installed_python
short_description: Which Python packages and collections the controller has
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Of the given names those that can be imported on the controller. A collection is named as Python sees it, for
    example C(ansible_collections.kubernetes.core).
options:
  _input:
    description: Names of Python packages.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Manifests can be checked against the schemas of Kubernetes
  ansible.builtin.assert:
    that: (['kubernetes_validate'] | k8s_edge.ha.installed_python) != []
"""

RETURN = r"""
_value:
  description: Names of Python packages.
  type: list
  elements: str
"""


@speaking
def installed_python(names: list[str]) -> list[str]:
    """Names of those that are there."""
    return [name for name in names if _importable(name)]


def _importable(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"installed_python": installed_python}
