# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual server, as the real keepalived reads it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator import Validator
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.module_utils._keepalived.sync.test_virtual_server import FWMARK, SERVICE, planned

#: Every option of a service that two of them can have together, in our words.
FULL: dict[str, Any] = {
    **SERVICE,
    "protocol": "udp",
    "scheduler": "sh",
    "flags": ["sh-port", "sh-fallback"],
    "delay_loop": 2,
    "persistence_timeout": 300,
    "persistence_netmask": "255.255.255.0",
    "persistence_engine": "sip",
    "quorum": 2,
    "hysteresis": 1,
    "alpha": True,
    "omega": True,
    "ha_suspend": True,
    "inhibit_on_failure": True,
    "virtualhost": "edge.example",
    "retry": 2,
    "delay_before_retry": 0.5,
    "warmup": 1,
    "connect_timeout": 2,
    "sorry_server": {"address": "10.77.0.99", "port": 80},
    "sorry_server_lvs_method": "NAT",
    "real_servers": [
        {
            "address": "10.77.0.21",
            "port": 80,
            "weight": 3,
            "upper_threshold": 100,
            "lower_threshold": 50,
            "forwarding_method": "tun",
            "tunnel_type": "gue",
            "tunnel_port": 5555,
            "tunnel_checksum": "csum",
            "http_get": [{"url": [{"path": "/ping", "status_code": "200"}], "connect_timeout": 1}],
        },
        {"address": "10.77.0.22", "port": 80, "weight": 0, "forwarding_method": "nat", "tcp_check": [{}]},
    ],
}


@pytest.mark.skipif(shutil.which("keepalived", path="/usr/sbin:/sbin:/usr/bin") is None, reason="no keepalived here")
@pytest.mark.skipif(os.geteuid() != 0, reason="keepalived -t needs root")
@pytest.mark.parametrize("service", [SERVICE, FULL, FWMARK], ids=["small", "full", "fwmark"])
def test_keepalived_reads_what_was_written_without_a_word(tmp_path: Path, service: dict[str, Any]) -> None:
    text = planned(service)
    assert planned(service, text) == text
    live, candidate = tmp_path / "keepalived.conf", tmp_path / "candidate"
    live.write_text("")
    candidate.write_text(text)
    assert Validator(System(), rehearsal=False)(str(candidate), str(live)) == [], text
