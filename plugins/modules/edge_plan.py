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
  - Plans what must change on a host to match its part of the edge, and changes nothing. Each module's plan comes from
    the code that would apply it, so the plan is what would be done.
  - One call reads all planes. A plane that cannot be planned has the reason in its result; the others are still
    planned.
  - A plane that is not given is not planned.
  - A package, user or file of this plan does not exist yet when a daemon checks its configuration. Such a configuration
    is still planned, and RV(unforeseen) lists what could not be foreseen.
options:
  packages:
    description:
      - Packages that must be installed.
      - Asks dpkg or rpm, without the package manager's lock and without the network. A package also counts as installed
        if a program of its name exists, for example one built by hand.
    type: list
    elements: str
  users:
    description: Users that must exist.
    type: list
    elements: str
  files:
    description: Files that must exist as described, or must not exist. Their contents are compared and never returned.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The absolute path. Links are followed.
          - With O(files[].state=absent) it may be a pattern, such as C(/etc/haproxy/kube-ca-*.crt).
        type: path
        required: true
      sha256:
        description: The SHA-256 of the content, in hexadecimal digits.
        type: str
      content:
        description: The content itself, instead of O(files[].sha256).
        type: str
      mode:
        description: The mode in octal digits, in quotes, such as V(0644).
        type: str
      owner:
        description: The owner, by name or number.
        type: str
      group:
        description: The group, by name or number.
        type: str
      state:
        description: Whether the file must exist.
        type: str
        choices: [present, absent]
        default: present
      impact: &impact
        description: What changing it does to traffic.
        type: str
        choices: [none, runtime, reload, restart, vip_move]
        default: none
  blocks:
    description: Blocks of lines in other files, as M(ansible.builtin.blockinfile) writes them at the end of a file.
    type: list
    elements: dict
    suboptions:
      path:
        description: The absolute path of the file. It must exist unless the block is removed.
        type: path
        required: true
      marker:
        description: The line before and after the block, with C({mark}) for V(BEGIN) and V(END).
        type: str
        required: true
      block:
        description: The lines. Without any, the block must not exist.
        type: str
        default: ""
      state:
        description: Whether the block must exist.
        type: str
        choices: [present, absent]
        default: present
      impact: *impact
  modules:
    description:
      - The options of each module to plan, by module name. Known are C(selinux_access), C(firewall_access),
        C(kernel_settings), C(loopback_addresses), C(haproxy_config), C(kube_proxy_info), C(ipvs_config) and
        C(keepalived_config).
      - To plan a module several times, such as C(kernel_settings) for each name, give a list of options. Each entry is
        then a plane of its own, named C(kernel_settings NAME) after its option C(name).
      - The options are checked as the module itself checks them.
      - A problem that C(kube_proxy_info) finds makes its plane fail.
    type: dict
  apiservers:
    description:
      - TLS servers that HAProxy verifies in its checks. Each is asked for its certificate where anything else of this
        plan would change.
      - The plane fails where HAProxy would trust none of a backend's servers that answer, and warns where it would not
        trust some. Who does not answer is left to HAProxy.
    type: list
    elements: dict
    suboptions:
      backend:
        description: The name of the backend.
        type: str
        required: true
      address:
        description: The IP address.
        type: str
        required: true
      port:
        description: The port.
        type: int
        required: true
      ca:
        description: The CA certificates that the server is verified by, in PEM.
        type: str
        required: true
  units:
    description: Units of systemd. All are read with one command.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name. A name without a suffix means a service.
        type: str
        required: true
      active:
        description: Whether it must run now. If it must and is masked, its plane fails.
        type: bool
      enabled:
        description: Whether it must start at boot.
        type: bool
      config_path:
        description:
          - For C(keepalived) and C(haproxy), the file whose current content the running daemon must have loaded. If the
            plan changes that file, the plane of the file says so.
        type: path
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
- name: Plan HAProxy and all that it needs on this host
  k8s_edge.ha.edge_plan:
    packages: [haproxy]
    files:
      - path: /etc/haproxy/kube-ca.crt
        sha256: 01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b
        mode: "0644"
        owner: root
        group: root
    modules:
      kernel_settings:
        - name: haproxy
          parameters: {net.ipv4.ip_nonlocal_bind: "1"}
      haproxy_config:
        backends:
          - name: kubeapi
            servers:
              - {name: kube-1, address: 192.168.122.11, port: 6443, check: true}
    units:
      - {name: haproxy, active: true, enabled: true, config_path: /etc/haproxy/haproxy.cfg}
  register: plan
"""

RETURN = r"""
would_change:
  description: Whether any plane that could be planned would change something.
  returned: always
  type: bool
failed_planes:
  description: The planes that could not be planned. RV(planes) has the reason of each.
  returned: always
  type: list
  elements: str
  sample: []
unforeseen:
  description: What could not be foreseen and why, one sentence each, after the name of the plane.
  returned: always
  type: list
  elements: str
  sample: ["keepalived_config: keepalived is not installed yet, so it could not check the file"]
impact:
  description: The heaviest impact of all planes, C(none), C(runtime), C(reload), C(restart) or C(vip_move).
  returned: always
  type: str
  sample: reload
planes:
  description:
    - The plan of each plane, in the order packages, users, files, blocks, the modules, apiservers, units.
    - Each has C(failed) and C(msg), whether and why it could not be planned; C(changed), C(steps), C(impact) and
      C(warnings) as the module returns them in check mode; and C(unforeseen).
    - Other results of a module, such as C(diff), are included.
    - C(haproxy_config) that would reload HAProxy only to keep the sessions that clients have now has C(idle_impact),
      the impact without such sessions. C(units) has C(starts), the step by the name of each unit that it would start.
    - C(haproxy_config) with impact C(reload) or C(restart) has C(connections), which are C(sessions) that are older
      than a second (C(older_than)) and of which frontend they are (C(frontends)); where there are more than 20,000,
      they are counted whatever their age. It has C(old_processes), that an earlier reload left, each with C(pid) and
      its C(sessions); and C(hard_stop_after), after which the process that a reload leaves ends its sessions.
    - C(keepalived_config) that would change has C(holds), the instances that are MASTER now with their C(addresses),
      and C(ipvs_connections), how many are C(active) and C(inactive) through each virtual server. C(ipvs_config) that
      would change has the latter, too.
    - Values that cannot be read are null. C(units) has the same values for a daemon that it would stop or reload.
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
      unforeseen: []
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.plan import plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, plan, str, hidden=("modules", "files", "blocks", "apiservers"))


if __name__ == "__main__":
    main()
