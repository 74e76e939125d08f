# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands: argument lists, time limits, and nothing left running."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def test_output_and_code_come_back():
    done = System().run(["sh", "-c", "cat; echo bad >&2; exit 3"], timeout=10, stdin="good")
    assert done == (3, "good", "bad\n", False)


def test_the_locale_is_c():
    assert System().run(["sh", "-c", "echo $LC_ALL"], timeout=10).stdout == "C\n"


def test_a_time_limit_ends_the_command_and_its_children(tmp_path):
    pid_file = tmp_path / "pid"
    done = System().run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], timeout=0.5)
    assert done.timed_out and done.rc == -9
    child = int(pid_file.read_text())
    for _attempt in range(100):
        if not _alive(child):
            return
        time.sleep(0.02)
    pytest.fail("the command's child outlived it")


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_sigterm_to_its_own_group_does_not_end_a_command_that_ignores_it():
    script = "import os, signal; os.killpg(0, signal.SIGTERM); print('alive')"
    argv = ["python3", "-c", script]
    assert System().run(argv, timeout=10, ignore_sigterm=True).stdout == "alive\n"
    assert System().run(argv, timeout=10).rc == -15


def test_a_command_is_found_on_path_before_sbin(tmp_path, monkeypatch):
    fake = tmp_path / "mount"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin")
    assert System().which("mount") == str(fake)
    fake.chmod(0o644)
    assert System().which("mount") != str(fake)
    assert System().which("no-such-command-at-all") is None
