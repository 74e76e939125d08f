# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from the ports of a VIP is a file that HAProxy takes."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from unit.plugins.filter import test_vip_ports
from unit.plugins.filter.test_vip_ports import MAPPED, proxies

web = test_vip_ports.web


@pytest.mark.skipif(not shutil.which("haproxy"), reason="needs HAProxy")
@pytest.mark.parametrize("mode", ["tcp", "kube_apiserver"])
def test_haproxy_takes_it(lab, web, mode, tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text(plan_config("", proxies(lab, {**web, "ports": MAPPED, "profile": mode})).text)
    ended = subprocess.run(["haproxy", "-c", "-f", file], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
