# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters over an inventory take from it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  _input:
    description: The declaration, usually C(k8s_edge_vips).
    type: list
    elements: dict
    required: true
"""

    INPUT_GROUPS = r"""
options:
  _input:
    description: The variable C(groups).
    type: dict
    required: true
"""

    HOST = r"""
options:
  host:
    description: The name of the host in the inventory.
    type: str
    required: true
"""

    GROUPS = r"""
options:
  groups:
    description: The variable C(groups).
    type: dict
    required: true
"""

    HOSTVARS = r"""
options:
  hostvars:
    description: The variable C(hostvars), with the gathered facts of every host that may hold a VIP.
    type: dict
    required: true
"""
