# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible itself, and a stand-in for the API of a cluster that it can talk to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


def pytest_collection_modifyitems(items):
    """What takes the longest begins, so that in the end no processor is left with it while the others have nothing."""
    items.sort(key=lambda item: Path(__file__).parent not in item.path.parents)


@pytest.fixture(scope="module", autouse=True)
def _not_measured():
    """Coverage is for tests that call the plugins themselves: in ansible-playbook it costs a third of the time."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [each for each in os.environ if each.startswith("COVERAGE_PROCESS_")]:
            environment.delenv(name)
        yield


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    """That of a stand-in with one node, edge-1, which serves while the file is there."""
    path = tmp_path_factory.mktemp("api") / "kubeconfig"
    server = subprocess.Popen([sys.executable, CHECKOUT / "tests" / "kube_api.py", path, "1"])
    while not path.exists():
        assert server.poll() is None
        time.sleep(0.05)
    yield path
    path.unlink()
    server.wait()


@pytest.fixture
def ansible_playbook(tmp_path, collection_root):
    """Run it with nobody's credentials but those that are given, and see it end well, or fail, or (None) either way;
    what it said."""
    pytest.importorskip("kubernetes", reason="needs the Python package kubernetes, which kubernetes.core talks with")

    def run(*arguments, fails=False, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("K8S_", "KUBE"))}
        known = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
        ended = subprocess.run(
            [sys.executable, "-m", "ansible.cli.playbook", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={
                **inherited,
                "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(collection_root), *([known] if known else [])]),
                "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
                "HOME": str(tmp_path),
                **environment,
            },
        )
        assert fails in (None, bool(ended.returncode)), ended.stdout + ended.stderr
        return ended.stdout

    return run
