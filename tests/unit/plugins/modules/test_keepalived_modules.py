# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keepalived state modules as processes of their own: create, modify, delete; each again, and in check mode."""

from __future__ import annotations

import concurrent.futures
import os
from pathlib import Path
from typing import Any, Callable

import pytest

INSTANCE = {
    "name": "VI_1",
    "initial_state": "BACKUP",
    "interface": "lo",
    "virtual_router_id": 51,
    "priority": 100,
    "authentication": {"auth_type": "PASS", "auth_pass": "hunter2"},
    "virtual_ipaddress": [{"address": "10.9.0.100/24"}],
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "keepalived.conf"
    path.write_text("# by hand\nglobal_defs {\n    router_id me   # note\n}\n")
    path.chmod(0o604)
    return path


def test_create_modify_delete(run_module_process: Callable[..., Any], conf: Path) -> None:
    original = conf.read_bytes()
    stages = [
        (INSTANCE, "add vrrp_instance VI_1", "reload"),
        ({"name": "VI_1", "priority": 90}, "vrrp_instance VI_1: priority 100 -> 90", "vip_move"),
        ({"name": "VI_1", "state": "absent"}, "remove vrrp_instance VI_1", "vip_move"),
    ]
    for change, step, impact in stages:
        args = dict(change, path=str(conf), validate=False)
        before = conf.read_bytes()
        rehearsed = run_module_process("keepalived_instance", args, check_mode=True)
        assert conf.read_bytes() == before
        done = run_module_process("keepalived_instance", args)
        again = run_module_process("keepalived_instance", args)
        assert (rehearsed.result["changed"], done.result["changed"], again.result["changed"]) == (True, True, False)
        assert rehearsed.result["steps"] == done.result["steps"] == [step]
        assert rehearsed.result["diff"] == done.result["diff"]
        assert (done.result["impact"], again.result["impact"], again.result["steps"]) == (impact, "none", [])
        assert "hunter2" not in str(done.result) + str(rehearsed.result) + done.stderr
    assert conf.read_bytes() == original
    assert conf.stat().st_mode & 0o777 == 0o604
    assert os.listdir(conf.parent) == [conf.name]


def test_a_backup_is_the_file_as_it_was(run_module_process: Callable[..., Any], conf: Path) -> None:
    original = conf.read_bytes()
    args = dict(INSTANCE, path=str(conf), validate=False, backup=True)
    backup = run_module_process("keepalived_instance", args).result["backup_file"]
    assert Path(backup).read_bytes() == original
    assert "backup_file" not in run_module_process("keepalived_instance", args).result


def test_a_file_that_is_not_there_is_made(run_module_process: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "new.conf"
    done = run_module_process("keepalived_config", {"path": str(path), "validate": False, "instances": [INSTANCE]})
    assert done.result["changed"] is True
    assert path.read_text().startswith("vrrp_instance VI_1 {\n    state BACKUP\n")
    gone = run_module_process("keepalived_instance", {"path": str(path) + "2", "name": "x", "state": "absent"})
    assert (gone.result["changed"], os.path.exists(str(path) + "2")) == (False, False)


def test_both_doors_lead_to_the_same_room(run_module_process: Callable[..., Any], tmp_path: Path) -> None:
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    run_module_process("keepalived_instance", dict(INSTANCE, path=str(one), validate=False))
    run_module_process("keepalived_config", {"path": str(two), "validate": False, "instances": [INSTANCE]})
    assert one.read_bytes() == two.read_bytes()


def test_purge_removes_what_the_lists_given_do_not_name(run_module_process: Callable[..., Any], conf: Path) -> None:
    many = [
        dict(INSTANCE, name=f"V{n}", virtual_router_id=n, virtual_ipaddress=[{"address": f"10.9.0.{n}/24"}])
        for n in (1, 2, 3)
    ]
    script = [{"name": "s", "script": "/bin/true"}]
    base = {"path": str(conf), "validate": False}
    run_module_process("keepalived_config", dict(base, instances=many, scripts=script))
    kept = run_module_process("keepalived_config", dict(base, instances=many[:1]))
    assert kept.result["changed"] is False
    purged = run_module_process("keepalived_config", dict(base, instances=many[:1], purge=True))
    assert purged.result["steps"] == ["remove vrrp_instance V2", "remove vrrp_instance V3"]
    assert "vrrp_script s" in conf.read_text()
    assert "router_id me   # note" in conf.read_text()


def test_twenty_runs_at_once_lose_no_update(run_module_process: Callable[..., Any], conf: Path) -> None:
    def add(number: int) -> bool:
        vip = [{"address": f"10.9.0.{number}/24"}]
        args = dict(INSTANCE, name=f"V{number}", virtual_router_id=number, virtual_ipaddress=vip)
        args.update(path=str(conf), validate=False)
        # The last one waits for nineteen: a limit is for hangs.
        return bool(run_module_process("keepalived_instance", args, timeout=300).failed)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert not any(pool.map(add, range(1, 21)))
    assert conf.read_text().count("vrrp_instance V") == 20
