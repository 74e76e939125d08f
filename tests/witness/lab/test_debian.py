# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab import debian
from lab.command import LabError

_MOUNT_AND_DIE = 'mkdir -p "$1/shm" && mount -t tmpfs ours "$1/shm" && echo mounted && kill -KILL $$'


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount")
def test_a_build_that_is_killed_leaves_no_mounts(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="mounted"):
        debian.make(["sh", "-c", _MOUNT_AND_DIE, "sh"], tmp_path / "root", tmp_path / "log")
    assert (tmp_path / "root" / "shm").is_dir()
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
