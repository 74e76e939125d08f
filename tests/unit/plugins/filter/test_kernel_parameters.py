# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only a host whose HAProxy binds a VIP may bind what is not its own, and only in the VIP's families."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part

V4, V6 = {"net.ipv4.ip_nonlocal_bind": 1}, {"net.ipv6.ip_nonlocal_bind": 1}


@pytest.mark.parametrize(
    ("change", "host", "parameters"),
    [
        ({}, "haproxy-1", V4),
        ({}, "kube-1", {}),
        ({"addresses": ["10.77.0.100/24", "fd00:77::100/64"]}, "haproxy-2", {**V4, **V6}),
        ({"addresses": ["fd00:77::100/64"]}, "haproxy-1", V6),
        ({"leads_to": None}, "haproxy-1", {}),
    ],
)
def test_parameters_follow_from_what_a_host_binds(lab, change, host, parameters):
    assert host_part([{**lab.kubeapi, **change}], host, lab.groups(), {}, "kernel") == parameters


@pytest.mark.parametrize(("address", "parameters"), [("10.77.0.100", V4), ("10.77.0.99", {}), (None, {})])
def test_a_listener_by_hand_may_bind_a_vip_that_leads_nowhere(lab, address, parameters):
    vip = {**lab.kubeapi, "leads_to": None}
    listens = [{"name": "mine", "bind": [{"address": address, "port": 443}]}, {"name": "unbound"}]
    assert host_part([vip], "haproxy-1", lab.groups(), {}, "kernel", {"kernel_sections": listens}) == parameters
