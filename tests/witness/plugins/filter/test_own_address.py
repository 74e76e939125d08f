"""A held VIP is not a source of what the holder sends: keepalived and the kernel are the witnesses."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from derived import keepalived_instances

CHECKOUT = Path(__file__).resolve().parents[4]


SCRIPT = """
set -e; mount -t sysfs none /sys; mount -t tmpfs tmpfs /run; ip link set lo up
ip link add eth0 type veth peer name far; ip link set far up; ip link set eth0 up
ip address add 10.0.0.50/24 dev eth0; ip address add fd00::50/64 dev eth0 nodad
keepalived -n -l -f "$1" -p /run/k.pid -r /run/v.pid -c /run/c.pid &
for n in $(seq 100); do
    sleep 0.1
    if ip address show dev eth0 | grep -q 10.0.0.9/ && ip address show dev eth0 | grep -q fd00::9/; then break; fi
done
for to in 10.0.0.10 10.0.0.200 fd00::10 fd00::8 fd00::a:b; do ip route get $to | grep -o 'src [^ ]*'; done
kill %1; wait %1 || true
"""
#: A VIP that is held when its preference changes: what a reload does, then what the role does after it.
LATER = """
set -e; mount -t sysfs none /sys; mount -t tmpfs tmpfs /run; ip link set lo up
ip link add eth0 type veth peer name far; ip link set far up; ip link set eth0 up
ip address add fd00::50/64 dev eth0 nodad; sleep 1
sed 's/ preferred_lft 0//' "$1" >"$1.now"
keepalived -n -l -f "$1.now" -p /run/k.pid -r /run/v.pid -c /run/c.pid &
for n in $(seq 100); do sleep 0.1; if ip address show dev eth0 | grep -q fd00::9/; then break; fi; done
cp "$1" "$1.now"; kill -HUP %1; sleep 1; ip route get fd00::10 | grep -o 'src [^ ]*'
$COMMAND; ip route get fd00::10 | grep -o 'src [^ ]*'
kill -HUP %1; sleep 1; ip route get fd00::10 | grep -o 'src [^ ]*'
kill %1; wait %1 || true; ip address show dev eth0 | grep fd00::9/ || true
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
@pytest.mark.parametrize(("four", "six"), [(24, 64), (32, 128)])
def test_a_held_vip_is_no_source(lab, run_module_process, tmp_path, four, six):
    """Real keepalived with what is derived. Both VIPs are lower than the host's own address."""
    vips = [{"name": "v", "addresses": [f"10.0.0.9/{four}", f"fd00::9/{six}"], "hosts": "h"}]
    said = in_a_network(lab, run_module_process, tmp_path, vips, SCRIPT)
    assert said.split() == ["src", "10.0.0.50"] * 2 + ["src", "fd00::50"] * 3


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_a_vip_that_is_held_already_is_changed_in_place(lab, run_module_process, tmp_path):
    handlers = yaml.safe_load((CHECKOUT / "roles/keepalived/handlers/main.yml").read_text())
    name = "Deprecate held IPv6 VIPs as source addresses"
    (argv,) = [each["ansible.builtin.command"]["argv"] for each in handlers if each["name"] == name]
    words = {"{{ item.address }}": "fd00::9/64", "{{ item.interface }}": "eth0"}
    command = " ".join(words.get(word, word) for word in argv)
    vips = [{"name": "v", "addresses": ["fd00::9/64"], "hosts": "h"}]
    said = in_a_network(lab, run_module_process, tmp_path, vips, LATER, COMMAND=command)
    assert said.split() == ["src", "fd00::9", "src", "fd00::50", "src", "fd00::50"]


def in_a_network(lab, run_module_process, tmp_path, vips, script, **environment):
    """What a script says in a network of its own, which gets the file of the derived instances of the VIPs."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if shutil.which("keepalived", path=path) is None:
        pytest.skip("needs keepalived")
    hostvars = {"here": lab.host(lab.interface("eth0", "10.0.0.50/24", "fd00::50/64"))}
    instances = keepalived_instances(vips, "here", {"h": ["here"]}, hostvars, {"advert_int": 0.1})
    conf = tmp_path / "keepalived.conf"
    conf.write_text("")
    given = {"path": str(conf), "instances": instances, "validate": False}
    assert not run_module_process("keepalived_config", given).failed
    ended = subprocess.run(
        ["unshare", "--net", "--mount", "bash", "-c", script, "bash", str(conf)],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("a network or mount namespace is not permitted here")
    assert ended.returncode == 0, ended
    return ended.stdout
