"""The HAProxy of a distribution and of our roles: with a mount namespace of its own, as Debian's unit gives it, as a
user that may not be looked at by everybody, and with a frontend and a backend of one name."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime

pytestmark = [
    pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare"),
]

CONFIG = """\
global
    stats socket {directory}/admin.sock mode 660 level admin
    user nobody
defaults
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend kubeapi_vip
    mode tcp
    bind 127.0.0.1:{port}
    default_backend kubeapi
backend kubeapi
    mode tcp
    balance leastconn
    default-server maxconn 40
    server kube-1 127.0.0.1:1
    server kube-2 127.0.0.1:2
"""


@pytest.fixture
def path(tmp_path):
    """The file of a HAProxy that serves it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = tmp_path / "haproxy.cfg"
    file.write_text(CONFIG.format(directory=tmp_path, port=port))
    time.sleep(0.03)  # a process that starts in the same hundredth of a second counts as older than the file
    running = subprocess.Popen(["unshare", "--mount", "haproxy", "-W", "-f", file], stderr=subprocess.DEVNULL)
    try:
        with Runtime(str(tmp_path / "admin.sock"), patience=10) as runtime:
            runtime.ask(["show info"])
        yield file
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(10)


def test_it_is_known_as_the_one_that_serves_the_file(path, run_module_process):
    servers = [{"name": "kube-1", "weight": 7}, {"name": "kube-2"}]
    wanted = {"path": str(path), "name": "kubeapi", "servers": servers}
    done = run_module_process("haproxy_backend", wanted)
    assert (done.result.get("impact"), done.result.get("warnings")) == ("runtime", None), done.result
    again = run_module_process("haproxy_backend", wanted)
    assert (again.result["changed"], again.result.get("warnings")) == (False, None)
    # What stands in a default-server line counts for the servers too.
    assert len([step for step in done.result["steps"] if "running HAProxy" in step]) == 1
