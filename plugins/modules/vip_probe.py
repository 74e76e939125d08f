#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_probe
short_description: Ask every VIP as a client would
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Connects from this host to all endpoints at the same time. Fails and lists those that do not answer.
  - Changes nothing, and connects in check mode too.
options:
  endpoints:
    description: Where clients connect, as P(k8s_edge.ha.vip_endpoints#filter) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, for messages.
        type: str
        required: true
      address:
        description: The address to connect to if no O(endpoints[].url) is given.
        type: str
        required: true
      port:
        description: The port to connect to if no O(endpoints[].url) is given.
        type: int
        required: true
      url:
        description:
          - An C(https) URL to request instead of only connecting. Status 200, 401 and 403 count as answers, since an
            apiserver that asks for credentials works.
        type: str
  ca_path:
    description:
      - Path on this host of the CA that signed the certificates. Without it and without O(ca) they are not verified.
    type: path
  ca:
    description: The certificate of that CA itself, in PEM, instead of O(ca_path).
    type: str
  timeout:
    description: Seconds to wait for one answer.
    type: int
    default: 5
  retries:
    description: How often to retry, one second apart, if there is no answer.
    type: int
    default: 5
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: Changes nothing, so there is no difference to show.
  idempotent:
    support: full
    description: Changes nothing.
seealso:
  - plugin: k8s_edge.ha.vip_endpoints
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Ask every VIP of the inventory
  k8s_edge.ha.vip_probe:
    endpoints: "{{ k8s_edge_vips | k8s_edge.ha.vip_endpoints(groups) }}"
    ca_path: /etc/kubernetes/pki/ca.crt
"""

RETURN = r"""
answers:
  description: Each endpoint, with C(name), C(address), C(port) and C(problem), which is empty if it answered.
  returned: always
  type: list
  elements: dict
  sample:
    - {name: kubeapi, address: 192.168.122.10, port: 6443, problem: ""}
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import PROBE
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.probe import probe
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(PROBE, probe)


if __name__ == "__main__":
    main()
