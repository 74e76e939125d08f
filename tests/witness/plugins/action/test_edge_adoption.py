# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/adopt.yml on a directory, as a person calls it; and Ansible's own reading of what it writes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
CORPUS = ROOT / "tests/corpus"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The files of two hosts, in a directory."""
    for host, name in (("haproxy-1", "master"), ("haproxy-2", "backup")):
        (tmp_path / "old" / host).mkdir(parents=True)
        text = (CORPUS / f"keepalived/seed_haproxy_{name}.conf").read_text()
        secret = "    authentication {\n        auth_type PASS\n        auth_pass 01234567\n    }\n"
        line = next(each for each in text.splitlines(keepends=True) if "virtual_router_id" in each)
        (tmp_path / "old" / host / "keepalived.conf").write_text(text.replace(line, line + secret))
        config = (CORPUS / "haproxy/seed_k8s_api.cfg").read_text()
        (tmp_path / "old" / host / "haproxy.cfg").write_text(
            f'{config}\nfrontend more\n    bind :81\n    log-format "{{{{ x }}}}"\n'
        )
    return tmp_path


def command(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PWD": str(directory), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(directory / "home")}
    found = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    return subprocess.run(found, capture_output=True, text=True, check=False, cwd=directory, env=environment)


def adopt(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    options = ["-e", "k8s_edge_adopt_from=old", "-e", "k8s_edge_adopt_to=new", *words]
    return command(directory, "ansible-playbook", str(ROOT / "playbooks/adopt.yml"), *options)


def test_an_inventory_that_ansible_reads_as_it_was_meant(old: Path) -> None:
    rehearsed = adopt(old, "--check")
    assert rehearsed.returncode == 0, rehearsed.stdout
    assert not (old / "new").exists()
    done = adopt(old)
    assert done.returncode == 0, done.stdout
    assert "its members have other addresses (haproxy-1: 192.168.122.10; haproxy-2: none)" in done.stdout
    assert "01234567" not in done.stdout + rehearsed.stdout
    assert stat.S_IMODE((old / "new/group_vars/haproxy/vault.yml").stat().st_mode) == 0o600
    again = adopt(old)
    assert again.returncode != 0
    assert "exists, and nothing is written over" in again.stdout + again.stderr
    # Templates are resolved by a task only.
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {
                    "ansible.builtin.copy": {
                        "content": "{{ [keepalived_instances, haproxy_frontends, haproxy_listens] | to_json }}",
                        "dest": "{{ playbook_dir }}/{{ inventory_hostname }}.json",
                    },
                    "connection": "local",
                }
            ],
        }
    ]
    (old / "play.yml").write_text(json.dumps(play))
    shown = command(
        old, "ansible-playbook", "-i", "new", "play.yml", "-e", f"ansible_python_interpreter={sys.executable}"
    )
    assert shown.returncode == 0, shown.stdout
    (instance,), frontends, (listen,) = json.loads((old / "haproxy-2.json").read_text())
    assert instance["authentication"]["auth_pass"] == "01234567"
    assert "log-format" in str(frontends[-1]) or "{{ x }}" in str(frontends[-1])
    assert "{{ x }}" in str(frontends[-1])
    assert listen["directives"][-1].endswith("Admin:Password")


def test_what_is_missing_is_named(old: Path) -> None:
    words = [str(ROOT / "playbooks/adopt.yml"), "-e", "k8s_edge_adopt_from=old"]
    found = command(old, "ansible-playbook", *words)
    assert found.returncode != 0
    assert "k8s_edge_adopt_to is missing" in found.stdout + found.stderr
