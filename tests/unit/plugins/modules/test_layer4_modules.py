# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of layer 4 beside IPVS itself, as processes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

SERVICE = {
    "protocol": "tcp",
    "address": "10.9.0.120",
    "port": 80,
    "scheduler": "wlc",
    "forwarding_method": "dr",
    "real_servers": [{"address": "10.9.0.21", "weight": 1}, {"address": "10.9.0.22", "weight": 1}],
}
KEY = {name: SERVICE[name] for name in ("protocol", "address", "port")}


def test_a_virtual_server_is_created_modified_and_deleted(
    run_module_process: Callable[..., Any], tmp_path: Path
) -> None:
    conf = tmp_path / "keepalived.conf"
    conf.write_text("# by hand\nglobal_defs {\n    router_id me   # note\n}\n")
    original = conf.read_bytes()
    one = [{"address": "10.9.0.22", "weight": 0}]
    stages = [
        (SERVICE, "add virtual_server 10.9.0.120 80"),
        ({**KEY, "real_servers": one}, "virtual_server 10.9.0.120 80: real_server 10.9.0.22 80: weight 1 -> 0"),
        ({**KEY, "scheduler": "rr"}, "virtual_server 10.9.0.120 80: lb_algo wlc -> rr"),
        (
            {**KEY, "real_servers": one, "purge_real_servers": True},
            "virtual_server 10.9.0.120 80: remove real_server 10.9.0.21 80",
        ),
        ({**KEY, "state": "absent"}, "remove virtual_server 10.9.0.120 80"),
    ]
    for change, step in stages:
        args = dict(change, path=str(conf), validate=False)
        before = conf.read_bytes()
        rehearsed = run_module_process("keepalived_virtual_server", args, check_mode=True)
        assert conf.read_bytes() == before
        done = run_module_process("keepalived_virtual_server", args)
        again = run_module_process("keepalived_virtual_server", args)
        assert (rehearsed.result["changed"], done.result["changed"], again.result["changed"]) == (True, True, False)
        assert rehearsed.result["steps"] == done.result["steps"] == [step]
        assert rehearsed.result["diff"] == done.result["diff"]
        assert (done.result["impact"], again.result["impact"]) == ("reload", "none")
    assert conf.read_bytes() == original


def test_both_doors_lead_to_the_same_room(run_module_process: Callable[..., Any], tmp_path: Path) -> None:
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    servers = [{"address": f"10.9.0.2{n}", "port": 80, "weight": 1} for n in (1, 2)]
    native = {"protocol": "TCP", "address": "10.9.0.120", "port": 80, "lb_algo": "wlc", "lb_kind": "DR"}
    run_module_process("keepalived_virtual_server", dict(SERVICE, path=str(one), validate=False))
    whole = {"path": str(two), "validate": False, "virtual_servers": [{**native, "real_servers": servers}]}
    run_module_process("keepalived_config", whole)
    assert one.read_text() == two.read_text() != ""


def test_what_is_wrong_is_told_all_at_once_and_nothing_is_written(
    run_module_process: Callable[..., Any], tmp_path: Path
) -> None:
    conf = tmp_path / "keepalived.conf"
    wrong = {
        **SERVICE,
        "flags": ["ops"],
        "real_servers": [{"address": "fd00::1"}, {"address": "10.9.0.22", "port": 81}],
    }
    ended = run_module_process("keepalived_virtual_server", dict(wrong, path=str(conf), validate=False))
    assert ended.failed and not conf.exists()
    for words in ("it needs UDP", "is not of the virtual server's family", "Give the same port, or use NAT"):
        assert words in ended.result["msg"]


def test_an_address_with_a_network_is_refused_before_anything_is_touched(
    run_module_process: Callable[..., Any],
) -> None:
    ended = run_module_process("loopback_addresses", {"name": "test", "addresses": ["10.9.0.120/24"]})
    assert ended.failed and "Write 10.9.0.120/32." in ended.result["msg"]


def test_a_host_without_kube_proxy_has_no_faults(run_module_process: Callable[..., Any]) -> None:
    said = run_module_process("kube_proxy_info", {"virtual_addresses": ["10.9.0.120"]}).result
    assert said["changed"] is False
    assert said["running"] or said["faults"] == []
