# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real connections through the kernel's table, counted at both ends; and what they survive."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import subprocess
import threading
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

VIP, CLIENT = "10.1.0.80", "10.1.0.100"
SERVERS = {"rs1": "10.1.0.11", "rs2": "10.1.0.12", "rs3": "10.1.0.13"}
WEB = {"protocol": "tcp", "address": VIP, "port": 80}
_CLONE_NEWNET = 0x40000000


def six(address):
    """The IPv6 address of the host that has this one."""
    return "fd00:1::" + address.rpartition(".")[2]


@contextlib.contextmanager
def inside(name):
    """In another host's network; sockets that are made there stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as here, open(f"/run/netns/{name}") as there:
        assert libc.setns(there.fileno(), _CLONE_NEWNET) == 0
        try:
            yield
        finally:
            assert libc.setns(here.fileno(), _CLONE_NEWNET) == 0


def set_up(path, value):
    with open(f"/proc/sys/net/ipv4/{path}", "w") as file:
        file.write(value)


class Server:
    """Says its name to whoever connects, and then whatever it hears. ``peers`` are the addresses it has seen."""

    def __init__(self, name, address):
        self.name, self.peers = name, []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with inside(name):
            self.socket = socket.create_server((address, 80), family=family, backlog=50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.socket.accept()
                self.peers.append(peer[0])
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.sendall(self.name.encode())
            while said := connection.recv(100):
                connection.sendall(said)


class Lan:
    """A director (this test's own network), a client and three servers on one bridge."""

    def __init__(self):
        self.names = ["lan", "client", *SERVERS]
        for name in self.names:
            self.ip(f"netns add {name}")
        self.ip("-n lan link add br0 type bridge")
        self.ip("-n lan link set br0 up")
        self._plug("", "10.1.0.1")
        for name, address in {"client": CLIENT, **SERVERS}.items():
            self._plug(name, address)
        self.ip(f"address add {VIP}/32 dev eth0")
        self.ip(f"address add {six(VIP)}/128 dev eth0 nodad")
        set_up("ip_forward", "1")
        set_up("conf/all/send_redirects", "0")
        set_up("conf/eth0/send_redirects", "0")
        self.servers = {}

    @staticmethod
    def ip(words):
        subprocess.run(["ip", *words.split()], check=True)

    def _plug(self, name, address):
        host = f"-n {name} " if name else ""
        port = name or "director"
        self.ip(f"{host}link add eth0 type veth peer name {port} netns lan")
        self.ip(f"-n lan link set {port} master br0 up")
        self.ip(f"{host}address add {address}/24 dev eth0")
        self.ip(f"{host}address add {six(address)}/64 dev eth0 nodad")
        self.ip(f"{host}link set eth0 up")
        self.ip(f"{host}link set lo up")

    def serve(self, method, vip=VIP):
        for name, address in SERVERS.items():
            if method == "dr":
                with inside(name):
                    set_up("conf/all/arp_ignore", "1")
                    set_up("conf/all/arp_announce", "2")
                self.ip(f"-n {name} address add {VIP}/32 dev lo")
                self.ip(f"-n {name} address add {six(VIP)}/128 dev lo nodad")
            else:
                self.ip(f"-n {name} route add {CLIENT}/32 via 10.1.0.1")
                with inside(name):
                    set_up("conf/all/accept_redirects", "0")
            self.servers[name] = Server(name, vip if method == "dr" else address)

    def connect(self, vip=VIP):
        """A connection of the client's to the VIP, and the name of the server it came to."""
        with inside("client"):
            connection = socket.create_connection((vip, 80), timeout=20)
        return connection, connection.recv(100).decode()

    def end(self):
        for server in self.servers.values():
            server.socket.close()
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.fixture
def lan():
    found = Lan()
    yield found
    found.end()


def until(condition, seconds=60.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.1)
    return False


def real():
    return [{"address": address} for address in SERVERS.values()]


def same(address):
    return address


@pytest.mark.parametrize(("method", "spelled"), [("dr", same), ("dr", six), ("nat", same)])
def test_connections_are_spread_and_counted_at_both_ends(table, lan, method, spelled):
    vip, client = spelled(VIP), spelled(CLIENT)
    addresses = {name: spelled(address) for name, address in SERVERS.items()}
    lan.serve(method, vip)
    web = {**WEB, "address": vip}
    servers = [{"address": address, "forwarding_method": method} for address in addresses.values()]
    table.brought("virtual_server", **web, scheduler="rr", real_servers=servers)
    names = []
    for _each in range(9):
        connection, name = lan.connect(vip)
        connection.close()
        names.append(name)
    assert {name: names.count(name) for name in SERVERS} == dict.fromkeys(SERVERS, 3)
    # The servers see the client itself: nobody stands between.
    assert {name: server.peers for name, server in lan.servers.items()} == dict.fromkeys(SERVERS, [client] * 3)
    # The kernel sums up every other second.
    assert until(lambda: table.info(statistics=True)["statistics"][0]["connections"] == 9)
    (counted,) = table.info(statistics=True)["statistics"]
    assert {one["address"]: one["connections"] for one in counted["real_servers"]} == dict.fromkeys(
        addresses.values(), 3
    )
    assert counted["incoming_packets"] >= 27
    # Answers come past the director with nat only.
    assert bool(counted["outgoing_packets"]) == (method == "nat")
    table.brought("virtual_server", **web, real_servers=[{"address": addresses["rs2"], "weight": 0}])
    assert {lan.connect(vip)[1] for _each in range(4)} == {"rs1", "rs3"}


def test_what_a_connection_survives(table, lan):
    lan.serve("dr")
    table.brought("virtual_server", **WEB, scheduler="rr", real_servers=real())
    connection, name = lan.connect()
    its = {"address": SERVERS[name]}
    others = [{"address": address} for server, address in SERVERS.items() if server != name]
    for change in (
        {"real_servers": [{**its, "weight": 7}]},
        {"scheduler": "wlc"},
        {"scheduler": "mh", "flags": ["mh-port"]},
        {"scheduler": "sh", "flags": []},
        {"persistence_timeout": 60, "persistence_netmask": "24"},
        {"persistence_timeout": 0},
        {"real_servers": [{**its, "upper_threshold": 10, "lower_threshold": 5}]},
        {"real_servers": [{**one, "state": "absent"} for one in others]},
        {"real_servers": others},
        {"real_servers": [{**its, "weight": 0}]},
    ):
        assert table.brought("virtual_server", **WEB, **change)["changed"], change
        connection.sendall(b"still there?")
        assert connection.recv(100) == b"still there?", change
    assert lan.connect()[1] != name


def test_connections_go_on_where_others_are_sent_on_in_another_way(table, lan):
    lan.serve("dr")
    table.brought("virtual_server", **WEB, scheduler="rr", real_servers=real())
    connection, name = lan.connect()
    for method in ("tun", "nat", "dr"):
        changed = [{"address": SERVERS[name], "forwarding_method": method}]
        assert table.brought("virtual_server", **WEB, real_servers=changed)["changed"]
        connection.sendall(b"still there?")
        assert connection.recv(100) == b"still there?", method


@pytest.mark.parametrize("spelled", [same, six])
def test_marked_packets_are_spread_and_not_those_of_the_other_family(table, lan, spelled):
    vip = spelled(VIP)
    lan.serve("dr", vip)
    subprocess.run(["tc", "qdisc", "add", "dev", "eth0", "clsact"], check=True)
    for number, protocol in enumerate(("ip", "ipv6"), start=1):
        marks = f"filter add dev eth0 ingress protocol {protocol} prio {number} matchall action skbedit mark 7"
        subprocess.run(["tc", *marks.split()], check=True)
    family, other = ("ipv6", "ipv4") if ":" in vip else ("ipv4", "ipv6")
    servers = [{"address": spelled(address)} for address in SERVERS.values()]
    table.brought("virtual_server", fwmark=7, family=other)
    table.brought("virtual_server", fwmark=7, family=family, scheduler="rr", real_servers=servers)
    assert sorted([lan.connect(vip)[1] for _each in range(6)]) == sorted([*SERVERS, *SERVERS])
    connection, name = lan.connect(vip)
    drained = {"fwmark": 7, "family": family, "real_servers": [{"address": spelled(SERVERS[name]), "state": "drained"}]}
    with pytest.raises(EdgeError, match=r"still have connections: .* of fwmark 7"):
        table.virtual_server(**drained, drain_timeout=1)
    assert name not in [lan.connect(vip)[1] for _each in range(4)]
    connection.sendall(b"still there?")
    assert connection.recv(100) == b"still there?"


class Echo:
    """Says its name to every datagram."""

    def __init__(self, name):
        with inside(name):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((VIP, 53))
        threading.Thread(target=self._answer, args=(name.encode(),), daemon=True).start()

    def _answer(self, name):
        with contextlib.suppress(OSError):
            while True:
                self.socket.sendto(name, self.socket.recvfrom(100)[1])


def test_a_drained_server_of_udp_goes_when_the_kernel_has_forgotten_its_last_client(table, lan):
    lan.serve("dr")
    lan.servers.update({f"{name} by UDP": Echo(name) for name in SERVERS})
    dns = {"protocol": "udp", "address": VIP, "port": 53}
    table.brought(virtual_servers=[{**dns, "scheduler": "rr", "real_servers": real()}], timeouts={"udp": 3})
    with inside("client"):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.settimeout(20)
        client.connect((VIP, 53))
        client.send(b"who?")
        name = client.recv(100).decode()
        drained = {**dns, "real_servers": [{"address": SERVERS[name], "state": "drained"}]}
        with pytest.raises(EdgeError, match=r"still have connections: .*:53 of udp .* \(1\)"):
            table.virtual_server(**drained, drain_timeout=0)
        assert table.virtual_server(**drained, drain_timeout=300)["changed"]
        client.send(b"who?")
        assert client.recv(100).decode() != name


def test_clients_that_persistence_binds_keep_no_drained_server(table, lan):
    lan.serve("dr")
    table.brought("virtual_server", **WEB, scheduler="rr", persistence_timeout=300, real_servers=real())
    names = []
    for _each in range(3):
        connection, name = lan.connect()
        connection.close()
        names.append(name)
    assert len(set(names)) == 1
    drained = {**WEB, "real_servers": [{"address": SERVERS[names[0]], "state": "drained"}]}
    assert table.virtual_server(**drained, drain_timeout=300)["changed"]
    (next_one,) = {lan.connect()[1] for _each in range(3)}
    assert next_one != names[0]


def test_a_drained_server_goes_when_its_connection_has_ended(table, lan):
    lan.serve("dr")
    table.config(virtual_servers=[{**WEB, "scheduler": "rr", "real_servers": real()}])
    connection, name = lan.connect()
    drained = {**WEB, "real_servers": [{"address": SERVERS[name], "state": "drained"}]}
    with pytest.raises(EdgeError, match=r"still have connections: .* \(1\)\. They stay with weight 0") as error:
        table.virtual_server(**drained, drain_timeout=1)
    assert error.value.facts["real_servers"][0]["server"] == f"{SERVERS[name]}:80"
    weights = {one["address"]: one["weight"] for one in table.info()["virtual_servers"][0]["real_servers"]}
    assert weights == {address: int(address != SERVERS[name]) for address in SERVERS.values()}
    assert name not in [lan.connect()[1] for _each in range(4)]
    threading.Timer(1.0, connection.close).start()
    assert table.virtual_server(**drained, drain_timeout=300)["changed"]
    assert connection.fileno() == -1
    assert len(table.info()["virtual_servers"][0]["real_servers"]) == 2
