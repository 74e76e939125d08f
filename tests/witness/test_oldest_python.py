# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that runs on a target can be imported by the oldest Python we promise, and works with it, where this
machine has one (bin/test brings one)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import ansible
import pytest

OLDEST = "python3.9"
ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.k8s_edge.ha.plugins"

#: Imports each name it is given on a path of two directories, and says which could not be.
PROGRAM = """
import importlib, sys
sys.path[:0] = sys.argv[1:3]
for name in sys.argv[3:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, type(error).__name__, error)
"""


def names() -> list[str]:
    found = [path for part in ("module_utils", "modules") for path in (ROOT / "plugins" / part).rglob("*.py")]
    return sorted(".".join([PACKAGE, *path.relative_to(ROOT / "plugins").with_suffix("").parts]) for path in found)


@pytest.fixture(scope="module", autouse=True)
def _oldest_python():
    try:
        subprocess.run([OLDEST, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no {OLDEST} in PATH; ruff checks the syntax for it anyway")


@pytest.fixture
def search(collection_root):
    """The directories that the oldest Python finds ansible-core and this collection in."""
    return [str(collection_root), str(Path(ansible.__file__).parents[1])]


def test_the_oldest_python_imports_everything(search):
    ended = subprocess.run([OLDEST, "-B", "-c", PROGRAM, *search, *names()], capture_output=True, text=True, check=True)
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("module", "options", "line"),
    [
        (
            "haproxy_backend",
            {"name": "kubeapi", "servers": [{"name": "a", "address": "192.0.2.1", "port": 6443}], "runtime": "never"},
            "server a 192.0.2.1:6443",
        ),
        (
            "keepalived_instance",
            {
                "name": "VI_1",
                "interface": "lo",
                "virtual_router_id": 51,
                "virtual_ipaddress": [{"address": "192.0.2.9/24"}],
            },
            "virtual_router_id 51",
        ),
    ],
)
def test_the_oldest_python_changes_a_file_and_then_nothing(search, tmp_path, module, options, line):
    path = tmp_path / "daemon.conf"
    path.write_text("# mine\n")
    given = {**options, "path": str(path), "validate": False, "_ansible_diff": True}
    command = [OLDEST, "-B", "-m", f"{PACKAGE}.modules.{module}"]
    answers = []
    for _run in range(2):
        ended = subprocess.run(
            command,
            input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
            env={**os.environ, "PYTHONPATH": ":".join(search)},
            capture_output=True,
            text=True,
        )
        assert ended.stdout, ended.stderr
        answers.append(json.loads(ended.stdout))
    assert [answer.get("changed") for answer in answers] == [True, False], answers
    assert line in path.read_text() and path.read_text().startswith("# mine\n")
