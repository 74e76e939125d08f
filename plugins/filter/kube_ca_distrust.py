# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``kube_ca_distrust``."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.kube_ca import distrust

DOCUMENTATION = r"""
name: kube_ca_distrust
short_description: Why the CA of the apiservers does not verify a server
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - HAProxy's check reports only C(Layer6 invalid response). This filter names the issuer of the server's certificate
    and the trusted CAs.
  - For whoever looks for the reason why a backend with C(ssl verify required) has no server that is up.
positional: server, output
options:
  _input:
    description: The CA, in PEM.
    type: str
    required: true
  server:
    description: How the message names the server.
    type: str
    required: true
  output:
    description: The output of C(openssl s_client -CAfile); empty if the server could not be reached.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show why HAProxy rejects a server
  ansible.builtin.debug:
    msg: "{{ ca | k8s_edge.ha.kube_ca_distrust('10.0.0.11:6443', asked.stdout) }}"
"""

RETURN = r"""
_value:
  description: A few sentences, with the remedy.
  type: str
"""


def kube_ca_distrust(text: str, server: str, output: str = "") -> str:
    """The reason in a few sentences, with the remedy."""
    return distrust(text or "", server, output or "")


class FilterModule:
    """The class that Ansible reads the filter's name from."""

    def filters(self) -> dict[str, Any]:
        return {"kube_ca_distrust": kube_ca_distrust}
