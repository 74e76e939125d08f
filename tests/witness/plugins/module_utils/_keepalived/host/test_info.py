# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived_info finds of interfaces, in a network of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import addresses
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import (
    LocalAddress,
)


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_every_address_of_every_interface_is_told() -> None:
    """With labels, peers, secondary and deprecated ones, more of them than one answer has room for, both families."""
    ask = (
        "import json, runpy, sys; found = runpy.run_path(sys.argv[1])['local_addresses']();"
        "print(json.dumps([one for one in found if not one[0].startswith('fe80')]))"
    )
    commands = (
        "ip link set lo up; ip link add d0 type dummy 2>/dev/null || ip tuntap add d0 mode tap; ip link set d0 up"
    )
    commands += "; ip addr add 10.9.0.1/24 dev d0 label d0:vip; ip addr add fd00::9/128 dev lo"
    commands += "; ip addr add 10.9.0.2/24 dev d0 label free; ip addr add 10.8.0.1 peer 10.8.0.2/32 dev d0"
    commands += "; ip addr add fd00::1/64 dev d0 nodad; ip addr add fd00::2/64 dev d0 nodad preferred_lft 0"
    commands += "; for n in $(seq 1000); do echo addr add 10.7.$((n / 250)).$((n % 250))/32 dev lo; done | ip -batch -"
    path = Path(addresses.__file__)
    ended = subprocess.run(
        ["unshare", "--net", "sh", "-c", f'{commands}; exec "$@"', "sh", sys.executable, "-c", ask, path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("no network namespace or no interface of its own here")
    assert ended.returncode == 0, ended
    found = [LocalAddress(*one) for one in json.loads(ended.stdout)]
    assert len([one for one in found if one.address.startswith("10.7.")]) == 1000
    assert {one for one in found if not one.address.startswith("10.7.")} == {
        LocalAddress("127.0.0.1", 8, "lo"),
        LocalAddress("::1", 128, "lo"),
        LocalAddress("fd00::9", 128, "lo"),
        LocalAddress("10.9.0.1", 24, "d0"),
        LocalAddress("10.9.0.2", 24, "d0", secondary=True),
        LocalAddress("10.8.0.1", 32, "d0"),
        LocalAddress("fd00::1", 64, "d0"),
        LocalAddress("fd00::2", 64, "d0", deprecated=True),
    }
