# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file swap where owners, mounts and full disks are real."""

from __future__ import annotations

import os
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from unit.plugins.module_utils._files import test_config_file
from unit.plugins.module_utils._files.test_config_file import names

path = test_config_file.path

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners and mounts file systems: needs root")


@needs_root
def test_owner_mode_and_extended_attributes_stay(path):
    os.chown(path, 1234, 4321)
    os.setxattr(path, "user.note", b"mine")
    ConfigFile(str(path)).replace(b"old\n", b"new\n")
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 4321, 0o604)
    assert os.getxattr(path, "user.note") == b"mine"


@needs_root
def test_a_full_disk_changes_nothing(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        path = tmp_path / "daemon.conf"
        path.write_bytes(b"old\n")
        with pytest.raises(EdgeError, match="No space left"):
            ConfigFile(str(path), backup=True).replace(b"old\n", b"x" * 200_000)
        assert path.read_bytes() == b"old\n"
        assert names(path) == ["daemon.conf"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@needs_root
def test_a_read_only_file_system_is_said(path):
    subprocess.run(["mount", "--bind", str(path.parent), str(path.parent)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(path.parent)], check=True)
        with pytest.raises(EdgeError, match="read-only"):
            ConfigFile(str(path)).replace(b"old\n", b"new\n")
    finally:
        subprocess.run(["umount", str(path.parent)], check=True)
    assert path.read_bytes() == b"old\n"


@needs_root
def test_a_file_mounted_by_itself_is_said(path, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"old\n")
    subprocess.run(["mount", "--bind", str(other), str(path)], check=True)
    try:
        with pytest.raises(EdgeError, match="mount its directory instead"):
            ConfigFile(str(path)).replace(b"old\n", b"new\n")
        assert names(path) == ["daemon.conf"]
    finally:
        subprocess.run(["umount", str(path)], check=True)
