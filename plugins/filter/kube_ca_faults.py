# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_ca_faults``."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.kube_ca import ca_faults

DOCUMENTATION = r"""
name: kube_ca_faults
short_description: What keeps a file from being the CA of the apiservers
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - A file that is missing or holds no certificate in PEM, a certificate that is no CA's or has expired, and a private
    key, which would be copied to every load balancer.
positional: path
options:
  _input:
    description: The text of the file; empty where it could not be read.
    type: str
    required: true
  path:
    description: Its path, for the messages.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: See that the CA is one
  ansible.builtin.assert:
    that: (lookup('ansible.builtin.file', path) | k8s_edge.ha.kube_ca_faults(path)) == []
  vars:
    path: /etc/kubernetes/pki/ca.crt
"""

RETURN = r"""
_value:
  description: A sentence for each fault.
  type: list
  elements: str
"""


def kube_ca_faults(text: str, path: str) -> list[str]:
    """A sentence for each fault."""
    return ca_faults(text or "", path)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"kube_ca_faults": kube_ca_faults}
