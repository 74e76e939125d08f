# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the front door of the IPVS modules."""

from __future__ import annotations

import pytest

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("ipvs_virtual_server", {**WEB, "real_servers": [{"weight": 1}]}, "missing required arguments: address"),
        ("ipvs_virtual_server", {**WEB, "protocol": "icmp"}, "value of protocol must be one of: tcp, udp, sctp"),
        ("ipvs_virtual_server", {**WEB, "real_servers": ["10.0.0.11"]}, "real_servers[0]: '10.0.0.11' is not a dict"),
        ("ipvs_config", {"virtual_servers": [{**WEB, "prot": 1}]}, "Unsupported parameters"),
        ("ipvs_config", {"virtual_servers": [{}]}, "virtual_servers[0].protocol: is missing. Give protocol, address"),
        ("ipvs_config", {"sync_daemon": {}}, "missing required arguments: roles found in sync_daemon"),
    ],
)
def test_parameters_that_do_not_fit(run_module_process, name, args, said):
    run = run_module_process(name, args)
    assert run.failed and said in run.result["msg"]
