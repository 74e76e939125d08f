"""The derived process tracker with a real keepalived: the VIP leaves with the process, unless it is back soon.

Kernels tell of processes in the machine's first network namespace only, so this one test cannot make its own: it uses a
pair of interfaces of its own there, with an address reserved for documentation (RFC 5737), and removes them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.process_events import process_events
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, tracked, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared

CABLE, END = (f"{name}-{os.getpid()}" for name in ("k8se", "k8sx"))
VIP = "192.0.2.100"

pytestmark = [
    pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not installed"),
    pytest.mark.skipif(not shutil.which("ip"), reason="needs ip"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
]


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True)


def wait_for(what, *, seconds=20):
    limit = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def cable():
    if not process_events():
        pytest.skip("this kernel tells nothing of processes here (no CONFIG_PROC_EVENTS, or a container)")
    if ip("link", "add", CABLE, "type", "veth", "peer", "name", END).returncode:
        pytest.skip("no pair of interfaces could be made")
    try:
        for words in (
            ("addr", "add", "192.0.2.1/24", "dev", CABLE),
            ("link", "set", CABLE, "up"),
            ("link", "set", END, "up"),
        ):
            assert ip(*words).returncode == 0
        yield CABLE
    finally:
        ip("link", "del", CABLE)


@pytest.fixture
def start():
    """start(argv): a process that ends with the test."""
    running = []

    def begin(argv, **options):
        process = subprocess.Popen([str(each) for each in argv], **options)
        running.append(process)
        return process

    yield begin
    for process in reversed(running):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def test_the_vip_leaves_with_the_process_and_comes_back_with_it(cable, start, run_module_process, tmp_path, lab):
    name = f"k8se-{os.getpid()}"
    program = tmp_path / name
    shutil.copy(shutil.which("sleep"), program)
    (vip,) = declared([lab.kubeapi], lab.groups())
    (process,) = watchers("haproxy-1", [vip], lab.hostvars(), Watch())["track_processes"]
    instance = {
        "name": "proof",
        "initial_state": "BACKUP",
        "interface": cable,
        "virtual_router_id": 77,
        "priority": 100,
        "version": 3,
        "advert_int": 0.1,
        "virtual_ipaddress": [{"address": f"{VIP}/24"}],
        "track_process": tracked(vip, Watch(), 10)["track_process"],
    }
    path = tmp_path / "keepalived.conf"
    wanted = {"instances": [instance], "track_processes": [{**process, "process": name}]}
    assert run_module_process("keepalived_config", {"path": str(path), "validate": False, **wanted}).rc == 0

    def held():
        return VIP in ip("-brief", "address", "show", "dev", cable).stdout

    served = start([program, "600"])
    log = tmp_path / "log"
    with open(log, "wb") as diary:
        files = ["-p", tmp_path / "pid", "-r", tmp_path / "vrrp.pid"]
        start(["keepalived", "--dont-fork", "--log-console", "-D", "-f", path, *files], stdout=diary, stderr=diary)
    wait_for(held)

    served.kill()
    served.wait()
    again = start([program, "600"])  # systemd was quick: nobody is to notice
    second = start([program, "600"])
    again.kill()
    again.wait()
    wait_for(lambda: "Entering MASTER" in log.read_text())
    assert "FAULT" not in log.read_text()
    assert held()

    second.kill()
    second.wait()
    wait_for(lambda: not held())
    assert "Entering FAULT" in log.read_text()

    start([program, "600"])
    wait_for(held)
