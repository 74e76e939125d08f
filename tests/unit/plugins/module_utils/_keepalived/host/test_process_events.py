# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived would hear of processes: the same question in namespaces where the kernel says no."""

from __future__ import annotations

import os
import shutil
import socket
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


def test_who_may_not_ask_is_told_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(asked.socket.socket, "bind", refuse)
    assert asked.process_events() is False


def test_a_kernel_that_keeps_silent_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        monkeypatch.setattr(ours.__class__, "bind", lambda *_arguments: None)
        monkeypatch.setattr(asked.socket, "socket", lambda *_arguments: ours)
        assert asked.process_events() is False
        assert len(theirs.recv(100)) == 40  # the question was put
