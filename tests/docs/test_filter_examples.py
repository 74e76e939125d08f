# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of a filter over an inventory runs as it is written, on an inventory whose hosts were read."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import CHECKOUT, run

FILTERS = (
    "cluster_side",
    "edge_fleet",
    "edge_status",
    "edge_verification",
    "etc_hosts_lines",
    "host_part",
    "preflight_findings",
    "preflight_options",
    "variable_faults",
    "vip_endpoints",
)
VIP = {"name": "kubeapi", "addresses": ["192.0.2.10/24"], "port": 6443, "leads_to": "kube"}


def examples(name: str) -> list[dict]:
    for node in ast.parse((CHECKOUT / f"plugins/filter/{name}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{name} has no example")


def inventory() -> dict:
    def host(number: int) -> dict:
        address = {"interface": "eth0", "address": f"192.0.2.{number}/24", "secondary": False, "deprecated": False}
        before = {"active": True, "loaded": True, "configuration": {}, "addresses": [address]}
        return {"ansible_host": f"192.0.2.{number}", "k8s_edge_before": before, "k8s_edge_read": True}

    groups = {
        "haproxy": {"hosts": {f"haproxy-{number}": host(number) for number in (1, 2)}},
        "kube": {"hosts": {"kube-1": {"ansible_host": "192.0.2.21"}}},
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "k8s_edge_vips": [VIP],
        "haproxy_kube_verify": False,
    }
    return {"all": {"children": groups, "vars": variables}}


@pytest.mark.parametrize("name", FILTERS)
def test_examples_run_as_they_are_written(name: str, tmp_path: Path, installed: Path) -> None:
    tasks = examples(name)
    assert f"k8s_edge.ha.{name}" in json.dumps(tasks)
    (tmp_path / "hosts.yml").write_text(json.dumps(inventory()))
    play = [{"hosts": "haproxy-1", "gather_facts": False, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    words = ["ansible-playbook", "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "play.yml")]
    run(*words, ANSIBLE_COLLECTIONS_PATH=str(installed))
