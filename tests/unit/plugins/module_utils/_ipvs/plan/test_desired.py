# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, and what is refused of it: with its place, and with what would be right instead."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}
SERVER = {"address": "10.0.0.11"}
TUNNEL = {**SERVER, "forwarding_method": "tun"}

#: What is given of a virtual server, and the beginning of what is said about it.
SERVICES = [
    ({}, "protocol: is missing. Give protocol, address and port, or fwmark."),
    ({"fwmark": 0}, "fwmark: 0 is not between 1 and 4294967295"),
    ({"fwmark": 7, "port": 80}, "port: 80 is ignored by the kernel for a firewall mark"),
    ({**WEB, "port": None}, "port: is missing"),
    ({**WEB, "port": 65536}, "port: 65536 is not between 0 and 65535"),
    ({**WEB, "port": True}, "port: True is not between 0 and 65535. Give a number"),
    ({**WEB, "port": 0}, "port: 0 is for services that are persistent"),
    ({**WEB, "address": "example.org"}, "address: 'example.org' is not an address"),
    ({**WEB, "address": "10.0.0.1/32"}, "address: '10.0.0.1/32' is not an address"),
    *[
        ({**WEB, "address": host}, f"address: {host!r} is not the address of one host")
        for host in ("0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "fe80::1", "::ffff:10.0.0.1")
    ],
    ({**WEB, "family": "ipv6"}, "family: 'ipv6' is not the family of 10.0.0.1"),
    ({**WEB, "scheduler": "rr; reboot"}, "scheduler: 'rr; reboot' is not a name"),
    ({**WEB, "scheduler": ""}, "scheduler: '' is not a name"),
    ({**WEB, "scheduler": "a" * 16}, "scheduler: 'aaaaaaaaaaaaaaaa' is not a name"),
    ({**WEB, "scheduler": "mh", "flags": ["sh-port"]}, "flags: 'sh-port' means nothing, or something else, to the"),
    ({**WEB, "flags": ["mh-port"]}, "flags: 'mh-port' means nothing, or something else, to the scheduler wlc. Use"),
    ({**WEB, "flags": ["ops"]}, "flags: 'ops' is ignored by the kernel for tcp"),
    ({**WEB, "persistence_timeout": 86400 * 31 + 1}, "persistence_timeout: 2678401 is not between 0 and 2678400"),
    ({**WEB, "persistence_netmask": "24"}, "persistence_netmask: '255.255.255.0' is ignored by the kernel where"),
    (
        {**WEB, "persistence_timeout": 9, "persistence_netmask": "64"},
        "persistence_netmask: '64' is not a netmask for IPv4",
    ),
    (
        {**WEB, "address": "fd00::1", "persistence_timeout": 9, "persistence_netmask": "255.255.255.0"},
        "persistence_netmask: '255.255.255.0' is not a netmask for IPv6. Give a prefix length from 1 to 128.",
    ),
    ({**WEB, "persistence_engine": "sip"}, "persistence_engine: 'sip' is ignored by the kernel where"),
    (
        {**WEB, "persistence_timeout": 9, "persistence_engine": "sip"},
        "persistence_engine: 'sip' supports UDP only",
    ),
    ({**WEB, "purge_real_servers": True}, "purge_real_servers: True would remove every real server, as none is listed"),
]

#: The same of a real server.
SERVERS = [
    ({"address": "10.0.0.256"}, ".address: '10.0.0.256' is not an address"),
    ({"address": "224.0.0.1"}, ".address: '224.0.0.1' is not the address of one host"),
    ({"address": "10.0.0.0/24"}, ".address: '10.0.0.0/24' is not an address"),
    ({"address": "fd00::11"}, ".address: 'fd00::11' is not of the family of tcp 10.0.0.1:80, and dr needs the same"),
    ({**SERVER, "weight": 70000}, ".weight: 70000 is not between 0 and 65535"),
    ({**SERVER, "weight": True}, ".weight: True is not between 0 and 65535"),
    ({**SERVER, "weight": -1}, ".weight: -1 is not between 0 and 65535"),
    ({**SERVER, "upper_threshold": 1, "lower_threshold": 2}, ".lower_threshold: 2 is above the upper threshold"),
    ({**SERVER, "upper_threshold": 2**31}, ".upper_threshold: 2147483648 is not between 0 and 2147483647"),
    ({**SERVER, "lower_threshold": 2}, ".lower_threshold: 2 is above the upper threshold, which is 0"),
    ({**SERVER, "port": 8080}, ".port: 8080 is not the virtual server's port 80: dr does not change the port"),
    ({**TUNNEL, "port": 8080}, ".port: 8080 is not the virtual server's port 80: tun"),
    ({**SERVER, "tunnel_type": "gre"}, ".tunnel_type: 'gre' is ignored by the kernel with dr"),
    ({**SERVER, "tunnel_port": 9}, ".tunnel_port: 9 is ignored by the kernel with dr"),
    ({**SERVER, "forwarding_method": "nat", "tunnel_checksum": "csum"}, ".tunnel_checksum: 'csum' is ignored by the"),
    ({**TUNNEL, "tunnel_type": "gue"}, ".tunnel_port: is missing, and the kernel would refuse the server"),
    ({**TUNNEL, "tunnel_port": 9}, ".tunnel_port: 9 is ignored by the kernel with ipip"),
    ({**TUNNEL, "tunnel_checksum": "csum"}, ".tunnel_checksum: 'csum' is ignored by the kernel with ipip"),
    ({**TUNNEL, "tunnel_type": "gre", "tunnel_checksum": "remcsum"}, ".tunnel_checksum: 'remcsum' is ignored by"),
]

#: The same of the table's own options.
TABLES = [
    ({"purge": True}, "purge: True would remove every virtual server, as none is listed"),
    ({"timeouts": {"tcp": 0}}, "timeouts.tcp: 0 is not between 1 and 2678400"),
    ({"sync_daemon": {"roles": ["master"]}}, "sync_daemon.interface: is missing"),
    (
        {"sync_daemon": {"roles": [], "interface": "eth0/1"}},
        "sync_daemon.interface: 'eth0/1' is not the name of an interface",
    ),
    (
        {"sync_daemon": {"roles": [], "interface": "e" * 16}},
        "sync_daemon.interface: 'eeeeeeeeeeeeeeee' is not the name",
    ),
    ({"sync_daemon": {"roles": [], "syncid": 256}}, "sync_daemon.syncid: 256 is not between 0 and 255"),
    (
        {"sync_daemon": {"roles": [], "mcast_group": "10.0.0.1"}},
        "sync_daemon.mcast_group: '10.0.0.1' is not a multicast",
    ),
    ({"sync_daemon": {"roles": [], "mcast_group": "fd00::1"}}, "sync_daemon.mcast_group: 'fd00::1' is not a multicast"),
    ({"virtual_servers": [WEB, WEB]}, "virtual_servers[1]: 'tcp 10.0.0.1:80' is named by virtual_servers[0] already"),
    (
        {"virtual_servers": [{**WEB, "real_servers": [SERVER, {**SERVER, "port": 80}]}]},
        "virtual_servers[0].real_servers[1]: '10.0.0.11 port 80' is named by virtual_servers[0].real_servers[0]",
    ),
]


def refused(call, **given):
    with pytest.raises(InputError) as error:
        call(**given)
    return str(error.value)


@pytest.mark.parametrize(("given", "said"), SERVICES)
def test_a_virtual_server_that_cannot_be(played, config, virtual_server, given, said):
    assert refused(virtual_server, **given).startswith(said)
    assert refused(config, virtual_servers=[{"fwmark": 1}, given]).startswith(f"virtual_servers[1].{said}")
    assert played.orders == 0


@pytest.mark.parametrize(("given", "said"), SERVERS)
def test_a_real_server_that_cannot_be(played, config, virtual_server, given, said):
    said = f"real_servers[1]{said}"
    servers = [{"address": "10.0.0.99"}, given]
    assert refused(virtual_server, **WEB, real_servers=servers).startswith(said)
    asked = [{"fwmark": 1}, {**WEB, "real_servers": servers}]
    assert refused(config, virtual_servers=asked).startswith(f"virtual_servers[1].{said}")
    assert played.orders == 0


@pytest.mark.parametrize(("given", "said"), TABLES)
def test_a_table_that_cannot_be(played, config, given, said):
    assert refused(config, **given).startswith(said)
    assert played.orders == 0


def test_all_that_is_wrong_is_told_at_once(played, config):
    said = refused(
        config,
        timeouts={"udp": -1},
        sync_daemon={"roles": ["backup"], "maxlen": 9},
        virtual_servers=[{**WEB, "port": -1, "scheduler": "-"}, {"fwmark": -1, "real_servers": [{"address": ""}]}],
    )
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "virtual_servers[0].port",
        "virtual_servers[0].scheduler",
        "virtual_servers[1].fwmark",
        "virtual_servers[1].real_servers[0].address",
        "timeouts.udp",
        "sync_daemon.maxlen",
        "sync_daemon.interface",
    ]


def test_what_is_in_the_kernel_already_is_not_judged_again(played, virtual_server):
    """Other tools may have their reasons; what nobody changes harms nobody."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action as actions
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
        Key,
        Server,
        Service,
        Table,
        Timeouts,
    )
    from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

    key = Key(4, "tcp", "10.0.0.1", 80)
    strange = Server("10.0.0.11", 8080, "dr")
    played.put(Table({key: Service(key, servers={strange.place: strange})}, Timeouts(1, 1, 1)))
    assert not virtual_server(**WEB, real_servers=[{**SERVER, "port": 8080}])["changed"]
    assert refused(virtual_server, **WEB, real_servers=[{**SERVER, "port": 8080, "weight": 2}]).startswith(
        "real_servers[0].port: 8080 is not the virtual server's port"
    )
    assert virtual_server(**WEB, scheduler="rr")["steps"] == ["tcp 10.0.0.1:80: scheduler rr, was scheduler wlc"]
    everywhere = Key(4, "tcp", "0.0.0.0", 80)
    heavy = Server("10.0.0.12", 80, weight=70000)
    played.put(Table({everywhere: Service(everywhere, servers={heavy.place: heavy})}, Timeouts(1, 1, 1)))
    (read,) = actions.information({"statistics": False}, System(), False)["virtual_servers"]
    assert not virtual_server(**read, purge_real_servers=True)["changed"]
    assert refused(virtual_server, **{**read, "real_servers": [{"address": "10.0.0.12", "weight": 70001}]}).startswith(
        "real_servers[0].weight: 70001 is not between 0 and 65535"
    )
    assert virtual_server(protocol="tcp", address="0.0.0.0", port=80, state="absent")["changed"]
