# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of containers. podman is a stand-in here: the real one runs in the lab itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import containers
from lab.declaration import Lab


def test_a_host_that_was_killed_with_its_watcher_is_lost(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Path("/proc/self/cgroup").read_text().strip()  # stands for the cgroup of a container's first process
    gone = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(gone, 0)
    told = [
        {"Names": ["small-kube-1"], "State": "running", "Pid": os.getpid(), "Id": mine},
        {"Names": ["small-haproxy-1"], "State": "running", "Pid": os.getpid(), "Id": "another that had this number"},
        {"Names": ["small-haproxy-2"], "State": "running", "Pid": gone, "Id": mine},
        {"Names": ["small-client-1"], "State": "exited", "Pid": 0, "Id": mine},
    ]
    monkeypatch.setattr(containers, "run", lambda *argv: json.dumps(told))
    assert containers.states(small_lab) == {
        "kube-1": "running",
        "haproxy-1": containers.LOST,
        "haproxy-2": containers.LOST,
        "client-1": "exited",
    }
