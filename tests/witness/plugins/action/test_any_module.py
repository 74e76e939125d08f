# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of our tasks, in the worker of a real ansible-playbook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_worker_does_not_walk_through_the_controllers_memory(tmp_path):
    tasks = [{"k8s_edge.ha.keepalived_info": {"path": str(tmp_path / "none")}}, {"ansible.builtin.ping": {}}]
    play = str(tmp_path / "play.json")
    Path(play).write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    program = f"""
import gc
from ansible.plugins import action
pack = action.modify_module
def watched(**options):
    with open({str(tmp_path / "told")!r}, "a") as told:
        print(options["module_name"], gc.get_threshold()[0] > 10_000, gc.get_freeze_count() > 10_000, file=told)
    return pack(**options)
action.modify_module = watched
from ansible.cli.playbook import main
main("ansible-playbook -i localhost, -c local -e ansible_python_interpreter={sys.executable}".split() + [{play!r}])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "told").read_text().splitlines() == [
        "k8s_edge.ha.keepalived_info True True",
        "ansible.builtin.ping False False",
    ]
