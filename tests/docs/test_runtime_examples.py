# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the modules that change a running HAProxy is run on one, twice, the second time without change."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest

from .test_examples import AT_RUN_TIME, tasks

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")


@pytest.fixture
def haproxy_file(tmp_path):
    """A HAProxy with the servers that the examples name; nobody connects to them."""
    backends = {"kubeapi": "kube", "shop": "shop", "shop-static": "shop"}
    lines = ["global", f"stats socket {tmp_path}/admin.sock mode 600 level admin", "defaults"]
    lines += [f"timeout {name} 5s" for name in ("connect", "client", "server")]
    for backend, server in backends.items():
        lines += [f"backend {backend}", "balance leastconn"]
        lines += [f"server {server}-{number} 127.0.0.1:{number} weight 10" for number in (1, 2, 3)]
    path = tmp_path / "haproxy.cfg"
    path.write_text("\n".join([*lines, ""]))
    process = subprocess.Popen([HAPROXY, "-db", "-f", str(path)], stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 10
    while not (tmp_path / "admin.sock").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    yield path
    process.terminate()
    process.wait(timeout=10)


@pytest.mark.skipif(HAPROXY is None, reason="needs HAProxy")
@pytest.mark.parametrize("module", AT_RUN_TIME)
def test_examples_do_at_run_time_what_they_say_once(module, haproxy_file, run_module_process):
    for task in tasks(module):
        args = {**task["args"], "path": str(haproxy_file)}
        first = run_module_process(module, args)
        assert not first.failed, (task["name"], first.result.get("msg"), first.stderr)
        again = run_module_process(module, args)
        assert not again.failed and not again.result["changed"], (task["name"], again.result)
        assert again.result["steps"] == [] and again.result["impact"] == "none"
