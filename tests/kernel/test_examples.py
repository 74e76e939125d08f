# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the IPVS modules, through their front door, twice: the second time without change."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml

MODULES = Path(__file__).resolve().parents[2] / "plugins/modules"
FACT = "{{ ansible_facts['default_ipv4']['interface'] }}"


def tasks(module):
    for node in ast.parse((MODULES / f"{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            found = [task.get(f"k8s_edge.ha.{module}") for task in yaml.safe_load(ast.literal_eval(node.value))]
            return json.loads(json.dumps([task for task in found if task]).replace(FACT, "lo"))
    raise AssertionError(f"{module} has no examples")


@pytest.mark.parametrize("module", ["ipvs_config", "ipvs_virtual_server"])
def test_every_example_twice(run_module_process, module):
    for number, args in enumerate(tasks(module)):
        for already in (False, True):
            said = run_module_process(module, args, check_mode=True)
            done = run_module_process(module, args)
            assert not said.failed and not done.failed, (number, said.result, done.result)
            assert said.result["changed"] == done.result["changed"] == (not already), (number, done.result)
            assert said.result["steps"] == done.result["steps"]
    read = run_module_process("ipvs_info", {"statistics": True})
    assert not read.failed and read.result["available"]
