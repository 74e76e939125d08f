# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of ipvsadm's, and the services that they are about."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Daemon, Key, Server, Service
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.rules import daemon_line, rule_key, rules
from hypothesis import given
from hypothesis import strategies as st


@given(st.data())
def test_every_rule_names_its_service(any_table, data):
    for service in data.draw(any_table).services.values():
        lines = rules([service])
        assert len(lines) == 1 + len(service.servers)
        assert {rule_key(line) for line in lines} == {service.key}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("", None),
        ("# -A -t 10.0.0.1:80", None),
        ("--set 1 2 3", None),
        ("-E -t 10.0.0.1:80 -s rr", None),
        ("-A -t www:http -s rr", None),
        ("-A -t 10.0.0.1:no-such-name -s rr", None),
        ("-A -t 10.0.0.1:http -s rr", Key(4, "tcp", "10.0.0.1", 80)),
        ("-A -u [fd00::1]:domain -s rr", Key(6, "udp", "fd00::1", 53)),
        ("-A -t 10.0.0.1 -p 60", Key(4, "tcp", "10.0.0.1", 0)),
        ("-at [fd00::1] -r [fd00::2] -g", Key(6, "tcp", "fd00::1", 0)),
        ("-Af 7 -6", Key(6, fwmark=7)),
        ("-Et 10.0.0.1:80", None),
        ("-A -f seven", None),
        ("-A", None),
        ("-A -s rr", None),
        ("--add-service --tcp-service 10.0.0.1:80", Key(4, "tcp", "10.0.0.1", 80)),
        ("-a --sctp-service [FD00:0::1]:80 -r [fd00::2]:80", Key(6, "sctp", "fd00::1", 80)),
        ("-a -r 10.0.0.2:80 -u 10.0.0.1:53 -g", Key(4, "udp", "10.0.0.1", 53)),
        ("-A --fwmark-service 7 --ipv6", Key(6, fwmark=7)),
        ("-A -f 7", Key(4, fwmark=7)),
    ],
)
def test_the_service_of_a_line(line, key):
    assert rule_key(line) == key


def test_what_the_rules_say():
    """ipvsadm itself reads them in tests/kernel."""
    key = Key(4, "udp", "10.0.0.1", 53)
    servers = [
        Server("10.0.0.2", 5353, "nat", 0, 9, 4),
        Server("10.0.0.3", 53, "tun", 1, 0, 0, "gue", 6080, "remcsum"),
        Server("10.0.0.4", 53, "tun", 1, 0, 0, "gre", 0, "csum"),
    ]
    service = Service(key, "mh", 4 | 8 | 16, 60, "255.255.255.0", "sip", {server.place: server for server in servers})
    assert rules([service]) == [
        "-A -u 10.0.0.1:53 -s mh -p 60 -M 255.255.255.0 --pe sip -o -b mh-fallback,mh-port",
        "-a -u 10.0.0.1:53 -r 10.0.0.2:5353 -m -w 0 -x 9 -y 4",
        "-a -u 10.0.0.1:53 -r 10.0.0.3:53 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum",
        "-a -u 10.0.0.1:53 -r 10.0.0.4:53 -i -w 1 --tun-type gre --tun-csum",
    ]
    assert daemon_line(Daemon("master", "eth1", 7, 1400, "ff05::1", 9, 2)) == (
        "--start-daemon master --mcast-interface eth1 --syncid 7 --sync-maxlen 1400 --mcast-group ff05::1 "
        "--mcast-port 9 --mcast-ttl 2"
    )
