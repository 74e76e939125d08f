# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of every module is run: one after the other on one file, each twice, the second time without change."""

from __future__ import annotations

import ast

import pytest
import yaml

from .conftest import CHECKOUT, MODULES

#: A file as a person may have it before our first task. The names in the examples are not in it.
BEFORE = {
    "haproxy": "global\n    maxconn 2000\n\ndefaults\n    timeout connect 5s\n    timeout client 1m\n    timeout server 1m\n",
    "keepalived": "global_defs {\n    router_id lvs\n}\n",
}


def examples(module: str) -> list[dict]:
    for node in ast.parse((CHECKOUT / f"plugins/modules/{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no examples")


def tasks(module: str) -> list[dict]:
    full = f"k8s_edge.ha.{module}"
    return [{"args": task[full] or {}, "name": task["name"]} for task in examples(module) if full in task]


def literal(task: dict) -> bool:
    """Whether the task can be run without an inventory."""
    return "{{" not in str(task["args"])


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("_info")])
def test_examples_do_what_they_say_once(module, run_module_process, tmp_path):
    path = tmp_path / "daemon.cfg"
    path.write_text(BEFORE[module.partition("_")[0]])
    run = [task for task in tasks(module) if literal(task)]
    assert run, "no example can be run"
    for task in run:
        args = {**task["args"], "path": str(path), "validate": False}
        first = run_module_process(module, args)
        assert not first.failed, (task["name"], first.result.get("msg"), first.stderr)
        bytes_after = path.read_bytes()
        again = run_module_process(module, args)
        assert not again.failed and not again.result["changed"], (task["name"], again.result)
        assert again.result["steps"] == [] and again.result["impact"] == "none"
        assert path.read_bytes() == bytes_after
    assert path.read_text() != BEFORE[module.partition("_")[0]] or len(run) > 1


@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith("_info")])
def test_examples_read_only(module, run_module_process):
    for task in filter(literal, tasks(module)):
        read = run_module_process(module, task["args"])
        assert not read.failed and not read.result["changed"], (task["name"], read.result)
