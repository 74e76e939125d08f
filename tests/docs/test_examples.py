# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of every module is run, twice, the second time without change.

They tell one story, so each finds the file as the one before left it; one that purges begins with a file of its own.
"""

from __future__ import annotations

import ast
import os
import socket
from typing import Any

import pytest
import yaml
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

from .conftest import CHECKOUT, MODULES

#: These write no file: test_runtime_examples.py.
AT_RUN_TIME = [name for name in MODULES if name in ("haproxy_server", "haproxy_rebalance")]
#: This one changes the policy of the whole host, and molecule/selinux has a host for it.
POLICY = [name for name in MODULES if name == "selinux_access"]
#: These change the whole host, and molecule/firewall has hosts for them.
HOST = [name for name in MODULES if name in ("firewall_access", "kernel_settings", "loopback_addresses")]
#: These want a kernel that has IPVS, and tests/kernel has one.
IPVS = [name for name in MODULES if name in ("ipvs_config", "ipvs_virtual_server")]
#: This one only looks, at all planes at once.
PLAN = [name for name in MODULES if name == "edge_plan"]
#: These ask a cluster: tests/unit/plugins/plugin_utils/_cluster and molecule/kubernetes have one.
CLUSTER = [name for name in MODULES if name in ("kubernetes_info", "kubernetes_objects")]
#: This one asks the network.
NETWORK = [name for name in MODULES if name == "vip_probe"]
#: This one listens to it.
LISTENS = [name for name in MODULES if name == "vip_preflight"]
#: A file as a person may have it before our first task. The check script is the only name they share.
BEFORE = {
    "haproxy": "global\n    maxconn 2000\n\ndefaults\n    timeout connect 5s\n    timeout client 1m\n",
    "keepalived": 'global_defs {\n    router_id lvs\n}\nvrrp_script haproxy {\n    script "/bin/true"\n}\n',
}


def examples(module: str) -> list[dict]:
    for node in ast.parse((CHECKOUT / f"plugins/modules/{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no examples")


def rendered(value: Any) -> Any:
    """Templates filled in as they would be on the first host of the group."""
    if isinstance(value, dict):
        return {name: rendered(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rendered(each) for each in value]
    if isinstance(value, str) and "{{" in value:
        environment = NativeEnvironment(undefined=StrictUndefined)
        return environment.from_string(value).render(inventory_hostname="haproxy-1")
    return value


def tasks(module: str) -> list[dict]:
    full = f"k8s_edge.ha.{module}"
    return [{"args": rendered(task[full] or {}), "name": task["name"]} for task in examples(module) if full in task]


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in MODULES
        if not name.endswith("_info")
        and name not in (*AT_RUN_TIME, *POLICY, *HOST, *IPVS, *PLAN, *CLUSTER, *NETWORK, *LISTENS)
    ],
)
def test_examples_do_what_they_say_once(module, run_module_process, tmp_path):
    path = tmp_path / "daemon.cfg"
    before = BEFORE[module.partition("_")[0]]
    path.write_text(before)
    for task in tasks(module):
        if task["args"].get("purge"):
            path.write_text(before)
        args = {**task["args"], "path": str(path), "validate": False}
        first = run_module_process(module, args)
        assert not first.failed, (task["name"], first.result.get("msg"), first.stderr)
        bytes_after = path.read_bytes()
        again = run_module_process(module, args)
        assert not again.failed and not again.result["changed"], (task["name"], again.result)
        assert again.result["steps"] == [] and again.result["impact"] == "none"
        assert path.read_bytes() == bytes_after


@pytest.mark.skipif(os.path.exists("/sys/fs/selinux/enforce"), reason="would change the SELinux policy of this host")
@pytest.mark.parametrize("module", POLICY)
def test_examples_are_accepted_where_there_is_no_policy(module, run_module_process):
    for task in tasks(module):
        ran = run_module_process(module, task["args"])
        assert not ran.failed and not ran.result["changed"], (task["name"], ran.result)


@pytest.mark.parametrize("module", HOST)
def test_examples_of_what_changes_a_host_are_accepted(module, run_module_process):
    for task in tasks(module):
        asked = run_module_process(module, task["args"], check_mode=True)
        assert not asked.failed, (task["name"], asked.result)


@pytest.mark.parametrize("module", PLAN)
def test_examples_of_what_only_plans(module, run_module_process):
    for task in tasks(module):
        told = run_module_process(module, task["args"])
        assert not told.failed and not told.result["changed"], (task["name"], told.result)
        # Who runs this may have no systemd.
        assert set(told.result["failed_planes"]) <= {"units"}, told.result["planes"]


@pytest.mark.parametrize("module", NETWORK)
def test_examples_of_what_asks_the_network(module, run_module_process):
    """With one endpoint on loopback in the place of the inventory's,."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = {"name": "here", "address": "127.0.0.1", "port": listener.getsockname()[1]}
        for task in examples(module):
            (options,) = [value for name, value in task.items() if name.endswith(f".{module}")]
            asked = run_module_process(module, {**options, "endpoints": [here]})
            assert not asked.failed and not asked.result["changed"], (task["name"], asked.result)


@pytest.mark.parametrize("module", LISTENS)
def test_examples_of_what_listens(module, run_module_process):
    for task in tasks(module):
        told = run_module_process(module, task["args"])
        assert not told.failed and not told.result["changed"] and not told.result["deaf"], (task["name"], told.result)


@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith("_info") and name not in CLUSTER])
def test_examples_read_only(module, run_module_process):
    for task in tasks(module):
        read = run_module_process(module, task["args"])
        assert not read.failed and not read.result["changed"], (task["name"], read.result)
