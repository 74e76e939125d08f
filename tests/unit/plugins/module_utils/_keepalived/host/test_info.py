# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived as it runs: the witnesses, and the judgement made of them. A false "loaded" is the worst outcome."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import info, live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import (
    LocalAddress,
    held,
    local_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

DUMP = """\
------< VRRP Topology >------
 VRRP Instance = A
   VRRP Version = 3
   State = MASTER
   Flags: none
   Wantstate = BACKUP
   Interface = eth0, vmac on eth1
   Virtual Router ID = 51
   Priority = 100
   Effective priority = 80
   Virtual IP (2):
     10.9.0.100/24 dev eth0 scope global set
     10.9.0.101 dev eth0 scope global
   Virtual IP Excluded :
     fd00::5/64 dev eth0 scope global preferred_lft forever
   fd_in 14, fd_out 15
   Virtual Routes :
     10.44.0.0/16 via inet 10.9.0.7
 VRRP Instance = B
   State = FAULT
   Priority = 90
------< VRRP Sockpool >------
   Interface = eth0
   Priority = 3
------< Interfaces >------
"""


def test_a_dump_is_read() -> None:
    first, second = live.instances_of(DUMP)
    assert first == {
        "name": "A",
        "state": "MASTER",
        "interface": "eth0",
        "virtual_router_id": 51,
        "priority": 100,
        "effective_priority": 80,
        "addresses": ["10.9.0.100/24", "10.9.0.101/32", "fd00::5/64"],
    }
    assert second == {"name": "B", "state": "FAULT", "priority": 90, "addresses": []}
    assert live.instances_of("") == []


def properties(**more: str) -> dict[str, str]:
    return {
        "ActiveState": "active",
        "UnitFileState": "enabled",
        "MainPID": "42",
        "StateChangeTimestamp": "Sat 2026-01-31 10:00:00.500000 UTC",
        "StateChangeTimestampMonotonic": "200500000",
        "ActiveEnterTimestampMonotonic": "200500000",
        "ExecMainStartTimestampMonotonic": "200000000",
        **more,
    }


def test_a_service_that_was_started() -> None:
    service = live.service_of(properties())
    assert (service.active, service.enabled, service.main_pid) == (True, True, 42)
    assert (service.started, service.reloaded) == (200.0, 0.0)
    assert service.clock == pytest.approx(1769853600.5 - 200.5)


def test_a_service_that_was_reloaded() -> None:
    assert live.service_of(properties(StateChangeTimestampMonotonic="300000000")).reloaded == 300.0
    reloading = live.service_of(properties(StateChangeTimestampMonotonic="300000000", ActiveState="reloading"))
    assert (reloading.active, reloading.reloaded) == (True, 0.0)


@pytest.mark.parametrize("state", ["inactive", "failed", "activating", "deactivating"])
def test_a_service_that_does_not_run(state: str) -> None:
    service = live.service_of(properties(ActiveState=state, StateChangeTimestampMonotonic="300000000"))
    assert (service.active, service.reloaded) == (False, 0.0)


def test_an_old_systemd_tells_no_exact_clock() -> None:
    assert live.service_of(properties(StateChangeTimestamp="Sat 2026-01-31 10:00:00 UTC")).clock != 0
    assert not live.service_of({}).active


CLOCK = 1000.0


@pytest.mark.parametrize(
    ("changed", "started", "reloaded", "loaded"),
    [
        (1099.0, 100.0, 0.0, True),  # before the start
        (1099.995, 100.0, 0.0, False),  # too close to it to tell
        (1101.0, 100.0, 0.0, False),  # after it
        (1101.0, 100.0, 102.0, True),  # before the reload
        (1101.95, 100.0, 102.0, False),  # while the signal was under way, perhaps
        (1103.0, 100.0, 102.0, False),  # after it
        (1099.0, 0.0, 0.0, False),  # nothing known
    ],
)
def test_times(changed: float, started: float, reloaded: float, loaded: bool) -> None:
    service = live.Service(True, True, 42, started, reloaded)
    assert info.time_says_loaded(changed, service, CLOCK) is loaded


CONF = """\
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    priority 100
    authentication {
        auth_type PASS
        auth_pass hunter2
    }
    virtual_ipaddress {
        10.9.0.100/24
        10.9.0.101
    }
    virtual_ipaddress_excluded {
        fd00::5/64
    }
    track_script {
        chk
    }
}
vrrp_script chk {
    script "/bin/check -a"
}
SSL {
    password swordfish
}
strange { key 00112233 }
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF)
    os.utime(path, (0, 0))
    return path


def judge(conf: Path, monkeypatch: pytest.MonkeyPatch, running: list[dict[str, Any]] | None, **more: Any) -> str:
    monkeypatch.setattr(live, "config_of", lambda pid: more.get("used", str(conf)))
    reading = read_configuration(str(conf))
    clock = time.time() - time.monotonic()
    service = live.Service(more.get("active", True), True, 42, time.monotonic() + 60, 0.0, more.get("clock", clock))
    return info.why_not_loaded(
        str(conf),
        reading,
        service,
        running,
        info.configuration(reading.document),
        info.unknown_options(reading.document),
    )


def running(**changes: Any) -> list[dict[str, Any]]:
    return [dict(live.instances_of(DUMP)[0], **changes)]


def test_loaded_needs_every_witness(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(conf, monkeypatch, running()) == ""
    assert judge(conf, monkeypatch, None) == ""
    assert "not running" in judge(conf, monkeypatch, running(), active=False)
    assert "uses /other" in judge(conf, monkeypatch, running(), used="/other")
    assert "not known which file" in judge(conf, monkeypatch, running(), used=None)
    assert "clock was set" in judge(conf, monkeypatch, running(), clock=12.0)
    assert "priority 90" in judge(conf, monkeypatch, running(priority=90))
    assert "virtual_router_id 7" in judge(conf, monkeypatch, running(virtual_router_id=7))
    assert "other addresses" in judge(conf, monkeypatch, running(addresses=["10.9.0.100/24"]))
    assert "no instance A" in judge(conf, monkeypatch, [])
    assert "still has the instance B" in judge(conf, monkeypatch, live.instances_of(DUMP))


def test_no_file_is_not_loaded(tmp_path: Path) -> None:
    service = live.Service(True, True, 42, 1.0, 0.0)
    assert "no configuration" in info.why_not_loaded(
        str(tmp_path / "no"), read_configuration(str(tmp_path / "no")), service, None, {}
    )


class Recorded(System):
    """The programs of a host."""

    def __init__(self, **programs: str) -> None:
        self.programs = programs

    def which(self, name: str) -> str | None:
        return name if name in self.programs else None

    def run(self, argv: Any, **_: Any) -> Completed:
        return Completed(0, "", self.programs[argv[0]], False)


def test_a_host_without_keepalived(tmp_path: Path) -> None:
    found = info.info({"path": str(tmp_path / "keepalived.conf"), "live": True}, Recorded(), False)
    assert (found["installed"], found["version"], found["active"], found["loaded"]) == (False, "", False, False)
    assert (found["exists"], found["files"], found["configuration"]) == (False, [], {})
    assert (found["instances"], found["vips"], found["changed"]) == ([], [], False)


def test_a_host_where_keepalived_rests(conf: Path) -> None:
    system = Recorded(keepalived="Keepalived v2.2.7 (01/16,2022)\n")
    found = info.info({"path": str(conf), "live": True}, system, False)
    assert (found["installed"], found["version"]) == (True, "2.2.7")
    assert [vip["address"] for vip in found["vips"]] == ["10.9.0.100/24", "10.9.0.101/32", "fd00::5/64"]
    assert not any(vip["held"] for vip in found["vips"])


def test_the_configuration_has_no_secrets(conf: Path) -> None:
    found = info.info({"path": str(conf), "live": False}, Recorded(), False)
    values = found["configuration"]
    assert "hunter2" not in str(values)
    assert "swordfish" not in str(values)
    assert "00112233" not in str(values)
    assert values["instances"][0]["authentication"] == {"auth_type": "PASS"}
    assert found["withheld"] == ["instances[0].authentication.auth_pass", "ssl.password"]
    assert values["scripts"] == [{"name": "chk", "script": "/bin/check -a"}]
    assert values["other"][0].startswith("strange {")


def test_the_kernel_tells_where_its_addresses_are() -> None:
    assert LocalAddress("127.0.0.1", 8, "lo") in local_addresses()


def test_an_address_on_loopback_is_not_held() -> None:
    local = [LocalAddress(f"10.0.0.{last}", 32, name) for last, name in ((1, "lo"), (2, "lo"), (2, "eth0"))]
    assert [held(one, "eth0", local) for one in ("10.0.0.1", "10.0.0.2", "10.0.0.3")] == [False, True, False]
    assert held("10.0.0.1", "lo", local)


def test_a_running_process_tells_its_arguments() -> None:
    assert live.config_of(os.getpid()) is not None
    assert live.config_of(2**22 + 1) is None


def test_a_process_that_gives_no_dump(tmp_path: Path) -> None:
    assert live.dump(2**22 + 1) is None
