# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package, built and installed as a user would, once per test process."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins/modules").glob("[a-z]*.py"))

#: What a used checkout has lying about, and no package may contain.
LITTER = (
    ".git/config",
    ".mypy_cache/x",
    ".pytest_cache/x",
    ".ruff_cache/x",
    ".hypothesis/x",
    ".ansible/x",
    ".coverage",
    "htmlcov/index.html",
    "k8s_edge-ha-0.0.1.tar.gz",
    "plugins/modules/__pycache__/x.pyc",
    "tests/output/x",
    "venv/bin/python",
)


def run(*argv: str, **environment: str) -> str:
    """A command's standard output; what went wrong is shown when it fails."""
    ended = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **environment})
    assert ended.returncode == 0, f"{' '.join(argv)}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball, built from a checkout with litter in it."""
    used = tmp_path_factory.mktemp("used") / "checkout"
    shutil.copytree(CHECKOUT, used, ignore=shutil.ignore_patterns(".git", "output", "__pycache__"), symlinks=True)
    for name in LITTER:
        (used / name).parent.mkdir(parents=True, exist_ok=True)
        (used / name).write_text("litter")
    built = tmp_path_factory.mktemp("built")
    run("ansible-galaxy", "collection", "build", "--output-path", str(built), str(used))
    (tarball,) = built.glob("*.tar.gz")
    return tarball


@pytest.fixture(scope="session")
def packed(package: Path) -> set[str]:
    with tarfile.open(package) as archive:
        return {member.name for member in archive.getmembers() if member.isfile()}


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path that has only our package."""
    root = tmp_path_factory.mktemp("installed")
    run(
        *("ansible-galaxy", "collection", "install", "--offline", "--collections-path", str(root), str(package)),
        ANSIBLE_COLLECTIONS_PATH=str(root),
    )
    return root
