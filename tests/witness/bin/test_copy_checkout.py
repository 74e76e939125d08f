# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy that Ansible sees has what git has and what is new, and loses what is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "bin/copy_checkout.py"


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "checkout"
    (root / "plugins").mkdir(parents=True)
    (root / "plugins/tracked.py").write_text("tracked\n")
    (root / "new").write_text("not added yet\n")
    (root / ".gitignore").write_text("ignored\n")
    (root / "ignored").write_text("not for Ansible\n")
    for arguments in (["init", "-q"], ["add", "plugins", ".gitignore"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


@pytest.fixture
def copy(checkout, tmp_path):
    target = tmp_path / "copy/ansible_collections/k8s_edge/ha"

    def synchronise():
        subprocess.run([sys.executable, SCRIPT, checkout, target], check=True)
        return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())

    synchronise.target = target
    return synchronise


def test_tracked_and_new_files_are_copied_and_ignored_ones_are_not(copy):
    assert copy() == [".gitignore", "new", "plugins/tracked.py"]


def test_a_changed_file_is_copied_again_and_others_are_not_written(checkout, copy):
    copy()
    before = os.stat(copy.target / "new").st_ino
    (checkout / "plugins/tracked.py").write_text("changed\n")
    copy()
    assert (copy.target / "plugins/tracked.py").read_text() == "changed\n"
    assert os.stat(copy.target / "new").st_ino == before


def test_what_is_gone_goes_and_what_tools_left_stays(checkout, copy):
    copy()
    (copy.target / "tests/output").mkdir(parents=True)
    (copy.target / "tests/output/report").write_text("a tool's\n")
    (checkout / "plugins/tracked.py").unlink()
    assert copy() == [".gitignore", "new", "tests/output/report"]
    assert not (copy.target / "plugins").exists()


def test_modes_and_links_come_along(checkout, copy):
    (checkout / "new").chmod(0o755)
    (checkout / "link").symlink_to("new")
    copy()
    assert os.access(copy.target / "new", os.X_OK)
    assert os.readlink(copy.target / "link") == "new"
