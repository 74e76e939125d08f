# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS modules from the outside, as far as a kernel without IPVS shows them; tests/kernel has one that has it."""

from __future__ import annotations

import os

import pytest

without = pytest.mark.skipif(os.path.exists("/proc/net/ip_vs"), reason="this kernel has IPVS loaded")
WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}


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


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("ipvs_virtual_server", {**WEB, "real_servers": [{"weight": 1}]}, "missing required arguments: address"),
        ("ipvs_virtual_server", {**WEB, "protocol": "icmp"}, "value of protocol must be one of: tcp, udp, sctp"),
        ("ipvs_virtual_server", {**WEB, "real_servers": ["10.0.0.11"]}, "real_servers[0]: '10.0.0.11' is no dict"),
        ("ipvs_config", {"virtual_servers": [{**WEB, "prot": 1}]}, "Unsupported parameters"),
        ("ipvs_config", {"virtual_servers": [{}]}, "virtual_servers[0].protocol: is missing. Give protocol, address"),
        ("ipvs_config", {"sync_daemon": {}}, "missing required arguments: roles found in sync_daemon"),
    ],
)
def test_parameters_that_do_not_fit(run_module_process, name, args, said):
    run = run_module_process(name, args)
    assert run.failed and said in run.result["msg"]
