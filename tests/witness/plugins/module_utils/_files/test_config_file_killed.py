# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at every system call boundary of an apply: the old file or the new one, whole, and nothing in between.

A forked child applies under ptrace; the parent lets it pass N stops (one before and one after each system call) and
kills it there, for every N until the apply runs through.
"""

from __future__ import annotations

import ctypes
import os
import signal

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import ConfigFileResource, Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile

PTRACE_TRACEME, PTRACE_SYSCALL = 0, 24
OLD, NEW = b"old line\n" * 2000, b"new line\n" * 3000


def ptrace(request, pid=0):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, pid, None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def killed_after(stops, apply):
    """Run ``apply`` in a child and kill it after that many stops. True where it ended by itself before."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            ptrace(PTRACE_TRACEME)
            os.kill(os.getpid(), signal.SIGSTOP)
            apply()
            code = 0
        finally:
            os._exit(code)
    os.waitpid(pid, 0)
    for _stop in range(stops):
        ptrace(PTRACE_SYSCALL, pid)
        _pid, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return True
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def may_trace():
    try:
        return killed_after(10_000, lambda: None)
    except OSError:
        return False


@pytest.mark.skipif(not may_trace(), reason="this machine does not let a process trace its own child")
@pytest.mark.parametrize("backup", [True, False], ids=["backup", "no-backup"])
@pytest.mark.parametrize("before", [OLD, None], ids=["existing", "new"])
def test_killed_anywhere_the_file_is_whole(tmp_path, before, backup):
    path = tmp_path / "daemon.conf"

    def validate(candidate, current):
        assert open(candidate, "rb").read() == NEW
        return []

    def apply():
        file = ConfigFile(str(path), validate=validate, backup=backup)
        edit = Edited(NEW.decode(), ("write the new lines",))
        reconcile(ConfigFileResource(file, lambda text: edit, redact=str), check_mode=False)

    seen, stops, through = set(), 0, False
    while not through:
        for name in os.listdir(tmp_path):
            os.unlink(tmp_path / name)
        if before is not None:
            path.write_bytes(before)
        through = killed_after(stops, apply)
        content = path.read_bytes() if path.exists() else None
        assert content in (before, NEW), f"killed after {stops} stops"
        seen.add(content)
        for kept in (name for name in os.listdir(tmp_path) if name.endswith("~")):
            assert (tmp_path / kept).read_bytes() == before
        stops += 1
    assert seen == {before, NEW}, "the kills fell on both sides of the swap"
    assert stops > 60, "over the four cases more than 200 kills"

    path.write_bytes(OLD)
    apply()
    assert not [name for name in os.listdir(tmp_path) if ".k8s_edge-" in name], "the next run sweeps what was left"
