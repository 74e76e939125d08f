# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugin ``haproxy_proxies``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies, unverified
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import speaking
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.checks import Checks

DOCUMENTATION = r"""
name: haproxy_proxies
short_description: The front ends and backends of one host, derived from the inventory
version_added: 0.1.0
author: k8s_edge contributors (@k8s-edge)
description:
  - Derives for each VIP that leads to servers a front end that binds the VIP and a backend with the servers, as
    M(k8s_edge.ha.haproxy_config) takes them, and a front end on loopback for health and statistics.
positional: host, groups, hostvars, health_port, ca_file, version, verify
extends_documentation_fragment:
  - k8s_edge.ha.inventory
  - k8s_edge.ha.inventory.host
  - k8s_edge.ha.inventory.groups
  - k8s_edge.ha.inventory.hostvars
options:
  health_port:
    description: The port on loopback where HAProxy says whether it is well.
    type: int
    default: 8404
  ca_file:
    description:
      - Path on the host of the CA that signed the apiservers' certificates.
      - Empty means that health checks do not verify them.
    type: str
    default: ''
  version:
    description:
      - The installed HAProxy's version. One before 2.4 gets no TCP keepalive times, no C(idle-close-on-response) and no
        health page for each VIP, which it does not know.
      - Empty where it is not known, which counts as a new one.
    type: str
    default: ''
  verify:
    description: Fails where an apiserver is to be asked and no O(ca_file) is given to verify it by.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The backends of this host
  ansible.builtin.debug:
    msg: "{{ (k8s_edge_vips | k8s_edge.ha.haproxy_proxies(inventory_hostname, groups, hostvars)).backends }}"
"""

RETURN = r"""
_value:
  description: A dictionary with the lists C(frontends) and C(backends).
  type: dict
"""


@speaking
def haproxy_proxies(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    health_port: int = 8404,
    ca_file: str = "",
    version: str | None = "",
    verify: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """The host's frontends and backends."""
    known = declared(vips, groups)
    refuse(list(unverified(host, known, ca_file)) if verify else [])
    return desired_proxies(host, known, hostvars, Checks(ca_file, health_port, version or ""))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Any]:
        return {"haproxy_proxies": haproxy_proxies}
