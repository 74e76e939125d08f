# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SELinux is asked for follows from the inventory: every port and file of every section, and nothing else."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.selinux_needs import programs

GROUPS = {"haproxy": ["haproxy-1", "haproxy-2"], "kube": ["kube-1"], "all": ["haproxy-1", "haproxy-2", "kube-1"]}
HOSTVARS = {
    "haproxy-1": {"ansible_host": "10.77.0.11"},
    "haproxy-2": {"ansible_host": "10.77.0.12"},
    "kube-1": {"ansible_host": "10.77.0.21"},
}
VIPS = [
    {
        "name": "kubeapi",
        "addresses": ["10.77.0.100/24"],
        "port": 7443,
        "backend_port": 6443,
        "hosts": "haproxy",
        "leads_to": "kube",
    }
]


def test_a_vip_is_its_port_its_servers_port_and_the_health_page():
    haproxy, keepalived = host_part(VIPS, "haproxy-1", GROUPS, HOSTVARS, "selinux", {"selinux_health_port": "9404"})
    assert haproxy == {
        "path": "/usr/sbin/haproxy",
        "binds": [7443, 9404],
        "connects": [6443],
        "reads": [],
        "sockets": [],
    }
    assert keepalived == {"path": "/usr/sbin/keepalived", "connects": [9404], "runs": []}


def test_a_vip_of_others_opens_nothing():
    haproxy, _keepalived = host_part(VIPS, "kube-1", GROUPS, HOSTVARS, "selinux")
    assert (haproxy["binds"], haproxy["connects"]) == ([8404], [])


def test_sections_by_hand_count_with_all_their_ports_and_files():
    sections = [
        {
            "name": "web",
            "bind": [
                {
                    "address": "*",
                    "port": "8443",
                    "ssl": True,
                    "crt": ["/srv/certs", "relative.pem"],
                    "ca_file": "@system",
                },
                {"address": "/run/haproxy/web.sock"},
            ],
        },
        {
            "name": "app",
            "default_server": {"ca_file": "/srv/ca.pem", "check_port": 8081},
            "servers": [
                {"name": "a", "address": "10.0.0.1", "port": 8080, "agent_port": 9999},
                {"name": "b", "crt": "/srv/b"},
            ],
        },
        {"name": "nothing", "bind": None, "servers": None},
    ]
    scripts = [{"name": "a", "script": "/opt/check --fast"}, {"name": "b", "script": "relative"}]
    settings = {"stats_socket": ["/srv/sock/admin mode 660", "unix@/srv/sock/two level admin", "ipv4@127.0.0.1:9"]}
    haproxy, keepalived = programs(sections, settings, 8404, scripts)
    assert haproxy["binds"] == [8443]
    assert haproxy["connects"] == [8080, 8081, 9999]
    assert haproxy["reads"] == ["/srv/b", "/srv/ca.pem", "/srv/certs"]
    assert haproxy["sockets"] == ["/srv/sock"]
    assert keepalived["runs"] == ["/opt/check"]
