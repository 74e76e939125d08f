# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived would hear of processes, in namespaces where the kernel says no."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import process_events as asked

SAY = f"from {asked.__name__} import process_events; print(process_events())"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
def test_a_network_namespace_of_its_own_hears_nothing(collection_root: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(collection_root)}
    done = subprocess.run(["unshare", "--net", sys.executable, "-c", SAY], capture_output=True, env=environment)
    assert done.stdout.strip() == b"False", done.stderr
