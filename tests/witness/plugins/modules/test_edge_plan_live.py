# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan says on a host where daemons are about to come, and on one where they are at work."""

from __future__ import annotations

import shutil
import time

import pytest

FRONTEND = "frontend web\n    bind 127.0.0.1:{front}\n    default_backend b\nbackend b\n    server a 127.0.0.1:{a}\n"


@pytest.fixture
def plan(run_module_process):
    def run(**options):
        return run_module_process("edge_plan", options).result

    return run


KEEPALIVED = """vrrp_instance a {
    interface lo
    virtual_router_id 5
    virtual_ipaddress {
        10.9.9.9/32
    }
}
"""


@pytest.mark.skipif(not shutil.which("keepalived", path="/usr/sbin:/sbin"), reason="needs keepalived")
def test_what_the_plan_brings_is_no_fault_of_the_file(plan, tmp_path):
    path, script = tmp_path / "keepalived.conf", str(tmp_path / "check")
    path.write_text(KEEPALIVED)
    options = {
        "path": str(path),
        "global_defs": {"script_user": "keepalived_of_tests", "enable_script_security": True},
        "scripts": [
            {"name": "check", "script": script, "interval": 1},
            {"name": "other", "script": "/no/such/check", "interval": 1},
        ],
        "instances": [{"name": "a", "track_script": [{"name": "check"}, {"name": "other"}]}],
    }
    told = plan(
        users=["keepalived_of_tests"],
        files=[{"path": script, "content": ""}],
        modules={"keepalived_config": options},
    )
    plane = told["planes"]["keepalived_config"]
    assert (plane["failed"], plane["msg"]) == (False, "")
    said = f"it needs keepalived_of_tests, {script}, which this plan adds, so it could not be checked"
    assert plane["unforeseen"] == [said]
    assert told["unforeseen"] == [f"keepalived_config: {said}"]
    # What it does not bring is told as ever.
    assert any("'/no/such/check' does not exist on this host" in warning for warning in plane["warnings"])
    assert not any(script in warning or "user" in warning for warning in plane["warnings"])
    # What is wrong whatever comes is a failure.
    options["scripts"][0]["user"] = "keepalived_of_tests"
    options["instances"][0]["interface"] = "no_such_link"
    wrong = plan(users=["keepalived_of_tests"], modules={"keepalived_config": options})
    assert wrong["failed_planes"] == ["keepalived_config"]
    assert "Non-existent interface" in wrong["planes"]["keepalived_config"]["msg"]


def haproxy_options(haproxy, **server):
    one = {"name": "a", "address": "127.0.0.1", "port": 1, **server}
    return {"path": str(haproxy.file), "backends": [{"name": "b", "servers": [one], "options": ["tcpka"]}]}


def test_a_ca_that_the_plan_brings_and_one_that_nobody_does(plan, live_haproxy, tmp_path):
    haproxy = live_haproxy(FRONTEND)
    ca = str(tmp_path / "kube-ca.crt")
    modules = {"haproxy_config": haproxy_options(haproxy, ssl=True, verify="required", ca_file=ca)}
    told = plan(files=[{"path": ca, "content": "x"}], modules=modules)
    (said,) = told["planes"]["haproxy_config"]["unforeseen"]
    assert said.startswith(f"it needs {ca}, which this plan adds. Without it: HAProxy refuses")
    assert told["planes"]["haproxy_config"]["changed"]
    assert plan(modules=modules)["failed_planes"] == ["haproxy_config"]
    assert plan(files=[{"path": f"{ca}2", "content": "x"}], modules=modules)["failed_planes"] == ["haproxy_config"]


def test_what_a_reload_leaves_behind(plan, live_haproxy, tmp_path):
    haproxy = live_haproxy("global\n    hard-stop-after 10m\n" + FRONTEND, "-S", str(tmp_path / "master.sock"))
    haproxy.connect(3)
    haproxy.reload()
    haproxy.connect(2)
    time.sleep(1.1)  # a session that is younger than a second is not counted
    told = plan(modules={"haproxy_config": haproxy_options(haproxy)})["planes"]["haproxy_config"]
    assert told["impact"] == "reload"
    assert told["connections"] == {"sessions": 2, "frontends": {"web": 2}, "older_than": 1}
    assert [each["sessions"] for each in told["old_processes"]] == [3]
    assert told["hard_stop_after"] == "10m"
    runtime = plan(modules={"haproxy_config": {**haproxy_options(haproxy), "backends": []}})
    assert "connections" not in runtime["planes"]["haproxy_config"]
