# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bin/bootstrap.sh gives to the parts of bin/test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[3] / "bin/bootstrap.sh"
#: Says who it is, its number among the processes it sees, which programs it finds, and whether it may what root may
PROGRAM = """
import os, shutil
print(os.getuid(), os.getpid(), shutil.which("sh"), os.listdir("/usr/sbin"))
try:
    os.chroot("/")
except PermissionError:
    print("no rights")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="gives up root's rights")
def test_a_plain_user_has_no_rights_and_finds_nothing():
    script = f'. {BOOTSTRAP}; as_plain_user "$@"'
    ended = subprocess.run(["bash", "-c", script, "-", sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert ended.stdout == "1000 1 None []\nno rights\n", ended.stderr
