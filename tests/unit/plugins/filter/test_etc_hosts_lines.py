# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/hosts as people write it for such a cluster: hosts, then VIPs, short and long names."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.filter.etc_hosts_lines import etc_hosts_lines

HOSTS = [
    "10.77.0.11 haproxy-1",
    "10.77.0.12 haproxy-2",
    "10.77.0.21 kube-1",
    "10.77.0.22 kube-2",
    "10.77.0.23 kube-3",
]


def test_hosts_and_vips_once_each(lab):
    other = {**lab.kubeapi, "name": "other", "addresses": ["10.77.0.101/24", "fd00:77::101/64"]}
    lines = etc_hosts_lines([lab.kubeapi, other], lab.groups(), lab.hostvars())
    assert lines == [*HOSTS, "10.77.0.100 kubeapi", "10.77.0.101 other", "fd00:77::101 other"]


def test_with_a_domain_each_has_its_long_name_too(lab):
    vip = {**lab.kubeapi, "endpoint": "api.example.org"}
    lines = etc_hosts_lines([vip], lab.groups(), lab.hostvars(), "huatai.me")
    assert lines[0] == "10.77.0.11 haproxy-1 haproxy-1.huatai.me"
    assert lines[-1] == "10.77.0.100 kubeapi api.example.org kubeapi.huatai.me"


def test_a_host_that_is_known_by_its_name_only_is_left_to_the_name_server(lab):
    hostvars = {**lab.hostvars(), "kube-3": {"ansible_host": "kube-3.example.org"}}
    assert HOSTS[:-1] == etc_hosts_lines([lab.kubeapi], lab.groups(), hostvars)[:-1]
