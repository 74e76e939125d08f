# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire between two network namespaces: who is heard there, and who answers for an address."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys

import pytest

if os.geteuid() or not shutil.which("ip"):
    pytest.skip("needs root and iproute2", allow_module_level=True)

HERE, THERE = f"pf-a-{os.getpid()}", f"pf-b-{os.getpid()}"
HARDWARE = "02:00:00:00:00:0b"
LOOK = """
import json, sys
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.action import look
print(json.dumps(look(json.loads(sys.argv[1]), None, True)))
"""
SEND = """
import socket, sys, time
packet = bytes.fromhex(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as out:
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.2"))
    while True:
        out.sendto(packet, ("224.0.0.18", 0))
        time.sleep(0.05)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture(scope="module")
def wire():
    """Two hosts on one cable; the second one has 10.9.0.100 and fd00:9::100 too."""
    for name in (HERE, THERE):
        ip("netns", "add", name)
    try:
        ip("-n", HERE, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", THERE)
        ip("-n", THERE, "link", "set", "eth0", "address", HARDWARE)
        for name, number in ((HERE, 1), (THERE, 2)):
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "address", "add", f"10.9.0.{number}/24", "dev", "eth0")
            ip("-n", name, "address", "add", f"fd00:9::{number}/64", "dev", "eth0", "nodad")
        for address in ("10.9.0.100/32", "fd00:9::100/128"):
            ip("-n", THERE, "address", "add", address, "dev", "eth0", "nodad" if ":" in address else "noprefixroute")
        yield
    finally:
        for name in (HERE, THERE):
            ip("netns", "delete", name)


def look(root, **params):
    asked = {"listen": 1.0, "interfaces": None, "addresses": [], "ports": [], "servers": [], "ca": None, "paths": []}
    words = ["ip", "netns", "exec", HERE, sys.executable, "-c", LOOK, json.dumps({**asked, **params})]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def answers(root, *asked):
    told = look(root, listen=0, addresses=[{"address": each, "interface": None} for each in asked])
    return {each["address"]: each["hardware"] for each in told["answers"]}


def test_who_has_an_address_is_known_by_its_hardware(wire, collection_root):
    asked = ["10.9.0.100", "fd00:9::100", "10.9.0.101", "fd00:9::101", "192.0.2.1"]
    assert answers(collection_root, *asked) == dict(zip(asked, [[HARDWARE], [HARDWARE], [], [], []], strict=True))


def test_a_question_leaves_nothing_in_the_neighbours_table(wire, collection_root):
    ip("-n", THERE, "neighbour", "flush", "all")
    answers(collection_root, "10.9.0.100")
    shown = subprocess.run(["ip", "-n", THERE, "-4", "neighbour"], capture_output=True, text=True, check=True).stdout
    assert "10.9.0.1 " not in shown


def test_vrrp_is_heard_by_multicast(wire, collection_root):
    packet = bytes([0x31, 77, 150, 1, 0, 100, 0, 0]) + socket.inet_aton("10.9.0.100")
    words = ["ip", "netns", "exec", THERE, sys.executable, "-c", SEND, packet.hex()]
    with subprocess.Popen(words) as sender:
        (heard,) = look(collection_root, listen=2.0)["advertisements"]
        sender.kill()
    assert heard.pop("count") >= 2
    assert heard.pop("last") > heard.pop("first")
    assert heard == {
        "interface": "eth0",
        "hardware": HARDWARE,
        "source": "10.9.0.2",
        "destination": "224.0.0.18",
        "family": 4,
        "version": 3,
        "virtual_router_id": 77,
        "priority": 150,
        "authentication": "",
        "advert_int": 1.0,
        "addresses": ["10.9.0.100"],
    }


def test_a_port_is_taken_wherever_the_address_is(wire, collection_root):
    serve = "import socket, sys; s = socket.create_server(('', 6443)); print('ready', flush=True); sys.stdin.read()"
    words = ["ip", "netns", "exec", HERE, sys.executable, "-c", serve]
    ports = [{"address": "10.9.0.100", "port": number} for number in (6443, 6444)]
    assert look(collection_root, listen=0, ports=ports)["taken"] == []
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        (taken,) = look(collection_root, listen=0, ports=ports)["taken"]
        server.stdin.close()
    assert (taken["address"], taken["port"]) == ("10.9.0.100", 6443)
    assert taken["by"].startswith("python")


def test_what_is_not_for_us_never_reaches_python():
    """The filter of the kernel: a flood of something else is not even counted."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight import wire as module

    with module._door(0x0800) as door, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.sendto(struct.pack("!I", 1), ("127.0.0.1", 9))
        door.settimeout(0.3)
        with pytest.raises(TimeoutError):
            while module._packet(door)[2][9:10] != b"\x11":
                pass
