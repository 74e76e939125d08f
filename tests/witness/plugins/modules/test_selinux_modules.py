# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SELinux modules on a host without SELinux."""

from __future__ import annotations

import os

import pytest

without = pytest.mark.skipif(os.path.exists("/sys/fs/selinux/enforce"), reason="this host has SELinux")


@without
@pytest.mark.parametrize("check_mode", [True, False])
def test_without_selinux_there_is_nothing_to_do_and_it_is_said(run_module_process, check_mode):
    for state in ("present", "absent"):
        run = run_module_process(
            "selinux_access",
            {"programs": [{"path": "/usr/sbin/haproxy", "binds": [7777]}], "state": state},
            check_mode=check_mode,
        )
        assert not run.failed and not run.result["changed"] and run.result["steps"] == []
        assert run.result["mode"] == "disabled"
        assert run.result["notes"] == ["SELinux is off on this host: there is nothing to do."]


@without
def test_without_selinux_nothing_was_denied(run_module_process):
    run = run_module_process("selinux_info", {"programs": ["/usr/sbin/haproxy"]})
    assert (run.result["mode"], run.result["denials"], run.result["changed"]) == ("disabled", [], False)
