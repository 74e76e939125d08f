# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live side: what HAProxy answers, and what systemd tells, read into values."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import processes, service
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import (
    read_info,
    read_servers,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System


@pytest.mark.parametrize("read", [read_info, read_servers])
def test_an_error_is_not_taken_for_an_answer(read):
    with pytest.raises(EdgeError, match="Permission denied"):
        read("Permission denied\n")


@pytest.mark.parametrize(
    ("words", "reads"),
    [
        ("haproxy -Ws -f {path} -p /run/haproxy.pid", True),
        ("haproxy -Ws -f {directory}", True),
        ("haproxy -c -f {path}", False),
        ("haproxy -Ws -f {path}.other", False),
    ],
)
def test_a_process_is_known_by_its_command_line(words, reads, tmp_path):
    path = tmp_path / "haproxy.cfg"
    (tmp_path / "7").mkdir()
    line = words.format(path=path, directory=tmp_path).replace(" ", "\0")
    (tmp_path / "7" / "cmdline").write_bytes(line.encode() + b"\0")
    assert processes.reads(str(tmp_path), 7, str(path)) is reads


class Scripted(System):
    """Commands that end as a test says."""

    def __init__(self, **programs):
        self.programs = programs
        self.called = []

    def which(self, name):
        return f"/usr/sbin/{name}" if name in self.programs else None

    def run(self, argv, **how):
        self.called.append(argv)
        return self.programs[os.path.basename(argv[0])]


UNIT = (
    "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=0\nNRestarts=0\nOther=x=y\n"
)


def test_a_host_without_haproxy(tmp_path):
    told = information(
        {"path": str(tmp_path / "haproxy.cfg"), "unit": "haproxy.service", "socket": None}, Scripted(), True
    )
    assert told["changed"] is False
    assert (told["installed"], told["version"], told["active"], told["enabled"], told["loaded"]) == (
        False,
        None,
        False,
        False,
        False,
    )
    assert (told["config"], told["runtime"], told["socket"]) == (None, None, None)
    assert "No such file" in told["loaded_reason"]


def test_systemd_is_asked_once():
    system = Scripted(systemctl=Completed(0, UNIT, "", False))
    assert service.unit_state(system, "haproxy.service") == {
        "load_state": "loaded",
        "active_state": "active",
        "sub_state": "running",
        "unit_file_state": "enabled",
        "main_pid": "0",
        "restarts": "0",
    }
    assert len(system.called) == 1
    refused = Scripted(systemctl=Completed(1, "", "System has not been booted with systemd", False))
    assert service.unit_state(refused, "haproxy.service") == {}


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("HAProxy version 3.2.1-1 2025/06/11 - https://haproxy.org/\n", "3.2.1-1"),
        ("HA-Proxy version 1.8.27-493ce0b 2020/11/06\n", "1.8.27-493ce0b"),
        ("", ""),
    ],
)
def test_the_version_is_read_from_what_haproxy_says(said, version):
    assert service.version(Scripted(haproxy=Completed(0, said, "", False))) == version
