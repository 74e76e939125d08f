# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With mending, what belongs together is a VIP of ours, and the files that follow from it have none of the faults."""

from __future__ import annotations

import pytest
from adopted import PAIR, THREE, Inventory, becomes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems


def facts(sources, address, interface="eth0"):
    return {
        each.host: {
            "k8s_edge_before": {
                "configuration": {},
                "active": True,
                "addresses": [
                    {"interface": interface, "address": address % n, "secondary": False, "deprecated": False}
                ],
            }
        }
        for n, each in enumerate(sources, 1)
    }


SEEDS = {
    "pair": (PAIR, facts(PAIR, "192.168.122.%d/24"), {"haproxy-1": "192.168.122.1"}),
    "three": (THREE, facts(THREE, "172.20.0.11%d/17"), {}),
}


def mended(name, ca=""):
    sources, known, _rest = SEEDS[name]
    told = report(Adoption(sources, True, ca))
    return sources, told, Inventory(told, known)


@pytest.mark.parametrize("name", SEEDS)
def test_site_takes_it(name):
    _sources, _told, inventory = mended(name)
    assert inventory.faults() == []
    assert problems(inventory.fleet, True) == []


@pytest.mark.parametrize("name", SEEDS)
def test_the_files_that_follow_have_no_fault_that_was_to_be_mended(name):
    sources, told, inventory = mended(name)
    after = [each._replace(**becomes(inventory.fleet, each)) for each in sources]
    assert all(one != other for one, other in zip(sources, after))
    left = {each["kind"] for each in report(Adoption(after, False))["faults"]}
    gone = {each["kind"] for each in told["faults"] if each["mended"]} - {"dr-unit", "prefix", "bind"}
    assert left & gone == set()
    assert {each["kind"] for each in told["faults"] if each["kind"] == "refused"} - left == {"refused"}
    # And once more: nothing is left to do.
    assert [becomes(inventory.fleet, each) for each in after] == [
        {"keepalived": each.keepalived, **({"haproxy": each.haproxy} if each.haproxy is not None else {})}
        for each in after
    ]


def test_the_pair_is_a_vip_with_what_stood_there():
    _sources, told, inventory = mended("pair")
    (vip,) = inventory.fleet.vips
    assert told["vips"] == ["haproxy-vip"]
    assert (vip.name, vip.hosts, vip.virtual_router_id) == ("haproxy-vip", ("haproxy-1", "haproxy-2"), 47)
    assert vip.priorities == {"haproxy-1": 101, "haproxy-2": 100}
    assert vip.servers == ("k8s-api-1", "k8s-api-2", "k8s-api-3")
    assert [inventory.hostvars[each]["ansible_host"] for each in vip.servers] == [
        f"192.168.122.1{n}" for n in (1, 2, 3)
    ]
    assert (vip.profile.name, vip.ports[0].port) == ("tcp", 6443)
    assert vip.instance == {"version": 2, "advert_int": 1}
    kept = inventory.hostvars["haproxy-1"]
    assert [each["name"] for each in kept["haproxy_frontends"]] == ["monitor-in"]
    assert kept["haproxy_listens"][0]["bind"] == [{"address": "127.0.0.1", "port": 9000}]
    assert "keepalived_scripts" not in kept
    assert kept["keepalived_purge"] is True
    assert kept["haproxy_purge"] is True


def test_with_the_ca_apiservers_are_asked_whether_they_are_ready():
    _sources, told, inventory = mended("pair", "/etc/ca.crt")
    (vip,) = inventory.fleet.vips
    assert vip.profile.name == "kube_apiserver"
    assert inventory.hostvars["k8s-api-1"]["k8s_edge_kube_ca_file"] == "/etc/ca.crt"
    assert told["counts"]["error"] > 0


def test_the_three_nodes_are_directors_that_do_not_loop():
    _sources, _told, inventory = mended("three")
    (vip,) = inventory.fleet.vips
    assert (vip.profile.name, vip.hosts) == ("ipvs", ("edge-1", "edge-2", "edge-3"))
    assert vip.servers == ("edge-1", "edge-2")  # the file's own two
    assert vip.settings.check == {"type": "tcp", "path": "/ping", "status": "200", "port": 80}
    options = inventory.fleet.host("edge-1")["keepalived"]["options"]
    assert options["global_defs"]["lvs_sync_daemon"]
    assert options["global_defs"]["router_id"] == "edge-1"
    assert options["virtual_servers"][0]["lb_algo"] == "wlc"
    assert (
        len({inventory.fleet.host(host)["keepalived"]["options"]["instances"][0]["priority"] for host in vip.hosts})
        == 3
    )


def test_the_holder_of_now_stays_the_holder():
    live = [
        each._replace(instances=[{"name": "VI_1", "state": "MASTER" if each.host == "edge-2" else "BACKUP"}])
        for each in THREE
    ]
    inventory = Inventory(report(Adoption(live, True)), SEEDS["three"][1])
    assert inventory.fleet.vips[0].holder == "edge-2"


def test_an_address_keeps_the_prefix_that_it_has():
    """Another one would take the address away for a moment."""
    live = [
        each._replace(addresses=[{"interface": "eth0", "address": f"192.168.122.{n}/24"}])
        for n, each in enumerate(PAIR, 8)
    ]
    inventory = Inventory(report(Adoption(live, True)), SEEDS["pair"][1])
    assert str(inventory.fleet.vips[0].addresses[0]) == "192.168.122.10/32"


def test_a_script_that_asks_more_than_the_process_stays():
    def asked(conf):
        script = 'vrrp_script ask {\n    script "/usr/local/bin/ask 1"\n    interval 2\n}\n'
        tracked = "    virtual_router_id 47\n    track_script {\n        ask\n    }\n"
        return script + conf.replace("    virtual_router_id 47\n", tracked, 1)

    bare = (
        "vrrp_instance v {\n    interface eth0\n    virtual_router_id 47\n    priority %d\n"
        "    virtual_ipaddress {\n        10.0.0.9/24\n    }\n}\n"
    )
    here = [Source(name, asked(bare % priority), None) for name, priority in (("a", 100), ("b", 90))]
    inventory = Inventory(report(Adoption(here, True)), facts(here, "10.0.0.%d/24"))
    (vip,) = inventory.fleet.vips
    assert vip.instance["track_script"] == [{"name": "ask", "weight": 0}]
    assert [each["name"] for each in inventory.hostvars["a"]["keepalived_scripts"]] == ["ask"]
    assert problems(inventory.fleet, True) == []


def test_what_no_vip_stands_for_is_mended_where_it_is():
    conf = (
        "virtual_server 10.0.0.9 80 {\n    lb_algo round\n    lb_kind NAT\n    persistence_timeout 0\n"
        "    protocol TCP\n    real_server 10.0.1.1 8080 {\n        weight 1\n    }\n}\n"
    )
    here = Source("a", conf, None)
    inventory = Inventory(report(Adoption([here], True)), facts([here], "10.0.0.%d/24"))
    after = becomes(inventory.fleet, here)["keepalived"]
    assert "round" not in after
    assert "lb_algo wlc" in after
    assert "persistence_timeout" not in after


def test_without_mending_there_is_no_vip():
    assert report(Adoption(PAIR, False))["vips"] == []
