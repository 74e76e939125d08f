# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test that fails leaves no daemon behind. ``sleep`` under a daemon's name stands in for one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

from left_behind import end_daemons


def test_a_daemon_below_another_program_is_ended_and_no_other_program(tmp_path):
    daemon = shutil.copy(shutil.which("sleep"), tmp_path / "haproxy")
    parent = subprocess.Popen(["sh", "-c", f"{daemon} 60 & echo $!; wait; sleep 60"], stdout=subprocess.PIPE, text=True)
    try:
        number = int(parent.stdout.readline())
        assert _eventually(lambda: number in end_daemons(parent.pid))
        assert _eventually(lambda: not os.path.exists(f"/proc/{number}"))
        assert parent.poll() is None
    finally:
        parent.kill()
        parent.wait(10)
        parent.stdout.close()


def test_a_daemon_that_does_not_end_is_killed(tmp_path):
    daemon = shutil.copy(shutil.which("sleep"), tmp_path / "keepalived")
    started = subprocess.Popen([daemon, "60"], preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
    try:
        assert _eventually(lambda: started.pid in end_daemons(os.getpid(), 0.2))
        assert started.wait(10) == -signal.SIGKILL
    finally:
        started.kill()


def _eventually(condition, seconds=10.0):
    """Whether it becomes true: a program has its name only once it was executed."""
    end = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return done
