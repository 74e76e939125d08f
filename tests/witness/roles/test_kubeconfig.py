# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubernetes_info finds a kubeconfig as the modules of kubernetes.core do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

#: Nobody answers there, which is what is told where the kubeconfig was read.
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "it",
    "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    "clusters": [{"name": "it", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "it", "user": {}}],
}
PLAY = {
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [{"k8s_edge.ha.kubernetes_info": {"kubeconfig": "it.yml", "queries": [{"kind": "Node"}]}}],
}


@pytest.fixture
def asked(tmp_path, ansible_playbook):
    (tmp_path / "play.yml").write_text(yaml.safe_dump([PLAY]))
    variables = {"ansible_python_interpreter": sys.executable}
    return lambda *more: ansible_playbook("play.yml", "-e", json.dumps(variables), *more, fails=True)


def test_one_that_is_not_there_is_named(asked):
    told = asked()
    assert "kubeconfig: Could not find or access 'it.yml'" in told


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "in a vault"])
def test_one_is_found_beside_the_playbook(asked, tmp_path, encrypted):
    file, password = tmp_path / "files" / "it.yml", tmp_path / "password"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(KUBECONFIG))
    password.write_text("word")
    given = ["--vault-password-file", str(password)]
    if encrypted:
        subprocess.run([sys.executable, "-m", "ansible.cli.vault", "encrypt", *given, str(file)], check=True)
        assert "it.yml" not in file.read_text()
    assert "127.0.0.1" in asked(*given)
