#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_plan
short_description: Plan every plane of a host in one call
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Says what the modules of this collection would do on a host, and changes nothing. The code that would apply it plans
    it, so that what is said is what would be done.
  - One call reads all planes. A plane that cannot be planned says why, and the others are planned all the same.
options:
  modules:
    description:
      - The options of each module that is asked, by its name. Those are C(selinux_access), C(firewall_access),
        C(kernel_settings), C(loopback_addresses), C(haproxy_config), C(ipvs_config) and C(keepalived_config).
      - They are checked as the module itself checks them.
    type: dict
    required: true
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: none
    description: The differences are in RV(planes).
  idempotent:
    support: full
    description: Changes nothing.
seealso:
  - module: k8s_edge.ha.haproxy_config
  - module: k8s_edge.ha.keepalived_config
"""

EXAMPLES = r"""
- name: Plan HAProxy and the kernel of this host
  k8s_edge.ha.edge_plan:
    modules:
      kernel_settings:
        name: haproxy
        parameters: {net.ipv4.ip_nonlocal_bind: "1"}
      haproxy_config:
        backends:
          - name: kubeapi
            servers:
              - {name: kube-1, address: 192.168.122.11, port: 6443, check: true}
  register: plan
"""

RETURN = r"""
would_change:
  description: Whether any of the modules that could be planned would change something.
  returned: always
  type: bool
unforeseen:
  description: The modules that could not be planned. RV(planes) has the reason of each.
  returned: always
  type: list
  elements: str
  sample: []
impact:
  description: The heaviest impact of all planes, C(none), C(runtime), C(reload), C(restart) or C(vip_move).
  returned: always
  type: str
  sample: reload
planes:
  description:
    - By module, in the order in which a host is changed, what it would return in check mode.
    - C(failed) and C(msg) say that and why it could not be planned.
  returned: always
  type: dict
  sample:
    haproxy_config:
      failed: false
      msg: ""
      changed: true
      impact: runtime
      steps: ["backend kubeapi: server kube-1 192.168.122.11:6443 added"]
      warnings: []
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.plan import ARGUMENTS, plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, plan, redact)


if __name__ == "__main__":
    main()
