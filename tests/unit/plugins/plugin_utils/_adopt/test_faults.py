# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the articles that people copy from is named, with its remedy; what is right is not."""

from __future__ import annotations

import pytest
from adopted import CFG, PAIR, THREE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source


def found(sources, mend=False, ca=""):
    return report(Adoption(sources, mend, ca))["faults"]


def named(sources, kind, words, **options):
    """The faults of a kind that say so."""
    return [
        each
        for each in found(sources, **options)
        if each["kind"] == kind and words in f"{each['about']} {each['reason']}"
    ]


@pytest.mark.parametrize(
    ("kind", "words", "hosts"),
    [
        ("refused", "'loadbalance' is not one of the words", 3),
        ("ignored", "nat_mask", 3),
        ("refused", "persistence_timeout 0 is not between", 3),
        ("masters", "several members begin as MASTER", 3),
        ("priority", "priority 100 is that of 3 members", 3),
        ("router-id", "LVS_DEVEL", 3),
        ("loop", "a real server of its own", 2),
        ("dr-unit", "needs the VIP on lo of each real server, with arp_ignore and arp_announce", 2),
        ("tcp-check", "TCP_CHECK sees that a port is open", 3),
        ("prefix", "172.20.0.119 has no prefix", 3),
        ("password", "sent in clear", 3),
    ],
)
def test_the_three_nodes_with_one_file(kind, words, hosts):
    (fault,) = named(THREE, kind, words)
    assert len(fault["hosts"]) == hosts
    assert fault["remedy"]


@pytest.mark.parametrize(
    ("kind", "words", "hosts"),
    [
        ("lives", "'killall -0 haproxy'", 1),
        ("script-security", "runs as root", 1),
        ("addresses", "haproxy-1: 192.168.122.10; haproxy-2: none", 2),
        ("tracking", "has no track_script", 1),
        ("weight", "haproxy-check has weight 20: where it fails on haproxy-1, that has priority 101", 1),
        ("interval", "advert_int 3 lets a lost holder be missed for 11 s", 2),
        ("timeout", "frontend k8s-api timeout client of 50 s", 2),
        ("timeout", "backend k8s-api timeout server of 50 s", 2),
        ("tcp-check", "a connection only", 2),
        ("balance", "roundrobin", 2),
        ("maxconn", "maxconn 250", 2),
        ("stats", "listen stats shows statistics at *:9000, with a password in clear", 2),
        ("tls", "no-sslv3", 2),
        ("bind", "frontend k8s-api listens at every address of the host (*:6443)", 2),
        ("marked-down", "left hanging", 2),
        ("master", "begins as MASTER", 1),
        ("prefix", "192.168.122.10 has no prefix", 1),
    ],
)
def test_the_pair_in_front_of_apiservers(kind, words, hosts):
    (fault,) = named(PAIR, kind, words)
    assert len(fault["hosts"]) == hosts
    assert fault["remedy"]


def test_the_gravest_come_first():
    severities = [each["severity"] for each in found(PAIR)]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_what_is_mended_hangs_on_what_is_known():
    (without,) = named(PAIR, "tcp-check", "connection only")
    (withal,) = named(PAIR, "tcp-check", "connection only", ca="/ca.crt")
    assert (without["mended"], withal["mended"]) == ("", "profile kube_apiserver")
    # A frontend that is about more than TCP is no VIP of ours, and what is wrong with it is left to people.
    more = CFG.replace(
        "    default_backend k8s-api\n",
        "    acl a src 10.0.0.0/8\n    use_backend k8s-api if a\n    default_backend k8s-api\n",
    )
    assert more != CFG
    (left,) = named([each._replace(haproxy=more) for each in PAIR], "balance", "roundrobin")
    assert left["mended"] == ""


def instance(**lines):
    said = {"interface": "eth0", "virtual_router_id": 7, "priority": 100, "advert_int": 1, **lines}
    body = "".join(f"    {key} {value}\n" for key, value in said.items() if value is not None)
    script = "vrrp_script s {\n    script /usr/bin/check\n}\n"
    return f"{script}vrrp_instance a {{\n{body}    virtual_ipaddress {{\n        10.0.0.9/24\n    }}\n}}\n"


def two(first, second):
    return [Source("a", first, None), Source("b", second, None)]


SOUND = "global_defs {\n    enable_script_security\n}\n"


def test_what_is_right_is_not_blamed():
    assert found(two(SOUND + instance(), SOUND + instance(priority=90))) == []


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("agreed", instance(), instance(priority=90, advert_int=2)),
        ("agreed", instance(version=3), instance(priority=90, version=2)),
        ("priority", instance(), instance()),
        ("masters", instance(state="MASTER"), instance(priority=90, state="MASTER")),
        ("peers", instance(unicast_peer="{\n 10.0.0.2\n}"), instance(priority=90)),
        ("tracking", instance(track_script="{\n s\n}"), instance(priority=90)),
        (
            "weight",
            instance(track_script="{\n s weight -5\n}"),
            instance(priority=90, track_script="{\n s weight -5\n}"),
        ),
    ],
)
def test_members_that_do_not_fit_together(kind, first, second):
    assert kind in [each["kind"] for each in found(two(first, second))]


@pytest.mark.parametrize("weight", ["-11", "11", "0"])
def test_weights_that_move_the_vip(weight):
    tracked = {"track_script": f"{{\n s weight {weight}\n}}"}
    kinds = [each["kind"] for each in found(two(instance(**tracked), instance(priority=90, **tracked)))]
    assert "weight" not in kinds


def test_two_routers_of_a_network_with_one_id():
    other = instance().replace("vrrp_instance a", "vrrp_instance b").replace("10.0.0.9", "10.0.0.8")
    assert "shared-id" in [each["kind"] for each in found(two(instance(), other))]


@pytest.mark.parametrize(
    ("kind", "words", "cfg"),
    [
        ("refused", "default_backend", "frontend f\n    bind :80\n    default_backend nowhere\n"),
        ("no-timeout", "no timeout client", "frontend f\n    bind :80\n"),
        ("no-check", "b without check", "backend x\n    server a 10.0.0.1:1 check\n    server b 10.0.0.2:1\n"),
        ("verify", "not verified", "backend x\n    server a 10.0.0.1:1 ssl\n"),
        ("stats", "to everybody", "listen s\n    mode http\n    bind :9\n    stats enable\n"),
    ],
)
def test_what_stands_in_other_files(kind, words, cfg):
    assert len(named([Source("a", None, cfg)], kind, words)) == 1


def test_statistics_on_loopback_are_nobodys_business():
    cfg = "listen s\n    mode http\n    bind 127.0.0.1:9\n    stats enable\n    timeout client 1m\n"
    assert [each for each in found([Source("a", None, cfg)]) if each["kind"] == "stats"] == []


def test_what_a_running_host_says():
    service = {"protocol": "tcp", "address": "10.0.0.9", "port": 80}
    here = Source("a", instance(), None, ipvs=[service], selinux="permissive")
    told = report(Adoption([here], False))
    assert "selinux" in [each["kind"] for each in told["faults"]]
    assert told["foreign"] == {"a": ["IPVS: tcp 10.0.0.9:80 is in the kernel's table only, and lost with it"]}
