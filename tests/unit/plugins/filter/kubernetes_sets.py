# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of objects as the roles' filters make them from the roles' defaults, for the tests that hold for all of them."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_static_pod import kube_vip_static_pod

ROLES = Path(__file__).resolve().parents[4] / "roles"


def settings(role, **given):
    """The settings that a role hands to its filter: its defaults, and what is given over them."""
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    return {**{name[len(role) + 1 :]: value for name, value in defaults.items()}, **given}


def kube_vip(**given):
    both = {"control_plane": {"addresses": ["172.20.0.99"]}, "services": {"interface": "eth0"}}
    return settings("kube_vip", **{**both, **given})


PEERS = [{"address": "192.0.2.1", "as": 65000, "password": "sesame"}, {"address": "fd00::1", "as": 65001}]
BGP = {"mode": "bgp", "bgp": {"as": 65100, "router_interface": "eth0", "peers": PEERS}}
POOLS = [
    {"ranges": ["172.20.0.200-172.20.0.210", "fd00::200-fd00::210"], "interface": "eth1"},
    {"namespace": "shop", "cidrs": ["172.20.1.0/29"], "share": True},
]


def provider(pools=POOLS, **given):
    return settings("kube_vip_cloud_provider", pools=pools, **given)


SETS = {
    "kube-vip": kube_vip_objects(kube_vip()),
    "kube-vip, BGP": kube_vip_objects(kube_vip(**BGP)),
    "kube-vip, static pod": [
        kube_vip_static_pod(
            kube_vip(control_plane={"addresses": ["172.20.0.99"], "static_pod": True}),
            "/etc/kubernetes/super-admin.conf",
        )
    ],
    "kube-vip-cloud-provider": kube_vip_cloud_provider_objects(provider(load_balancer_class=True)),
}
