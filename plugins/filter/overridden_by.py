# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``overridden_by``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden

DOCUMENTATION = r"""
name: overridden_by
short_description: Options by hand over derived ones, however deep
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Of a dictionary only what is given by hand changes. A list or a value by hand replaces the derived one, and C(null)
    takes it away.
  - Every variable of this collection that goes over what is derived does so like this.
positional: by_hand
options:
  _input:
    description: The derived options.
    type: dict
    required: true
  by_hand:
    description: What goes over them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: One timeout by hand, the others as they are
  ansible.builtin.debug:
    msg: "{{ {'timeouts': {'client': '5s'}} | k8s_edge.ha.overridden_by({'timeouts': {'server': '1h'}}) }}"
"""

RETURN = r"""
_value:
  description: The options.
  type: dict
"""


@speaking
def overridden_by(derived: Mapping[str, Any], by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """The options."""
    return overridden(derived, by_hand)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"overridden_by": overridden_by}
