# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has installed the collection has a project of his own, without our checkout: the README's commands run there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest

from .conftest import CHECKOUT, run

README = (CHECKOUT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"ansible-playbook -i inventory k8s_edge[^`\n]*", README)))
PLAYBOOKS = sorted(path.stem for path in (CHECKOUT / "playbooks").glob("*.yml"))
VIPS = [
    textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n( *k8s_edge_vips:\n.*?)^ *```", README, re.M | re.S)
]
INVENTORY = """
[haproxy]
lb1.example.com ansible_host=192.0.2.8
lb2.example.com ansible_host=192.0.2.9

[kube_control_plane]
kube1.example.com ansible_host=192.0.2.11

[all:vars]
ansible_connection=local
ansible_become=false
"""
DECLARED = """
k8s_edge_vips:
  - {name: kubeapi, addresses: [192.0.2.10/33], port: 6443, hosts: haproxy, leads_to: kube_control_plane}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An inventory in INI with fully qualified names, and a VIP whose prefix is wrong."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts").write_text(INVENTORY)
    (tmp_path / "inventory" / "group_vars").mkdir()
    (tmp_path / "inventory" / "group_vars" / "all.yml").write_text(DECLARED)
    return tmp_path


def test_the_readme_names_every_playbook_as_it_is_called_when_installed() -> None:
    assert [name for name in PLAYBOOKS if f"k8s_edge.ha.{name}`" not in README and f"`{name}`" not in README] == []
    assert "ansible-playbook" in README
    assert not re.search(r"ansible-playbook[^`\n]*playbooks/", README)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_playbook_is_found_by_its_name(installed: Path, project: Path, name: str) -> None:
    run(
        *("ansible-playbook", "-i", str(project / "inventory"), f"k8s_edge.ha.{name}", "--syntax-check"),
        ANSIBLE_COLLECTIONS_PATH=str(installed),
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_can_be_given(installed: Path, project: Path, command: str) -> None:
    words = [word if word != "inventory" else str(project / "inventory") for word in shlex.split(command)]
    run(*words, "--syntax-check", ANSIBLE_COLLECTIONS_PATH=str(installed))


def test_site_checks_the_declaration_there(installed: Path, project: Path) -> None:
    words = ["ansible-playbook", "-i", str(project / "inventory"), "k8s_edge.ha.site", "--check"]
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "ANSIBLE_NOCOLOR": "1"}
    ended = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment})
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert said.count("'192.0.2.10/33' is not an address") == 1, said
    assert "1 problem(s), listed above. Nothing was changed." in said


@pytest.mark.parametrize("declared", VIPS)
def test_every_declaration_of_the_readme_can_be(installed: Path, project: Path, declared: str) -> None:
    inventory = INVENTORY.replace(
        "[kube_control_plane]", "[edge]\nedge1.example.com\n\n[web]\nweb1.example.com\n\n[kube]"
    )
    (project / "inventory" / "hosts").write_text(inventory)
    (project / "inventory" / "group_vars" / "all.yml").write_text(declared)
    said = "{{ (groups | k8s_edge.ha.edge_fleet(hostvars)).problems }}"
    run(
        *("ansible", "-i", str(project / "inventory"), "lb1.example.com", "-m", "ansible.builtin.assert"),
        *("-a", json.dumps({"that": ["__said == []"], "fail_msg": "{{ __said }}"}), "-e", json.dumps({"__said": said})),
        ANSIBLE_COLLECTIONS_PATH=str(installed),
    )
