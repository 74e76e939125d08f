# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on loopback, on a real kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
@pytest.mark.skipif(not (shutil.which("systemctl") and shutil.which("ip")), reason="no systemctl or no ip here")
def test_a_real_kernel_takes_and_gives_back_both_families(tmp_path: Path) -> None:
    """In a network namespace, with the real ip, and the real systemctl on a directory of the test's own."""
    script = textwrap.dedent(
        """
        import subprocess, sys
        sys.path[:0] = sys.argv[1].split(":")
        from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.action import apply
        from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
        class Host(System):
            def which(self, name):
                return sys.argv[2] + "/systemctl" if name == "systemctl" else super().which(name)
        def bring(*addresses):
            return apply({"name": "edge", "addresses": addresses, "state": "present"}, Host(), False, sys.argv[2])
        def shown():
            return subprocess.run(["ip", "-br", "address", "show", "lo"], capture_output=True, text=True).stdout
        begin = shown()
        print(bring("10.9.0.1/32", "fd00::9/128")["steps"], shown())
        details = subprocess.run(["ip", "address", "show", "lo"], capture_output=True, text=True).stdout
        print("deprecated" in details.partition("fd00::9")[2].partition("valid")[0])
        bring()
        print(shown() == begin)
        """
    )
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\nexec systemctl --root={tmp_path} "$@"\n')
    (tmp_path / "systemctl").chmod(0o755)
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    ended = subprocess.run(
        [*alone, sys.executable, "-c", script, ":".join(sys.path), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("no network namespace of its own here")
    assert ended.returncode == 0, ended.stderr
    first, deprecated, back = ended.stdout.strip().splitlines()[0], *ended.stdout.strip().splitlines()[-2:]
    assert "10.9.0.1/32" in first and "fd00::9/128" in first, ended
    assert (deprecated, back) == ("True", "True"), ended
