# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file swap on a real file system: whole or not at all, with everything the old file carried."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "etc" / "daemon.conf"
    file.parent.mkdir()
    file.write_bytes(b"old\n")
    file.chmod(0o604)
    return file


def names(path):
    return sorted(os.listdir(path.parent))


def test_replaces_and_leaves_nothing_beside_it(path):
    file = ConfigFile(str(path))
    assert file.read() == b"old\n"
    assert file.replace(b"old\n", b"new\n") is None
    assert path.read_bytes() == b"new\n"
    assert names(path) == ["daemon.conf"]


def test_a_new_file_is_not_readable_by_all(tmp_path):
    path = tmp_path / "daemon.conf"
    file = ConfigFile(str(path))
    assert file.read() is None
    file.replace(None, b"secret\n")
    assert path.stat().st_mode & 0o7777 == 0o640


def test_a_new_file_for_all_to_read(tmp_path):
    ConfigFile(str(tmp_path / "new.conf"), mode=0o644).replace(None, b"text")
    assert (tmp_path / "new.conf").stat().st_mode & 0o7777 == 0o644


def test_none_as_content_removes_the_file(path):
    ConfigFile(str(path)).replace(b"old\n", None)
    assert names(path) == []


def test_a_link_stays_a_link(path, tmp_path):
    link = tmp_path / "link.conf"
    link.symlink_to(path)
    ConfigFile(str(link)).replace(b"old\n", b"new\n")
    assert link.is_symlink()
    assert path.read_bytes() == b"new\n"
    assert sorted(os.listdir(tmp_path)) == ["etc", "link.conf"]


def test_the_backup_is_the_old_file_itself(path):
    inode = path.stat().st_ino
    backup = ConfigFile(str(path), backup=True).replace(b"old\n", b"new\n")
    assert open(backup, "rb").read() == b"old\n"
    assert os.stat(backup).st_ino == inode
    assert names(path) == ["daemon.conf", os.path.basename(backup)]


def test_the_newest_ten_backups_stay_and_those_of_others(path):
    foreign = ["daemon.conf.961.2026-11-29@20:58:17~", "daemon.conf~", "daemon.conf.k8s_edge.mine~", "x.conf.k8s_edge."]
    for name in foreign:
        (path.parent / name).write_bytes(b"kept by somebody\n")
    content, made = b"old\n", []
    for number in range(15):
        new = b"%d\n" % number
        made.append(os.path.basename(ConfigFile(str(path), backup=True).replace(content, new)))
        content = new
    assert made == sorted(made)
    assert names(path) == sorted(["daemon.conf", *foreign, *made[-10:]])
    assert (path.parent / made[-1]).read_bytes() == b"13\n"


def test_the_daemon_judges_the_bytes_that_are_installed(path):
    seen = {}

    def validate(candidate, current):
        seen.update(inode=os.stat(candidate).st_ino, content=open(candidate, "rb").read(), current=current)
        seen.update(live=path.read_bytes(), directory=os.path.dirname(candidate), name=os.path.basename(candidate))
        return ["mind the gap"]

    file = ConfigFile(str(path), validate=validate)
    file.replace(b"old\n", b"new\n")
    assert seen["inode"] == path.stat().st_ino
    assert (seen["content"], seen["live"], seen["current"]) == (b"new\n", b"old\n", str(path))
    assert seen["directory"] == str(path.parent), "so that relative includes are found"
    assert seen["name"].startswith(".") and not seen["name"].endswith(".conf"), "so that no include pattern matches"
    assert file.warnings == ["mind the gap"]


def test_what_the_daemon_refuses_is_not_installed(path):
    def validate(candidate, current):
        raise DaemonRefused("no")

    with pytest.raises(DaemonRefused, match="no"):
        ConfigFile(str(path), validate=validate, backup=True).replace(b"old\n", b"new\n")
    assert path.read_bytes() == b"old\n"
    assert names(path) == ["daemon.conf"]


def test_another_hand_between_read_and_swap_is_noticed(path):
    def validate(candidate, current):
        path.write_bytes(b"theirs\n")
        return []

    with pytest.raises(EdgeError, match="changed by someone else"):
        ConfigFile(str(path), validate=validate, backup=True).replace(b"old\n", b"new\n")
    assert path.read_bytes() == b"theirs\n"
    assert names(path) == ["daemon.conf"]


def test_candidates_of_a_killed_run_are_swept(path):
    (path.parent / ".daemon.conf.k8s_edge-1-2").write_bytes(b"ne")
    (path.parent / ".other.conf.k8s_edge-1-2").write_bytes(b"not ours to sweep")
    ConfigFile(str(path)).replace(b"old\n", b"new\n")
    assert names(path) == [".other.conf.k8s_edge-1-2", "daemon.conf"]


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_only_a_regular_file_is_a_configuration_file(tmp_path, kind):
    path = tmp_path / "daemon.conf"
    path.mkdir() if kind == "directory" else os.mkfifo(path)
    with pytest.raises(InputError, match="not a regular file"):
        ConfigFile(str(path)).read()


def test_a_relative_path_is_refused():
    with pytest.raises(InputError, match=r"path: 'etc/daemon.conf' is not an absolute path"):
        ConfigFile("etc/daemon.conf")


def test_a_missing_directory_is_said_with_its_remedy(tmp_path):
    file = ConfigFile(str(tmp_path / "none" / "daemon.conf"))
    with file.lock():
        assert file.read() is None
    with pytest.raises(EdgeError, match="Install the daemon's package first"):
        file.replace(None, b"new\n")


def test_twenty_writers_lose_nothing(path):
    """Each adds its own line to what it read; without the lock most of them would be lost."""
    path.write_bytes(b"")
    children = []
    for number in range(20):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                file = ConfigFile(str(path))
                with file.lock():
                    content = file.read()
                    time.sleep(0.005)
                    file.replace(content, content + b"%d\n" % number)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 20
    assert sorted(path.read_text().split(), key=int) == [str(number) for number in range(20)]
    assert names(path) == ["daemon.conf"]
