# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel would refuse, ignore or change is told before anything changes, with its place and its remedy."""

from __future__ import annotations

import contextlib
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}


def refused(table, **given):
    """The message, the same in check mode and for real, with the table as it was."""
    before = table.info()
    said = []
    for check_mode in (True, False):
        with pytest.raises(EdgeError) as error:
            table.config(check_mode, **given)
        said.append(str(error.value))
        assert table.info() == before
    assert said[0] == said[1]
    return said[0]


def test_a_scheduler_that_the_kernel_does_not_have(table):
    said = refused(table, virtual_servers=[{**WEB, "port": 81}, {**WEB, "scheduler": "wrrr"}])
    assert said.startswith(
        "virtual_servers[1].scheduler: 'wrrr' is unknown to this kernel: it has no module ip_vs_wrrr"
    )
    said = refused(table, virtual_servers=[{**WEB, "persistence_timeout": 9, "persistence_engine": "rtp"}])
    assert said.startswith("virtual_servers[0].persistence_engine: 'rtp' is unknown to this kernel")


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"address": "fd00::11"}, "real_servers[0].address: 'fd00::11' is not of the family of tcp 10.0.0.1:80"),
        (
            {"address": "fd00::11", "forwarding_method": "nat"},
            "real_servers[0].address: 'fd00::11' is not of the family",
        ),
        ({"address": "10.0.0.11", "weight": 70000}, "real_servers[0].weight: 70000 is not between 0 and 65535"),
        (
            {"address": "10.0.0.11", "upper_threshold": 10, "lower_threshold": 20},
            "real_servers[0].lower_threshold: 20 is above the upper threshold, which is 10",
        ),
        ({"address": "10.0.0.11", "port": 8080}, "real_servers[0].port: 8080 is not the virtual server's port 80"),
    ],
)
def test_what_it_refuses_of_a_server(table, ipvsadm, server, message):
    ipvsadm("-A -t 10.0.0.9:9")
    said = refused(table, virtual_servers=[{**WEB, "real_servers": [server]}])
    assert said.startswith(f"virtual_servers[0].{message}")


def test_what_the_kernel_alone_knows_is_told_and_taken_back(table, ipvsadm, ip):
    """A broadcast address is no other than any to us; to the kernel it is the first of many that fails."""
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add 10.0.0.9/24 dev eth7")
    ipvsadm("-R", "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1\n-A -u 10.0.0.1:53\n")
    before = ipvsadm("-Sn"), table.info()
    many = [{"address": f"10.0.{high}.{low}"} for high in (1, 2, 3) for low in range(1, 120)]
    asked = {
        "timeouts": {"tcp": 77},
        "purge": True,
        "virtual_servers": [
            {**WEB, "scheduler": "wrr", "real_servers": [*many, {"address": "10.0.0.255"}, {"address": "10.0.0.12"}]},
            {**WEB, "port": 81, "real_servers": many},
        ],
    }
    with pytest.raises(EdgeError, match=r"refuses real server 10\.0\.0\.255:80 of tcp 10\.0\.0\.1:80: it is not the"):
        table.config(**asked)
    assert (ipvsadm("-Sn"), table.info()) == before


def test_a_mixed_family_beside_a_sync_daemon(table):
    tunnel = {**WEB, "real_servers": [{"address": "fd00::11", "forwarding_method": "tun"}]}
    daemon = {"roles": ["master"], "interface": "lo"}
    said = refused(table, virtual_servers=[tunnel], sync_daemon=daemon)
    assert said.startswith("virtual_servers[0].real_servers: 'fd00::11' is a server of another family")
    table.config(virtual_servers=[tunnel])
    assert refused(table, sync_daemon=daemon).startswith("sync_daemon: 'fd00::11' is a server of another family")


def test_an_interface_that_is_not_there_and_messages_that_do_not_fit(table, ip):
    said = refused(table, sync_daemon={"roles": ["master"], "interface": "eth7"})
    assert said.startswith("sync_daemon.interface: 'eth7' is not an interface of this host")
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add 10.9.0.1/24 dev eth7")
    said = refused(table, sync_daemon={"roles": ["master"], "interface": "eth7", "maxlen": 1473})
    assert said == (
        "sync_daemon.maxlen: 1473 does not fit into the packets of eth7, and the kernel would truncate it. Give at "
        "most "
        "1472, or leave it out."
    )
    table.brought(sync_daemon={"roles": ["master"], "interface": "eth7", "maxlen": 1472})
    table.brought(sync_daemon={"roles": ["backup"], "interface": "eth7", "maxlen": 1024})
    with pytest.raises(InputError, match="maxlen: 1023 is not between 1024 and"):
        table.config(sync_daemon={"roles": ["backup"], "interface": "eth7", "maxlen": 1023})


@pytest.fixture
def keepalived(tmp_path):
    """``keepalived(text)`` starts one with that configuration."""
    started = []

    def start(text):
        file = tmp_path / "keepalived.conf"
        file.write_text("global_defs {\n    checker_log_all_failures\n}\n" + text)
        started.append(subprocess.Popen(["keepalived", "-n", "-C", "-f", str(file), "-p", "/run/keepalived.pid"]))

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=20)


def until(condition, seconds=30.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(IndexError):
            if condition():
                return True
        time.sleep(0.05)
    return False


def test_what_keepalived_has_is_left_to_it(table, keepalived):
    keepalived(
        "virtual_server 10.0.0.1 80 {\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n    alpha\n"
        "    real_server 10.0.0.11 80 {\n        weight 1\n    }\n}\n"
        "virtual_server fwmark 7 {\n    lb_kind NAT\n    lb_algo rr\n    real_server 10.0.0.12 80 {\n    }\n}\n"
    )
    assert until(lambda: len(table.info()["virtual_servers"]) == 2)
    assert until(lambda: table.info()["virtual_servers"][0]["real_servers"])
    assert table.info()["keepalived"] == [
        {"fwmark": 7, "family": "ipv4"} if "fwmark" in one else WEB for one in table.info()["virtual_servers"]
    ]
    said = refused(table, virtual_servers=[{**WEB, "scheduler": "wrr"}, {"fwmark": 7, "state": "absent"}])
    first, second = said.splitlines()
    assert first.startswith("virtual_servers[0]: 'tcp 10.0.0.1:80' belongs to the running keepalived, by /run/")
    assert "Change it there (k8s_edge.ha.keepalived_config), and leave it out here" in first
    assert second.startswith("virtual_servers[1]: 'fwmark 7' belongs")
    assert refused(table, virtual_servers=[], purge=True).startswith("purge: 'tcp 10.0.0.1:80' belongs")
    # Named and left as it is, it may stay beside ours; ours may come and go.
    ours = {**WEB, "port": 81}
    table.brought(virtual_servers=[WEB, {"fwmark": 7}, ours], purge=True)
    table.brought(virtual_servers=[WEB, {"fwmark": 7}], purge=True)


def test_whatever_keepalived_makes_is_known_as_its_own(table, keepalived):
    """Groups, ranges and firewall marks, whose family keepalived takes from their servers."""
    four = "    lb_algo rr\n    lb_kind NAT\n    real_server 10.0.0.12 80 {\n    }\n}\n"
    six = four.replace("10.0.0.12", "fd00::12")
    keepalived(
        "virtual_server_group four {\n    10.5.0.1-3 80\n    fwmark 9\n}\n"
        "virtual_server_group six {\n    fd00:5::1-3 80\n    fwmark 9\n}\n"
        f"virtual_server group four {{\n    protocol TCP\n{four}"
        f"virtual_server group six {{\n    protocol SCTP\n    sorry_server fd00::99 80\n{six}"
        f"virtual_server fwmark 7 {{\n{six}virtual_server fwmark 8 inet6 {{\n{six}virtual_server fwmark 8 {{\n{four}"
        f"virtual_server 10.5.0.9 53 {{\n    protocol UDP\n    ops\n{four}"
        f"virtual_server 10.5.0.10 {{\n    protocol TCP\n    persistence_timeout 50\n{four}"
    )
    assert until(lambda: len(table.info()["virtual_servers"]) == 13)
    found = table.info()
    names = [
        {name: one[name] for name in one if name in {*WEB, "fwmark", "family"}} for one in found["virtual_servers"]
    ]
    assert found["keepalived"] == names
    said = refused(table, virtual_servers=[], purge=True)
    assert len(said.splitlines()) == 13
