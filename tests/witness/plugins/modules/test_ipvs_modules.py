# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS modules on a kernel without IPVS; tests/kernel has one that has it."""

from __future__ import annotations

import os

import pytest
from unit.plugins.modules.test_ipvs_modules import WEB

without = pytest.mark.skipif(os.path.exists("/proc/net/ip_vs"), reason="this kernel has IPVS loaded")


@without
def test_a_kernel_without_ipvs_is_looked_at_and_not_changed(run_module_process):
    run = run_module_process("ipvs_info", {"statistics": True})
    assert not run.failed and not run.result["available"] and run.result["virtual_servers"] == []
    for check_mode in (True, False):
        for name, args in (
            ("ipvs_virtual_server", {**WEB, "state": "absent"}),
            ("ipvs_config", {"virtual_servers": [], "purge": True}),
        ):
            run = run_module_process(name, args, check_mode=check_mode)
            assert not run.failed and not run.result["changed"] and run.result["steps"] == []
    assert not os.path.exists("/proc/net/ip_vs")
