# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HAProxy modules from the outside, with a HAProxy that checks: create, modify, delete; each again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.modules import test_haproxy_modules
from unit.plugins.modules.test_haproxy_modules import SITE

call = test_haproxy_modules.call

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
needs_haproxy = pytest.mark.skipif(HAPROXY is None, reason="needs HAProxy")


@needs_haproxy
def test_a_whole_file_create_modify_delete(call, tmp_path, monkeypatch):
    path = tmp_path / "haproxy.cfg"
    planned = call("haproxy_config", check_mode=True, path=str(path), **SITE)
    assert planned["changed"] is True
    assert os.listdir(tmp_path) == []

    created = call("haproxy_config", path=str(path), **SITE)
    assert created["diff"] == planned["diff"]
    assert (created["steps"], created["impact"]) == (planned["steps"], "reload")
    assert created["diff"]["after"] == path.read_text()
    assert "backup_file" not in created

    fewer = {**SITE, "purge": True, "sections": []}
    for check_mode in (True, False):
        changed = call("haproxy_config", check_mode=check_mode, path=str(path), backup=True, **fewer)
        assert changed["steps"] == ["resolvers dns: removed"]
    assert Path(changed["backup_file"]).read_text() == created["diff"]["after"]

    monkeypatch.setattr(System, "run", lambda *words, **how: pytest.fail("a run that changes nothing ran a command"))
    before = path.stat()
    for check_mode in (True, False):
        unchanged = call("haproxy_config", check_mode=check_mode, path=str(path), backup=True, **fewer)
        assert (unchanged["changed"], unchanged["steps"], unchanged["impact"]) == (False, [], "none")
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


@needs_haproxy
def test_what_is_read_can_be_given_back(call, tmp_path):
    path = tmp_path / "haproxy.cfg"
    call("haproxy_config", path=str(path), **SITE)
    told = call("haproxy_info", path=str(path), unit="no-such-unit.service")["config"]
    assert told["backends"] == SITE["backends"]
    assert call("haproxy_config", path=str(path), purge=True, **told)["changed"] is False
