"""A client sees nothing of a reload in which keepalived gives its VIPs up and takes them again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from unit.plugins.filter.test_bridging import NEW, here

CHECKOUT = Path(__file__).resolve().parents[4]


INSTANCE = """vrrp_instance {name} {{
 interface eth0
 state BACKUP
 virtual_router_id {number}
 priority 200
 version 3
 advert_int 0.3
 virtual_ipaddress {{
  {vip}
 }}
 {unicast}
}}
"""
#: The client's side: connections one after the other, for as long as the file is there. Prints how many failed.
CLIENT = """
import os, socket, sys, threading, time
count, failed = [0, 0], [0, 0]
def ask(index, address):
    while os.path.exists(sys.argv[1]):
        count[index] += 1
        try:
            socket.create_connection((address, 80), 0.5).close()
        except OSError as error:
            failed[index] += 1
            print(time.monotonic(), address, count, repr(error), file=sys.stderr)
        time.sleep(0.005)
threads = [threading.Thread(target=ask, args=each) for each in enumerate(["10.0.0.9", "fd00::9"])]
[each.start() for each in threads]
[each.join() for each in threads]
print("answered" if min(count) > 50 else "asked too little", *failed)
"""
SERVER = """
import socket, threading
def serve(family, address):
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, 80))
        listening.listen(500)
        while True:
            listening.accept()[0].close()
threading.Thread(target=serve, args=(socket.AF_INET6, "fd00::9"), daemon=True).start()
serve(socket.AF_INET, "10.0.0.9")
"""
SCRIPT = """
set -e; cd "$1"; bridge=$2; python=$3
mount -t sysfs none /sys; mount -t tmpfs tmpfs /run; ip link set lo up
unshare --net sleep 120 & far=$!; sleep 0.3
ip link add eth0 type veth peer name far; ip link set far netns $far
ip address add 10.0.0.50/24 dev eth0; ip address add fd00::50/64 dev eth0 nodad; ip link set eth0 up
nsenter -t $far -n sh -ec 'ip link set far up; ip address add 10.0.0.1/24 dev far
    ip address add fd00::1/64 dev far nodad'
held() { ip address show dev eth0 | grep -q 10.0.0.9/ && ip address show dev eth0 | grep -q fd00::9/; }
soon() { for n in $(seq 80); do if "$@"; then return; fi; sleep 0.1; done; false; }
cp old.conf k.conf
keepalived -n -l -D -f "$1/k.conf" -p /run/k.pid -r /run/v.pid -c /run/c.pid >log 2>&1 & keepalived=$!
soon held
echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
$python -c "$SERVER" & server=$!
touch going; sleep 0.5
nsenter -t $far -n $python -c "$CLIENT" going & client=$!
sleep 0.5
[ "$bridge" = no ] || sh -ec "$PUT"
cp new.conf k.conf; kill -HUP $keepalived; sleep 0.3
if held; then echo "never given up"; fi
soon held
[ "$bridge" = no ] || sh -ec "$TAKE"
sleep 1; held || echo "lost again"
rm going; wait $client
ip address show dev lo | grep -e 10.0.0 -e fd00 || true
kill $keepalived $server $far; wait || true
"""


def commands(name, addresses):
    """What a handler of the role runs for each address, as shell lines."""
    handlers = yaml.safe_load((CHECKOUT / "roles/keepalived/handlers/main.yml").read_text())
    (argv,) = [each["ansible.builtin.command"]["argv"] for each in handlers if each["name"] == name]
    return "\n".join(
        " ".join("60" if "seconds" in word else each if "{{" in word else word for word in argv) for each in addresses
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
@pytest.mark.parametrize("bridge", ["yes", "no"])
def test_a_client_sees_nothing_of_a_reload_that_gives_the_vips_up(tmp_path, bridge):
    """Real keepalived grows from one host, which speaks multicast, to two, which speak unicast."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if shutil.which("keepalived", path=path) is None:
        pytest.skip("needs keepalived")
    vips = {"v": ("10.0.0.9/24", "10.0.0.5"), "v-v6": ("fd00::9/64 preferred_lft 0", "fd00::5")}
    for file, unicast in (("old.conf", ""), ("new.conf", "unicast_src_ip {0}0\n unicast_peer {{\n  {0}1\n }}")):
        (tmp_path / file).write_text(
            "".join(
                INSTANCE.format(name=name, number=number, vip=vip, unicast=unicast.format(own))
                for number, (name, (vip, own)) in enumerate(vips.items(), 5)
            )
        )
    kept = keepalived_change(here(), NEW, [])["bridged"]
    environment = {
        "PUT": commands("Keep the VIPs on the loopback interface during the change", kept),
        "TAKE": commands("Remove the VIPs from the loopback interface", kept),
        "CLIENT": CLIENT,
        "SERVER": SERVER,
    }
    # A client that a busy machine lets wait sees nothing of a gap: that there is one is shown in one of three tries.
    for _try in range(1 if bridge == "yes" else 3):
        ended = subprocess.run(
            ["unshare", "--net", "--mount", "bash", "-c", SCRIPT, "bash", str(tmp_path), bridge, sys.executable],
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        if "Operation not permitted" in ended.stderr:
            pytest.skip("a network or mount namespace is not permitted here")
        said, *failed = ended.stdout.split()
        assert said == "answered", ended
        if failed != ["0", "0"]:
            break
    assert (failed == ["0", "0"]) is (bridge == "yes"), ended
