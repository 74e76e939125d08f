# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order an inventory lists its hosts changes nothing: AWX lists them in another one after another import."""

from __future__ import annotations

import random

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.vrrp import desired_instances, members
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health

EDGE = [f"lb{number}.example.com" for number in (1, 2, 9, 10, 11)]
SERVERS = [f"kube-{number}" for number in (1, 2, 10)]
GROUPS = {"haproxy": EDGE, "kube_control_plane": SERVERS, "edge": SERVERS}
VIPS = [
    {"name": "one", "addresses": ["10.0.0.100/24", "fd00::100/64"], "port": 6443, "leads_to": "kube_control_plane"},
    {"name": "two", "addresses": ["10.0.0.101/24"], "port": 443, "leads_to": "kube_control_plane", "profile": "tcp"},
    {
        "name": "three",
        "addresses": ["10.0.0.102/24"],
        "hosts": "edge",
        "leads_to": "edge",
        "profile": "ipvs",
        "port": 80,
    },
    {"name": "four", "addresses": ["10.0.0.103/24"]},
]


def facts(number):
    return {
        "ansible_host": f"10.0.0.{number}",
        "ansible_facts": {
            "interfaces": ["eth0"],
            "eth0": {
                "device": "eth0",
                "ipv4": {"address": f"10.0.0.{number}", "prefix": "24"},
                "ipv6": [{"address": f"fd00::{number}", "prefix": "64"}],
            },
        },
    }


HOSTVARS = {host: facts(number) for number, host in enumerate(EDGE + SERVERS, 1)}


def derived(groups, hostvars):
    vips = declared(VIPS, groups)
    proxies = {host: desired_proxies(host, vips, hostvars, Health("/ca", 8404)) for host in EDGE}
    return vips, desired_instances(members(vips, hostvars), {}), proxies


def test_of_a_thousand_orders_all_derive_the_same():
    first, chance = derived(GROUPS, HOSTVARS), random.Random(5)
    for _ in range(1000):
        groups = {name: chance.sample(hosts, len(hosts)) for name, hosts in chance.sample([*GROUPS.items()], 3)}
        hostvars = dict(chance.sample([*HOSTVARS.items()], len(HOSTVARS)))
        assert derived(groups, hostvars) == first


def test_numbers_in_names_count_as_numbers():
    assert derived({**GROUPS, "haproxy": EDGE[::-1]}, HOSTVARS)[0][0].hosts == tuple(EDGE)


@pytest.mark.parametrize("hosts", [["web-02", "web-2"], ["web-2", "web-02"]])
def test_names_that_differ_only_in_zeros_have_an_order(hosts):
    groups = {**GROUPS, "haproxy": hosts}
    (vip,) = declared([VIPS[3]], groups)
    assert vip.hosts == ("web-02", "web-2")
