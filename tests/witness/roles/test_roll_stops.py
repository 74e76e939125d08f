# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one host of the roll fails: those beside it go on to the end, and no other one is begun.

The play of playbooks/site.yml itself, with a stand-in for what it does to a host: to say its name, and to fail or not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

SITE = Path(__file__).resolve().parents[3] / "playbooks" / "site.yml"
BATCHES = [["oslo-1b", "oslo-2b"], ["oslo-1a", "oslo-2a"], ["oslo-3b"], ["oslo-3a"]]


def roll(directory, broken, plays):
    """The play of the members as a playbook of its own, and a play after it."""
    (play,) = [each for each in plays if "k8s_edge_batch" in (each.get("vars") or {})]
    block = next(task for task in play["tasks"] if "block" in task)
    note = {"name": "Begin", "ansible.builtin.debug": {"msg": "begun: {{ inventory_hostname }}"}}
    fails = {"name": "Change", "ansible.builtin.fail": {"msg": "no"}, "when": f"inventory_hostname in {broken}"}
    ends = {"name": "End", "ansible.builtin.debug": {"msg": "ended: {{ inventory_hostname }}"}}
    block["block"] = [note, fails, ends]
    play["tasks"] = [
        each for each in play["tasks"] if "k8s_edge_differs" not in str(each) and "import" not in str(each)
    ]
    play.update(become=False, connection="local")
    fleet = {"roll": {"members": [host for batch in BATCHES for host in batch], "batches": BATCHES}, "hosts": {}}
    begin = {"hosts": "localhost", "gather_facts": False, "tasks": [{"set_fact": {"k8s_edge_fleet": fleet}}]}
    last = {"hosts": "localhost", "gather_facts": False, "tasks": [{"debug": {"msg": "the play after it"}}]}
    path = directory / "roll.json"
    path.write_text(json.dumps([begin, play, last]))
    return path


@pytest.mark.parametrize(
    ("broken", "begun"),
    [
        ([], ["oslo-1b", "oslo-2b", "oslo-1a", "oslo-2a", "oslo-3b", "oslo-3a"]),
        (["oslo-2a"], ["oslo-1b", "oslo-2b", "oslo-1a", "oslo-2a"]),
        (["oslo-3b"], ["oslo-1b", "oslo-2b", "oslo-1a", "oslo-2a", "oslo-3b"]),
    ],
)
def test_hosts_beside_one_that_fails_are_finished_and_no_other_is_begun(ansible_playbook, tmp_path, broken, begun):
    hosts = {host: {"k8s_edge_plan": {}} for batch in BATCHES for host in batch}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    playbook = roll(tmp_path, broken, yaml.safe_load(SITE.read_text()))
    said = ansible_playbook("-i", tmp_path / "inventory.json", playbook, fails=bool(broken))
    # Two that are side by side say their names in either order.
    assert sorted(re.findall(r"begun: ([\w-]+)", said)) == sorted(begun)
    assert sorted(re.findall(r"ended: ([\w-]+)", said)) == sorted(set(begun) - set(broken))
    assert ("the play after it" in said) == (not broken)
    left = [host for batch in BATCHES for host in batch if host not in begun]
    if broken:
        assert f"{broken[0]} could not be configured" in said
        assert f"Not changed: {', '.join(left) or 'no host'}." in " ".join(said.split())
    for beside in next((set(batch) - set(broken) for batch in BATCHES if set(batch) & set(broken)), set()):
        assert f"{beside} is finished and healthy" in said
