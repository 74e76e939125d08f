# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of files is read by hosts; an inventory is written whole, over nothing, its secrets for nobody else."""

from __future__ import annotations

import stat
from base64 import b64decode

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.disk import read_directory, write_directory
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import sources_of

FILES = [
    {"path": "hosts.yml", "content": "---\n", "mode": "0644"},
    {"path": "host_vars/a/vault.yml", "content": "ü: 1\n", "mode": "0600"},
]


def test_hosts_are_directories_or_files(tmp_path):
    for path, content in (
        ("a/etc/keepalived/keepalived.conf", b"one"),
        ("a/etc/haproxy/haproxy.cfg", b"two\xff"),
        ("10.0.0.7/haproxy.cfg", b"three"),
        ("b.conf", b"four"),
        ("c.cfg", b"five"),
        ("notes.txt", b"six"),
        ("a/keepalived.conf.bak", b"seven"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    found = read_directory(tmp_path)
    assert {host: set(each) - {"address"} for host, each in found.items()} == {
        "10.0.0.7": {"haproxy"},
        "a": {"haproxy", "keepalived"},
        "b": {"keepalived"},
        "c": {"haproxy"},
    }
    assert b64decode(found["a"]["haproxy"]) == b"two\xff"
    assert [each.address for each in sources_of(found)] == ["10.0.0.7", "", "", ""]


def test_a_second_file_of_a_host_is_told(tmp_path):
    for path in ("a/keepalived.conf", "a/old/keepalived.conf"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    with pytest.raises(EdgeError, match="a second file of that kind of host a"):
        read_directory(tmp_path)


def test_what_is_no_directory_is_told(tmp_path):
    with pytest.raises(InputError, match="is no directory on the controller"):
        read_directory(tmp_path / "nowhere")
    with pytest.raises(InputError, match="nothing to adopt"):
        sources_of(read_directory(tmp_path))


def test_secrets_are_for_nobody_else(tmp_path):
    write_directory(tmp_path / "deep" / "to", FILES)
    modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.yml")}
    assert modes == {"deep/to/hosts.yml": 0o644, "deep/to/host_vars/a/vault.yml": 0o600}
    assert (tmp_path / "deep/to/host_vars/a/vault.yml").read_text(encoding="utf-8") == "ü: 1\n"


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "to").mkdir()
    with pytest.raises(InputError, match="exists, and nothing is written over"):
        write_directory(tmp_path / "to", FILES)
    assert list((tmp_path / "to").iterdir()) == []


def test_all_is_written_or_nothing(tmp_path):
    twice = [*FILES, FILES[0]]
    with pytest.raises(EdgeError, match="Nothing was left there"):
        write_directory(tmp_path / "to", twice)
    assert list(tmp_path.iterdir()) == []
