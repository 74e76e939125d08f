# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that runs on a target can be imported by the oldest Python we promise, where this machine has one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import ansible
import pytest

OLDEST = "python3.9"
ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.k8s_edge.ha.plugins"

#: Imports each name it is given on a path of two folders, and says which could not be.
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


def test_the_oldest_python_imports_everything(collection_root):
    try:
        subprocess.run([OLDEST, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no {OLDEST} here; ruff checks the syntax for it anyway")
    site = str(Path(ansible.__file__).parents[1])
    ended = subprocess.run(
        [OLDEST, "-B", "-c", PROGRAM, str(collection_root), site, *names()], capture_output=True, text=True, check=True
    )
    assert ended.stdout == ""
