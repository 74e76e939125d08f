# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules do, on a kernel that is played."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import drain, ownership
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import table as kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import NoFamily
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action as actions
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import resource
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}
A, B = {"address": "10.0.0.11"}, {"address": "10.0.0.12"}


def info(statistics=False):
    return actions.information({"statistics": statistics}, System(), False)


def servers():
    return {one["address"]: one["weight"] for one in info()["virtual_servers"][0]["real_servers"]}


def test_what_is_not_given_stays(played, virtual_server):
    virtual_server(**WEB, scheduler="sh", flags=["sh-port"], persistence_timeout=60, persistence_netmask="24")
    virtual_server(**WEB, real_servers=[{**A, "weight": 7, "upper_threshold": 9}])
    virtual_server(**WEB, real_servers=[{**B}])
    virtual_server(**WEB, real_servers=[{**A, "weight": 8}])
    (found,) = info()["virtual_servers"]
    assert found.pop("real_servers") == [
        {**A, "port": 80, "forwarding_method": "dr", "weight": 8, "upper_threshold": 9, "lower_threshold": 0},
        {**B, "port": 80, "forwarding_method": "dr", "weight": 1, "upper_threshold": 0, "lower_threshold": 0},
    ]
    assert found == {
        **WEB,
        "scheduler": "sh",
        "flags": ["sh-port"],
        "persistence_timeout": 60,
        "persistence_netmask": "255.255.255.0",
    }
    virtual_server(**WEB, persistence_timeout=0, flags=[])
    assert info()["virtual_servers"][0]["persistence_timeout"] == 0
    assert "persistence_netmask" not in info()["virtual_servers"][0]
    virtual_server(**WEB, real_servers=[B], purge_real_servers=True)
    assert list(servers()) == ["10.0.0.12"]


def test_a_tunnel_that_is_none_any_more_keeps_nothing_of_it(played, virtual_server):
    gue = {"forwarding_method": "tun", "tunnel_type": "gue", "tunnel_port": 6080}
    virtual_server(**WEB, real_servers=[{**A, **gue}])
    assert not virtual_server(**WEB, real_servers=[{**A, **gue}])["changed"]
    virtual_server(**WEB, real_servers=[{**A, "forwarding_method": "dr"}])
    virtual_server(**WEB, real_servers=[{**A, "forwarding_method": "tun"}])
    assert info()["virtual_servers"][0]["real_servers"][0]["tunnel_type"] == "ipip"


def test_weight_0_is_not_absent(played, virtual_server):
    virtual_server(**WEB, real_servers=[{**A, "weight": 0}])
    assert servers() == {"10.0.0.11": 0}
    virtual_server(**WEB, real_servers=[{**A, "state": "absent"}])
    assert servers() == {}


def test_one_change_among_many_is_one_message_and_two_looks(played, config):
    many = [{**WEB, "port": port, "real_servers": [A, B]} for port in range(1, 200)]
    config(virtual_servers=many)
    looks = []
    dump = played.dump
    played.dump = lambda *what: looks.append(what) or dump(*what)
    played.orders = 0
    many[7]["real_servers"] = [A, {**B, "weight": 2}]
    assert config(virtual_servers=many)["steps"] == [
        "tcp 10.0.0.1:8: real server 10.0.0.12:8: dr, weight 2, was dr, weight 1"
    ]
    assert played.orders == 1
    # The whole table; and of what was changed, once more, its servers (and the daemons).
    assert len(looks) == (1 + 199 + 1) + (1 + 1)


def test_drained_servers_go_when_their_last_connection_has_ended(played, virtual_server, monkeypatch):
    virtual_server(**WEB, real_servers=[A, B])
    played.connections = {"10.0.0.11": 3}
    seen = []

    def rest(_seconds):
        seen.append(servers())
        played.connections["10.0.0.11"] -= 1

    monkeypatch.setattr(drain.time, "sleep", rest)
    drained = {**WEB, "real_servers": [{**A, "state": "drained"}], "drain_timeout": 600}
    said = virtual_server(check_mode=True, **drained)
    done = virtual_server(**drained)
    assert seen == [{"10.0.0.11": 0, "10.0.0.12": 1}] * 3
    assert servers() == {"10.0.0.12": 1}
    assert (
        said["steps"][0]
        == done["steps"][0]
        == "tcp 10.0.0.1:80: real server 10.0.0.11:80: dr, weight 0, was dr, weight 1"
    )
    assert said["steps"][1] == done["steps"][1] == "tcp 10.0.0.1:80: remove real server 10.0.0.11:80"
    assert said["diff"] == done["diff"]
    assert done["diff"]["after"] == "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.12:80 -g -w 1\n"
    assert not virtual_server(**drained)["changed"]


def test_check_mode_tells_of_the_rest_once_beside_what_is_drained(played, config):
    config(virtual_servers=[{**WEB, "real_servers": [A, B]}])
    asked = {
        "virtual_servers": [
            {**WEB, "scheduler": "rr", "real_servers": [{**A, "weight": 4}, {**B, "state": "drained"}]},
            {**WEB, "port": 81},
        ],
        "timeouts": {"udp": 33},
    }
    said = config(check_mode=True, **asked)
    assert said == config(**asked)
    assert len(said["steps"]) == len(set(said["steps"])) == 6
    assert not config(**asked)["changed"]


def test_draining_fails_loudly_when_the_time_is_up(played, virtual_server):
    virtual_server(**WEB, real_servers=[A, B])
    played.connections = {"10.0.0.11": 3}
    with pytest.raises(
        EdgeError, match=r"^After 0 s, .* 10\.0\.0\.11:80 of tcp 10\.0\.0\.1:80 \(3\)\. They stay"
    ) as error:
        virtual_server(**WEB, state="drained", drain_timeout=0)
    assert error.value.facts == {
        "real_servers": [{"virtual_server": "tcp 10.0.0.1:80", "server": "10.0.0.11:80", "connections": 3}]
    }
    assert servers() == {"10.0.0.11": 0, "10.0.0.12": 0}
    played.connections = {}
    assert virtual_server(**WEB, state="drained")["steps"] == ["tcp 10.0.0.1:80: remove, with 2 real servers"]
    assert info()["virtual_servers"] == []
    assert not virtual_server(**WEB, state="drained")["changed"]


def test_statistics_are_apart_from_state(played, virtual_server):
    virtual_server(**WEB, real_servers=[A])
    before = info()
    assert "statistics" not in before
    played.connections = {"10.0.0.11": 3}
    assert info() == before
    assert info(statistics=True)["statistics"] == [
        {
            **WEB,
            "connections": 7,
            "real_servers": [
                {
                    **A,
                    "port": 80,
                    "active_connections": 3,
                    "inactive_connections": 0,
                    "persistent_connections": 0,
                }
            ],
        }
    ]


def test_timeouts_and_daemons(played, config, monkeypatch):
    asked = {"timeouts": {"udp": 9}, "sync_daemon": {"roles": ["master"], "interface": "lo", "syncid": 4}}
    assert config(**asked)["steps"] == ["timeout udp: 9 s, was 300 s", "sync daemon: start the master on lo"]
    assert not config(**asked)["changed"]
    assert info()["timeouts"] == {"tcp": 900, "tcpfin": 120, "udp": 9}
    assert info()["sync_daemons"][0]["syncid"] == 4
    played.refuses = {played.orders + 2: errno.ENODEV}
    with pytest.raises(EdgeError, match="refuses to start the backup sync daemon on lo: there is no such interface"):
        config(timeouts={"udp": 10}, sync_daemon={"roles": ["master", "backup"], "interface": "lo"})
    assert info()["timeouts"]["udp"] == 9


def test_who_changes_the_table_meanwhile_is_told(played, virtual_server):
    virtual_server(**WEB, real_servers=[A])
    played.refuses = {played.orders + 1: errno.ENOENT}
    with pytest.raises(
        EdgeError, match=r"10\.0\.0\.11:80 of tcp 10\.0\.0\.1:80: it no longer exists\. Another program changes"
    ):
        virtual_server(**WEB, real_servers=[{**A, "weight": 2}])
    played.refuses = {played.orders + 1: errno.EPERM}
    with pytest.raises(EdgeError, match="Only root may change the IPVS table"):
        virtual_server(**WEB, scheduler="rr")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EPERM, "Only root may read"), (errno.ENOMEM, "cannot be read: Cannot")]
)
def test_a_table_that_cannot_be_read(played, virtual_server, monkeypatch, number, said):
    def refuse(*_arguments):
        raise OSError(number, "")

    monkeypatch.setattr(played, "ask", refuse)
    monkeypatch.setattr(played, "dump", refuse)
    for call in (lambda: virtual_server(**WEB), info, lambda: info(statistics=True)):
        with pytest.raises(EdgeError, match=said):
            call()


NO_MODULES = "ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.needs.no_modules"


class Tools(System):
    """A host whose modprobe knows some modules; ``load`` is called when one is loaded."""

    def __init__(self, *known, load=lambda: None):
        self.known, self.load, self.ran = known, load, []

    def which(self, name):
        return f"/sbin/{name}" if name == "modprobe" else None

    def run(self, argv, **_options):
        self.ran.append(list(argv))
        good = argv[-1] in self.known
        if good and "--dry-run" not in argv:
            self.load()
        return Completed(0 if good else 1, "", "" if good else "modprobe: FATAL: Module not found", False)


@pytest.fixture
def without(played, monkeypatch, tmp_path):
    """The played kernel before it has learnt IPVS; ``without()`` teaches it."""
    there = []

    def channel(name):
        if not there:
            raise NoFamily(name)
        return played

    monkeypatch.setattr(kernel, "Channel", channel)
    monkeypatch.setattr(kernel, "_SIGN", str(tmp_path / "none"))
    monkeypatch.setattr("ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.needs._KNOWN_MODULES", "/")
    monkeypatch.setattr(NO_MODULES, lambda: "")
    return lambda: there.append(True)


def test_a_kernel_without_ipvs_learns_it_when_it_has_to(without, virtual_server):
    assert info(statistics=True) == {
        "changed": False,
        "available": False,
        "virtual_servers": [],
        "timeouts": {},
        "sync_daemons": [],
        "keepalived": [],
        "statistics": [],
    }
    tools = Tools("ip_vs", "ip_vs_wlc", load=without)
    assert not virtual_server(system=tools, **WEB, state="absent")["changed"]
    said = virtual_server(system=tools, check_mode=True, **WEB)
    assert said["steps"] == ["load the kernel module ip_vs", "tcp 10.0.0.1:80: add, scheduler wlc"]
    assert all("--dry-run" in argv for argv in tools.ran)
    done = virtual_server(system=tools, **WEB)
    assert done["steps"] == said["steps"]
    assert ["/sbin/modprobe", "--", "ip_vs"] in tools.ran


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_kernel_that_cannot_learn_it(without, virtual_server, check_mode):
    with pytest.raises(EdgeError, match=r"This kernel has no IPVS: modprobe knows no module ip_vs\. Remedy"):
        virtual_server(system=Tools("ip_vs_wlc"), check_mode=check_mode, **WEB)
    with pytest.raises(EdgeError, match=r"scheduler: 'wlc' is unknown to this kernel"):
        virtual_server(system=Tools("ip_vs"), check_mode=check_mode, **WEB)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_kernel_that_takes_no_modules_is_known_before(without, virtual_server, monkeypatch, check_mode):
    monkeypatch.setattr(NO_MODULES, lambda: "it was built without loadable modules")
    with pytest.raises(
        EdgeError, match=r"no IPVS and cannot load it: it was built without loadable modules\. Remedy: run a kernel"
    ):
        virtual_server(system=Tools("ip_vs", "ip_vs_wlc"), check_mode=check_mode, **WEB)


def test_where_the_kernels_modules_cannot_be_seen_check_mode_says_so(without, virtual_server, monkeypatch):
    monkeypatch.setattr(NO_MODULES, lambda: None)
    tools = Tools("ip_vs", "ip_vs_wlc", load=without)
    said = virtual_server(system=tools, check_mode=True, **WEB)
    assert "cannot be seen from here" in str(said["warnings"])
    assert not virtual_server(system=tools, **WEB).get("warnings")


def test_a_kernel_that_does_not_learn_it(without, virtual_server):
    with pytest.raises(EdgeError, match="The kernel cannot load IPVS"):
        virtual_server(system=Tools("ip_vs", "ip_vs_wlc"), **WEB)
    # In a container nobody can tell beforehand.
    with pytest.raises(EdgeError, match="in a container, run modprobe ip_vs on the container's host"):
        virtual_server(**WEB)


CONF = """virtual_server 10.0.0.1 80 {
    protocol TCP
}
virtual_server $VIP 80 {
}
global_defs {
    lvs_sync_daemon eth1 VI_1
}
"""


@pytest.fixture
def keepalived(monkeypatch, tmp_path):
    """A keepalived that runs with CONF."""
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF)
    monkeypatch.setattr(ownership, "service", lambda _ports: type("Service", (), {"main_pid": 1})())
    monkeypatch.setattr(ownership, "_same_network", lambda _pid: True)
    monkeypatch.setattr(ownership, "config_of", lambda _pid: str(path))
    return path


def test_what_keepalived_has_is_left_to_it(played, virtual_server, config, keepalived):
    with pytest.raises(EdgeError, match=r"^virtual server: 'tcp 10\.0\.0\.1:80' belongs to the running keepalived"):
        virtual_server(**WEB)
    with pytest.raises(EdgeError, match=r"sync_daemon: belongs to keepalived: .* has lvs_sync_daemon"):
        config(sync_daemon={"roles": ["master"], "interface": "lo"})
    done = virtual_server(**{**WEB, "protocol": "udp"})
    assert done["changed"]
    assert done["warnings"] == [
        f"{keepalived} has the virtual server $VIP 80, which only keepalived can resolve. If it is one of those that "
        "changed here, keepalived and this module undo each other's changes."
    ]
    keepalived.write_text(CONF.replace("TCP", "UDP"))
    assert info()["keepalived"] == [{**WEB, "protocol": "udp"}]


def test_two_runs_at_once_wait_for_each_other(played, virtual_server, monkeypatch):
    program = (
        "import fcntl, sys\nfile = open('/proc/self/ns/net', 'rb')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    monkeypatch.setattr(resource, "_LOCK_SECONDS", 0)
    with pytest.raises(EdgeError, match="locked by another run of this collection"):
        virtual_server(**WEB)
    monkeypatch.setattr(resource, "_LOCK_SECONDS", 60)
    monkeypatch.setattr(resource.time, "sleep", lambda _seconds: threading.Event().wait(0.01) or other.stdin.close())
    assert virtual_server(**WEB)["changed"]
    other.wait(timeout=20)
    other.stdout.close()


def test_others_stay_unless_they_are_purged(played, config):
    config(virtual_servers=[WEB, {"fwmark": 7}])
    config(virtual_servers=[{**WEB, "port": 81}])
    assert len(info()["virtual_servers"]) == 3
    done = config(virtual_servers=[{"fwmark": 7}], purge=True)
    assert done["steps"] == [
        "tcp 10.0.0.1:80: remove, with 0 real servers",
        "tcp 10.0.0.1:81: remove, with 0 real servers",
    ]
    assert [one["fwmark"] for one in info()["virtual_servers"]] == [7]
    config(virtual_servers=[], purge=True)
    assert info()["virtual_servers"] == []


def test_a_kernel_that_learns_ipvs_while_this_run_waits_for_another(played, config, monkeypatch):
    asked = {"virtual_servers": [WEB]}
    monkeypatch.setattr(kernel, "_SIGN", "/nowhere")

    def waited(_namespace):
        """The other run has done the same."""
        monkeypatch.setattr(kernel, "_SIGN", "/")
        monkeypatch.setattr(resource, "_wait_for", lambda _namespace: None)
        assert config(**asked)["changed"]

    monkeypatch.setattr(resource, "_wait_for", waited)
    assert not config(**asked)["changed"]
