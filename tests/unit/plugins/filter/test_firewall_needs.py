# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a firewall lets in follows from the inventory: peers, VIPs' ports for clients, and what HAProxy binds."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive import firewall_needs as needs


def derive(lab, vips, host="haproxy-1", edges=2, written=(), **options):
    hostvars = lab.hostvars(vips, edges)
    given = {f"firewall_{name}": value for name, value in options.items()}
    if written:
        given["k8s_edge_before"] = {"configuration": {"instances": written}}
    return host_part(vips, host, lab.groups(edges), hostvars, "firewall", given)


def test_peers_and_the_port_of_a_vip(lab):
    assert derive(lab, [lab.kubeapi], edges=3) == {
        "openings": [
            {"protocol": "vrrp", "sources": ["10.77.0.12"], "destination": "10.77.0.11"},
            {"protocol": "vrrp", "sources": ["10.77.0.13"], "destination": "10.77.0.11"},
            {"protocol": "tcp", "port": 6443, "destination": "10.77.0.100"},
        ],
        "interfaces": ["eth0"],
        "guarded": ["10.77.0.100"],
        "undeclared": [],
    }


def test_what_keepalived_keeps_though_nothing_declares_it_hears_its_peers_and_serves_nobody(lab):
    old = {
        "name": "old",
        "interface": "eth1",
        "unicast_src_ip": "10.78.0.11",
        "unicast_peer": [{"address": "10.78.0.12"}],
        "virtual_ipaddress": [{"address": "10.78.0.100/24"}],
    }
    declared = derive(lab, [lab.kubeapi])
    stale = {"name": "kubeapi", "unicast_peer": [{"address": "10.77.0.19"}], "unicast_src_ip": "10.77.0.11"}
    found = derive(lab, [lab.kubeapi], written=[stale, old])
    assert found == {
        "openings": [
            declared["openings"][0],
            {"protocol": "vrrp", "sources": ["10.78.0.12"], "destination": "10.78.0.11"},
            declared["openings"][1],
        ],
        "interfaces": ["eth0", "eth1"],
        "guarded": ["10.77.0.100"],
        "undeclared": ["old"],
    }


@pytest.mark.parametrize(
    "strange",
    [
        {"unicast_peer": [{"address": "fe80::1%eth0"}], "unicast_src_ip": "fe80::2%eth0"},
        {"unicast_peer": ["10.0.0.1"], "unicast_src_ip": "fd00::1"},
        {"virtual_ipaddress": [{"address": "$VIP"}]},
    ],
)
def test_what_somebody_else_has_written_in_a_strange_way_stops_nothing(lab, strange):
    found = derive(lab, [lab.kubeapi], written=[{"name": "strange", **strange}])
    assert found == {**derive(lab, [lab.kubeapi]), "undeclared": ["strange"]}


def test_clients_count_for_the_addresses_of_their_family(lab):
    vip = {**lab.kubeapi, "addresses": ["10.77.0.100/24", "fd00:77::100/64"], "clients": ["10.0.0.0/8", "192.0.2.1"]}
    found = derive(lab, [vip])
    assert [each for each in found["openings"] if each["protocol"] == "tcp"] == [
        {"protocol": "tcp", "port": 6443, "destination": "10.77.0.100", "sources": ["10.0.0.0/8", "192.0.2.1/32"]}
    ]
    assert {"protocol": "vrrp", "sources": ["fd00:77::12"], "destination": "fd00:77::11"} in found["openings"]


@pytest.mark.parametrize(
    ("clients", "said"),
    [([], "is not a list of networks"), (["10.0.0.1/8"], "host bits"), ("10.0.0.0/8", "a list is required here")],
)
def test_clients_that_cannot_be_are_refused(lab, clients, said):
    with pytest.raises(AnsibleFilterError, match=said):
        derive(lab, [{**lab.kubeapi, "clients": clients}])


def test_a_vip_of_others_opens_nothing(lab):
    assert derive(lab, [lab.kubeapi], "kube-1") == {"openings": [], "interfaces": [], "guarded": [], "undeclared": []}


def test_a_vip_that_leads_nowhere_opens_its_port_if_it_has_one(lab):
    vip = {"name": "edge", "addresses": ["10.77.0.100/24"], "hosts": "haproxy"}
    assert derive(lab, [vip])["guarded"] == []
    assert derive(lab, [{**vip, "port": 80}])["openings"][-1] == {
        "protocol": "tcp",
        "port": 80,
        "destination": "10.77.0.100",
    }


def test_without_unicast_it_is_the_multicast_group(lab):
    vip = {**lab.kubeapi, "instance": {"unicast_peer": [], "unicast_src_ip": None}}
    assert derive(lab, [vip])["openings"][0] == {"protocol": "vrrp", "destination": "224.0.0.18"}
    other = derive(lab, [vip], global_defs={"vrrp_mcast_group4": "224.0.0.99"})
    assert other["openings"][0]["destination"] == "224.0.0.99"


def test_what_a_frontend_binds_by_hand_counts(lab):
    vip = {**lab.kubeapi, "frontend": {"bind": [{"address": "10.77.0.100", "port": 443}, {"port": "8443"}]}}
    services = [each for each in derive(lab, [vip])["openings"] if each["protocol"] == "tcp"]
    assert services == [
        {"protocol": "tcp", "port": 443, "destination": "10.77.0.100"},
        {"protocol": "tcp", "port": 8443},
    ]


def test_loopback_and_sockets_stay_closed(lab):
    sections = [
        {"name": "stats", "bind": [{"address": "127.0.0.1", "port": 9000}, {"address": "::1", "port": 9000}]},
        {"name": "socket", "bind": [{"address": "/run/haproxy/web.sock"}]},
        {"name": "web", "bind": [{"address": "::", "port": 80}, {"address": "fd00::5", "port": 80}]},
        {"name": "backend"},
    ]
    services = derive(lab, [], sections=sections)["openings"]
    assert services == [
        {"protocol": "tcp", "port": 80},
        {"protocol": "tcp", "port": 80, "destination": "fd00::5"},
    ]


def test_instances_by_hand_with_all_that_changes_their_packets():
    def instance(**given):
        return {"interface": "eth1", "virtual_router_id": 7, "virtual_ipaddress": [{"address": "fd00::1/64"}], **given}

    def opened(**given):
        found = needs.firewall_needs([], [instance(**given)], {}, [], {})
        return found["openings"], found["interfaces"]

    assert opened() == ([{"protocol": "vrrp", "destination": "ff02::12"}], ["eth1"])
    assert opened(virtual_ipaddress=[], mcast_dst_ip="224.0.0.50")[0] == [
        {"protocol": "vrrp", "destination": "224.0.0.50"}
    ]
    assert opened(virtual_ipaddress=[{"address": "10.0.0.1"}], native_ipv6=True)[0][0]["destination"] == "ff02::12"
    assert opened(unicast_peer=["10.0.0.2"], authentication={"auth_type": "AH", "auth_pass": "x"})[0] == [
        {"protocol": "ah", "sources": ["10.0.0.2"]}
    ]
    assert opened(use_vmac={})[1] == ["eth1", "vrrp.7"]
    assert opened(use_vmac={"name": "vip0"})[1] == ["eth1", "vip0"]
