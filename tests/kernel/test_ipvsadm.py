# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option, as ipvsadm sees it; and everything that ipvsadm sets, as ipvs_info reads it."""

from __future__ import annotations

import pytest

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}
WEB6 = {"protocol": "tcp", "address": "fd00::1", "port": 80}
DNS = {"protocol": "udp", "address": "10.0.0.1", "port": 53}
MARK = {"fwmark": 7}
MARK6 = {"fwmark": 7, "family": "ipv6"}
SERVER = {"address": "10.0.0.11"}
SERVER6 = {"address": "fd00::11"}

#: What is asked for of a virtual server, and the rules that ipvsadm -Sn then prints.
SERVICES = [
    (WEB, "-A -t 10.0.0.1:80 -s wlc"),
    ({**WEB, "protocol": "sctp"}, "-A --sctp-service 10.0.0.1:80 -s wlc"),
    (WEB6, "-A -t [fd00::1]:80 -s wlc"),
    ({**DNS, "flags": ["ops"]}, "-A -u 10.0.0.1:53 -s wlc -o"),
    (MARK, "-A -f 7 -s wlc"),
    (MARK6, "-A -f 7 -6 -s wlc"),
    *[
        ({**WEB, "scheduler": name}, f"-A -t 10.0.0.1:80 -s {name}")
        for name in ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")
    ],
    ({**WEB, "scheduler": "sh", "flags": ["sh-fallback"]}, "-A -t 10.0.0.1:80 -s sh -b sh-fallback"),
    ({**WEB, "scheduler": "sh", "flags": ["sh-port", "sh-fallback"]}, "-A -t 10.0.0.1:80 -s sh -b sh-fallback,sh-port"),
    ({**WEB, "scheduler": "mh", "flags": ["mh-fallback"]}, "-A -t 10.0.0.1:80 -s mh -b mh-fallback"),
    ({**WEB, "scheduler": "mh", "flags": ["mh-port", "mh-fallback"]}, "-A -t 10.0.0.1:80 -s mh -b mh-fallback,mh-port"),
    (
        {**WEB, "scheduler": "rr", "flags": ["flag-1", "flag-2", "flag-3"]},
        "-A -t 10.0.0.1:80 -s rr -b flag-1,flag-2,flag-3",
    ),
    ({**WEB, "persistence_timeout": 300}, "-A -t 10.0.0.1:80 -s wlc -p 300"),
    ({**WEB, "port": 0, "persistence_timeout": 1}, "-A -t 10.0.0.1:0 -s wlc -p 1"),
    (
        {**WEB, "persistence_timeout": 300, "persistence_netmask": "255.255.255.0"},
        "-A -t 10.0.0.1:80 -s wlc -p 300 -M 255.255.255.0",
    ),
    (
        {**WEB, "persistence_timeout": 300, "persistence_netmask": "24"},
        "-A -t 10.0.0.1:80 -s wlc -p 300 -M 255.255.255.0",
    ),
    ({**WEB6, "persistence_timeout": 300, "persistence_netmask": "64"}, "-A -t [fd00::1]:80 -s wlc -p 300 -M 64"),
    ({**DNS, "persistence_timeout": 300, "persistence_engine": "sip"}, "-A -u 10.0.0.1:53 -s wlc -p 300 --pe sip"),
    ({**MARK, "persistence_timeout": 60}, "-A -f 7 -s wlc -p 60"),
    ({**MARK6, "persistence_timeout": 60, "persistence_netmask": "48"}, "-A -f 7 -6 -s wlc -p 60 -M 48"),
]

#: The same for a real server.
SERVERS = [
    (WEB, SERVER, "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1"),
    (WEB6, SERVER6, "-a -t [fd00::1]:80 -r [fd00::11]:80 -g -w 1"),
    (MARK, SERVER, "-a -f 7 -r 10.0.0.11:0 -g -w 1"),
    (MARK, {**SERVER, "port": 80}, "-a -f 7 -r 10.0.0.11:80 -g -w 1"),
    (MARK6, SERVER6, "-a -f 7 -6 -r [fd00::11]:0 -g -w 1"),
    (WEB, {**SERVER, "weight": 0}, "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 0"),
    (WEB, {**SERVER, "weight": 65535}, "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 65535"),
    (
        WEB,
        {**SERVER, "forwarding_method": "nat", "port": 8080},
        "-a -t 10.0.0.1:80 -r 10.0.0.11:8080 -m -w 1",
    ),
    (WEB, {**SERVER, "forwarding_method": "tun"}, "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -i -w 1 --tun-type ipip"),
    (WEB, {**SERVER6, "forwarding_method": "tun"}, "-a -t 10.0.0.1:80 -r [fd00::11]:80 -i -w 1 --tun-type ipip"),
    (WEB6, {**SERVER, "forwarding_method": "tun"}, "-a -t [fd00::1]:80 -r 10.0.0.11:80 -i -w 1 --tun-type ipip"),
    *[
        (
            WEB,
            {**SERVER, "forwarding_method": "tun", "tunnel_type": "gue", "tunnel_port": 6080, "tunnel_checksum": name},
            "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -i -w 1 --tun-type gue --tun-port 6080" + rule,
        )
        for name, rule in (("none", " --tun-nocsum"), ("csum", " --tun-csum"), ("remcsum", " --tun-remcsum"))
    ],
    *[
        (
            WEB,
            {**SERVER, "forwarding_method": "tun", "tunnel_type": "gre", "tunnel_checksum": name},
            "-a -t 10.0.0.1:80 -r 10.0.0.11:80 -i -w 1 --tun-type gre" + rule,
        )
        for name, rule in (("none", " --tun-nocsum"), ("csum", " --tun-csum"))
    ],
]


def saved(ipvsadm):
    return [line.rstrip() for line in ipvsadm("-Sn").splitlines()]


def named(given):
    return " ".join(f"{name}={value}" for name, value in given.items())


@pytest.mark.parametrize(("asked", "rule"), SERVICES, ids=[rule for _asked, rule in SERVICES])
def test_what_is_asked_of_a_virtual_server_is_what_ipvsadm_sees(table, ipvsadm, asked, rule):
    table.brought("virtual_server", **asked)
    assert saved(ipvsadm) == [rule]
    table.brought("virtual_server", **{name: asked[name] for name in asked if name in {**WEB, **MARK6}}, state="absent")
    assert saved(ipvsadm) == []


@pytest.mark.parametrize(("service", "asked", "rule"), SERVERS, ids=[rule for _service, _asked, rule in SERVERS])
def test_what_is_asked_of_a_real_server_is_what_ipvsadm_sees(table, ipvsadm, service, asked, rule):
    table.brought("virtual_server", **service, real_servers=[asked])
    assert saved(ipvsadm)[1:] == [rule]
    other = {name: asked[name] for name in ("address", "port") if name in asked}
    table.brought("virtual_server", **service, real_servers=[{**other, "state": "absent"}])
    assert saved(ipvsadm)[1:] == []


def test_thresholds_timeouts_and_daemons_as_ipvsadm_lists_them(table, ipvsadm, ip):
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add 10.9.0.1/24 dev eth7")
    table.brought(
        virtual_servers=[{**WEB, "real_servers": [{**SERVER, "upper_threshold": 2000, "lower_threshold": 1000}]}],
        timeouts={"tcp": 700, "udp": 30},
        sync_daemon={
            "roles": ["master", "backup"],
            "interface": "eth7",
            "syncid": 9,
            "maxlen": 1200,
            "mcast_group": "224.0.0.99",
            "mcast_port": 9999,
            "mcast_ttl": 3,
        },
    )
    assert ipvsadm("-Ln --thresholds").split()[-5:] == ["10.0.0.11:80", "2000", "1000", "0", "0"]
    assert ipvsadm("-Ln --persistent-conn").split()[-5:] == ["10.0.0.11:80", "1", "0", "0", "0"]
    assert ipvsadm("-L --timeout").split()[-3:] == ["700", "120", "30"]
    master, backup = ipvsadm("-L --daemon").splitlines()
    for line, role in ((master, "master"), (backup, "backup")):
        assert line == (f"{role} sync daemon (mcast=eth7, syncid=9, maxlen=1200, group=224.0.0.99, port=9999, ttl=3)")
    table.brought(sync_daemon={"roles": ["backup"], "interface": "eth7"})
    assert ipvsadm("-L --daemon").splitlines() == [backup]
    table.brought(sync_daemon={"roles": []})
    assert ipvsadm("-L --daemon") == ""


#: Rules of ipvsadm's, and the module's words for them.
RULES = [
    *[(rule, asked, None) for asked, rule in SERVICES],
    *[
        ("-A{0} -s wlc\n{1}".format(rule[2 : rule.index(" -r ")], rule), service, asked)
        for service, asked, rule in SERVERS
    ],
    (
        "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1 -x 100 -y 50",
        WEB,
        {**SERVER, "upper_threshold": 100, "lower_threshold": 50},
    ),
]


@pytest.mark.parametrize(("rules", "service", "server"), RULES, ids=[rules.splitlines()[-1] for rules, *_rest in RULES])
def test_what_ipvsadm_sets_is_what_is_read(table, ipvsadm, rules, service, server):
    # -S prints --tun-nocsum, and -R knows it as well.
    ipvsadm("-R", rules + "\n")
    (found,) = table.info()["virtual_servers"]
    servers = found["real_servers"]
    expected = {"family": "ipv4"} if "fwmark" in service else {}
    for name, value in {**expected, **service}.items():
        if name == "persistence_netmask" and value == "24":
            value = "255.255.255.0"
        assert sorted(found[name]) == sorted(value) if name == "flags" else found[name] == value, name
    if server is not None:
        for name, value in server.items():
            assert servers[0][name] == value, name
    # As it is read, so it can be written: nothing changes, and elsewhere it makes the same.
    again = {"virtual_servers": [{**found, "purge_real_servers": True}], "purge": True}
    assert table.config(**again)["changed"] is False
    before = saved(ipvsadm)
    ipvsadm("-C")
    table.brought(**again)
    assert saved(ipvsadm) == before


def test_timeouts_and_daemons_of_ipvsadm_are_read(table, ipvsadm, ip):
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add fd00::9/64 dev eth7 nodad")
    ipvsadm("--set 100 20 30")
    ipvsadm(
        "--start-daemon backup --mcast-interface eth7 --syncid 3 --sync-maxlen 1400 --mcast-group ff05::99"
        " --mcast-port 777 --mcast-ttl 2"
    )
    found = table.info()
    assert found["timeouts"] == {"tcp": 100, "tcpfin": 20, "udp": 30}
    (daemon,) = found["sync_daemons"]
    assert daemon == {
        "role": "backup",
        "interface": "eth7",
        "syncid": 3,
        "maxlen": 1400,
        "mcast_group": "ff05::99",
        "mcast_port": 777,
        "mcast_ttl": 2,
    }
    del daemon["role"]
    assert not table.config(sync_daemon={"roles": ["backup"], **daemon}, timeouts=found["timeouts"])["changed"]


def test_daemons_that_are_stopped_before_they_ever_ran(table, ipvsadm, ip):
    """The kernel gives no answer then (see Channel.order)."""
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add 10.9.0.1/24 dev eth7")
    for roles in [["master", "backup"], ["backup"], [], ["master"], []] * 8:
        table.config(sync_daemon={"roles": roles, "interface": "eth7"})
    assert ipvsadm("-L --daemon") == ""
