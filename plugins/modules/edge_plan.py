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
  - Says what a host needs to be as its part of the edge says, and changes nothing. What a module of this collection
    would do is planned by the code that would apply it, so that what is said is what would be done.
  - One call reads all planes. A plane that cannot be planned says why, and the others are planned all the same.
  - A plane that is not given is not looked at.
  - What this plan brings itself (a package, a user, a file) is not there yet for a daemon that is to check its file.
    Such a file is planned all the same, and RV(unforeseen) says what could not be foreseen.
options:
  packages:
    description:
      - Packages that must be installed.
      - Dpkg or rpm is asked, without the package manager's lock and without the network. A package with a program of
        the same name counts as installed where that program is there, as one that was built by hand.
    type: list
    elements: str
  users:
    description: Users that must exist.
    type: list
    elements: str
  files:
    description: Files that must be there as described, or not be there. Their contents are compared and never returned.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - The absolute path. A link is followed.
          - For O(files[].state=absent) it may be a pattern, as C(/etc/haproxy/kube-ca-*.crt).
        type: path
        required: true
      sha256:
        description: The SHA-256 of the content, in hexadecimal digits.
        type: str
      content:
        description: The content itself, in the place of O(files[].sha256).
        type: str
      mode:
        description: The mode in octal digits, as V(0644), in quotes.
        type: str
      owner:
        description: The owner, by name or number.
        type: str
      group:
        description: The group, by name or number.
        type: str
      state:
        description: Whether the file must be there.
        type: str
        choices: [present, absent]
        default: present
      impact: &impact
        description: What a change of it does to traffic.
        type: str
        choices: [none, runtime, reload, restart, vip_move]
        default: none
  blocks:
    description: Blocks of lines in files of others, as M(ansible.builtin.blockinfile) writes them at the end of a file.
    type: list
    elements: dict
    suboptions:
      path:
        description: The absolute path of the file, which must be there unless the block is to go.
        type: path
        required: true
      marker:
        description: The line before and behind the block, with C({mark}) for V(BEGIN) and V(END).
        type: str
        required: true
      block:
        description: The lines. Without any, the block must not be there.
        type: str
        default: ""
      state:
        description: Whether the block must be there.
        type: str
        choices: [present, absent]
        default: present
      impact: *impact
  modules:
    description:
      - The options of each module that is asked, by its name. Those are C(selinux_access), C(firewall_access),
        C(kernel_settings), C(loopback_addresses), C(haproxy_config), C(kube_proxy_info), C(ipvs_config) and
        C(keepalived_config).
      - Where a module is to be asked several times, as C(kernel_settings) for each name, give a list of its options.
        Each has a plane of its own then, called C(kernel_settings NAME) by its option C(name).
      - They are checked as the module itself checks them.
      - What C(kube_proxy_info) finds wrong lets its plane fail.
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
    description: Units of systemd. All of them are asked in one question.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name. Without a suffix it is a service.
        type: str
        required: true
      active:
        description: Whether it must run now. A masked unit that must is a failure.
        type: bool
      enabled:
        description: Whether it must start at boot.
        type: bool
      config_path:
        description:
          - For C(keepalived) and C(haproxy), the file that the running daemon must have loaded as it is now. Where the
            plan changes that file anyway, its own plane says so.
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
  description: What of the plan could not be foreseen and why, a sentence each, with the plane's name before it.
  returned: always
  type: list
  elements: str
  sample: ["keepalived_config: keepalived is not installed yet, so that it could not check the file"]
impact:
  description: The heaviest impact of all planes, C(none), C(runtime), C(reload), C(restart) or C(vip_move).
  returned: always
  type: str
  sample: reload
planes:
  description:
    - The plan of each plane, in the order packages, users, files, blocks, the modules, apiservers, units.
    - Each has C(failed) and C(msg), which say that and why it could not be planned; C(changed), C(steps), C(impact) and
      C(warnings) as the module returns them in check mode; and C(unforeseen).
    - What a module returns beside these, as C(diff), is there too.
    - C(haproxy_config) with impact C(reload) or C(restart) has C(connections), which are C(sessions) that are older
      than a second (C(older_than)) and of which frontend they are (C(frontends)); where there are more than 20,000,
      they are counted whatever their age. It has C(old_processes), that an earlier reload left, each with C(pid) and
      its C(sessions); and C(hard_stop_after), after which the process that a reload leaves ends its sessions.
    - C(keepalived_config) that would change has C(holds), the instances that are MASTER now with their C(addresses),
      and C(ipvs_connections), how many are C(active) and C(inactive) through each virtual server. C(ipvs_config) that
      would change has the latter, too.
    - What cannot be read of these is null. C(units) has them for a daemon that it would stop or reload.
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
