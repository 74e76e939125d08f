# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three directors that are real servers at once, with what is derived for them: packets go to and fro without the
guard, and not one does with it (docs/adr/0011).

A bridge, a network namespace for each host, keepalived and HAProxy as they are.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from derived import keepalived_instances

VIPS = [
    {
        "name": "edge",
        "addresses": ["10.9.0.100/24", "fd00:9::100/64"],
        "hosts": "edge",
        "leads_to": "edge",
        "profile": "ipvs",
        "ports": [80],
        "virtual_server": {"scheduler": "rr"},
    }
]
EDGES = ("e1", "e2", "e3")
GROUPS = {"all": list(EDGES), "edge": list(EDGES)}
REQUESTS = 30
COUNTED = 4.0  # seconds after which the kernel's counters are true: it adds up every two
PATIENCE = 90.0  # seconds until everything stands; the kernel is a slow one

SERVER = """
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
frontend all
  bind :::80 v4v6
  http-request return status 200 content-type text/plain string "{host}"
"""
ASK = """
import json, sys, urllib.request
answers = []
for number in range(int(sys.argv[2])):
    try:
        answers.append(urllib.request.urlopen(sys.argv[1], timeout=1).read().decode())
    except OSError:
        answers.append("")
print(json.dumps(answers))
"""


class Edge:
    """The bridge, a client and three edge nodes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for words in ("link add bridge type bridge mcast_snooping 0", "link set bridge up"):
            self.run("ip", *words.split())
        for number, host in enumerate(("client", *EDGES), start=10):
            self.run("ip", "netns", "add", host)
            self.run("ip", "link", "add", f"v-{host}", "type", "veth", "peer", "name", "eth0", "netns", host)
            self.run("ip", "link", "set", f"v-{host}", "master", "bridge", "up")
            for link in ("lo", "eth0"):
                self.inside(host, "ip", "link", "set", link, "up")
            self.inside(host, "ip", "address", "add", f"10.9.0.{number}/24", "dev", "eth0")
            self.inside(host, "ip", "address", "add", f"fd00:9::{number}/64", "dev", "eth0", "nodad")

    def run(self, *argv: str) -> str:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    def inside(self, host: str, *argv: str) -> str:
        return self.run("ip", "netns", "exec", host, *argv)

    def hostvars(self) -> dict[str, Any]:
        def facts(number: int) -> dict[str, Any]:
            four, six = (
                {"address": f"10.9.0.{number}", "prefix": "24"},
                {"address": f"fd00:9::{number}", "prefix": "64"},
            )
            return {"interfaces": ["lo", "eth0"], "eth0": {"device": "eth0", "ipv4": four, "ipv6": [six]}}

        return {host: {"ansible_facts": facts(number)} for number, host in enumerate(EDGES, start=11)}

    def bring(self, host: str, guard: bool) -> None:
        """What the roles ipvs_real_server, ipvs_director and keepalived do, with the same derivations."""
        parameters = {"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2}
        parameters["net.ipv4.vs.backup_only"] = int(guard)
        self.inside(host, "sysctl", "-qw", *(f"{name}={value}" for name, value in parameters.items()))
        for address in host_part(VIPS, host, GROUPS, self.hostvars(), "ipvs")["loopback"]:
            deprecated = ["preferred_lft", "0"] if ":" in address else []
            self.inside(host, "ip", "address", "add", address, "dev", "lo", *deprecated)
        (self.directory / f"{host}.cfg").write_text(SERVER.format(host=host))
        self.start(host, "haproxy", "-f", str(self.directory / f"{host}.cfg"))
        derived = host_part(VIPS, host, GROUPS, self.hostvars(), "ipvs")
        derived["instances"] = keepalived_instances(VIPS, host, GROUPS, self.hostvars())
        (self.directory / f"{host}.conf").write_text(plan_config("", derived).text)
        pids = [word for option in "prc" for word in (f"-{option}", str(self.directory / f"{host}-{option}.pid"))]
        self.start(host, "keepalived", "-n", "-l", "-f", str(self.directory / f"{host}.conf"), *pids)

    def start(self, host: str, *argv: str) -> None:
        log = open(self.directory / f"{host}-{argv[0]}.log", "wb")
        enter = ["ip", "netns", "exec", host]
        self.running[f"{host}-{argv[0]}"] = subprocess.Popen([*enter, *argv], stdout=log, stderr=log)

    def stop(self, host: str, program: str) -> None:
        child = self.running.pop(f"{host}-{program}")
        child.terminate()
        child.wait(30)

    def standing(self, *hosts: str) -> bool:
        """Whether the first of the hosts holds both addresses, the others none, and all have every server."""
        for host in hosts:
            held = self.inside(host, "ip", "-br", "address", "show", "dev", "eth0").count("::100/") + self.inside(
                host, "ip", "-br", "-4", "address", "show", "dev", "eth0"
            ).count(".100/")
            servers = self.inside(host, "ipvsadm", "-Ln").count(" Route ")
            if held != (2 if host == hosts[0] else 0) or servers != 6:
                return False
        return True

    def wait_for(self, *hosts: str) -> None:
        limit = time.monotonic() + PATIENCE
        while not self.standing(*hosts):
            if time.monotonic() > limit:
                tables = [self.inside(host, "ipvsadm", "-Ln") + self.inside(host, "ip", "-br", "a") for host in hosts]
                pytest.fail("the edge does not stand: " + "\n".join(tables))
            time.sleep(0.5)

    def ask(self, address: str) -> list[str]:
        """Answers to requests of the client; empty where none came."""
        for host in EDGES:
            self.inside(host, "ipvsadm", "-Z")
        said = self.inside("client", sys.executable, "-c", ASK, f"http://{address}/", str(REQUESTS))
        time.sleep(COUNTED)
        answers: list[str] = json.loads(said)
        return answers

    def directed(self, host: str) -> int:
        """Packets that the host's kernel has sent on, or kept, as a director."""
        stats = self.inside(host, "ipvsadm", "-Ln", "--stats", "--exact")
        return sum(int(found) for found in re.findall(r"^TCP +\S+ +\d+ +(\d+)", stats, re.MULTILINE))


AnyEdge = TypeVar("AnyEdge", bound=Edge)


@contextmanager
def brought_up(kind: type[AnyEdge], directory: Path) -> Iterator[AnyEdge]:
    """An edge with hosts of its own, which end with it."""
    for module in ("veth", "bridge", "ip_vs", "ip_vs_rr"):
        subprocess.run(["modprobe", module], check=True)
    made = kind(directory)
    yield made
    for name in list(made.running):
        made.stop(*name.split("-"))
    for host in ("client", *EDGES):
        subprocess.run(["ip", "netns", "delete", host], check=True)


@pytest.fixture
def edge(network: None, tmp_path: Path) -> Iterator[Edge]:
    with brought_up(Edge, tmp_path) as made:
        yield made


def test_without_the_guard_packets_go_to_and_fro(edge: Edge) -> None:
    for host in EDGES:
        edge.bring(host, guard=False)
    edge.wait_for(*EDGES)
    answers = edge.ask("10.9.0.100")
    assert "" in answers
    assert edge.directed("e2") + edge.directed("e3") > REQUESTS


def test_with_it_only_the_master_directs_whoever_that_is(edge: Edge) -> None:
    for host in EDGES:
        edge.bring(host, guard=True)
    edge.wait_for(*EDGES)
    for address in ("10.9.0.100", "[fd00:9::100]"):
        answers = edge.ask(address)
        assert sorted(set(answers)) == list(EDGES) and len(answers) == REQUESTS
        assert {host: edge.directed(host) > 0 for host in EDGES} == {"e1": True, "e2": False, "e3": False}
    edge.stop("e1", "keepalived")
    edge.wait_for("e2", "e3")
    for address in ("10.9.0.100", "[fd00:9::100]"):
        assert sorted(set(edge.ask(address))) == list(EDGES)
        assert (edge.directed("e2") > 0, edge.directed("e3")) == (True, 0)
