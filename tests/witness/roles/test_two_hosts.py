# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/site.yml on two hosts with a real keepalived each: at no moment has nobody the VIP, or both.

The hosts are network namespaces on the two ends of a wire; systemd is a stand-in. A kernel without IPVS lets no
keepalived run a sync daemon, so keepalived is shown its file without that line.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

VIPS = ("10.77.0.100", "10.77.0.101", "10.77.0.102")
HOSTS = ONE, TWO = "haproxy-1", "haproxy-2"
#: A holder that is told of a higher priority has its address for as long as an advertisement takes to reach it.
HANDOVER = 0.25
SITE = Path(__file__).resolve().parents[3] / "playbooks" / "site.yml"

SYSTEMCTL = """#!/bin/bash
cd /run
pid=$(cat keepalived.pid 2>/dev/null) && kill -0 $pid 2>/dev/null || pid=0
now() { read -r up _ </proc/uptime; echo "${up/./}0000"; }
show() {
    mkdir -p shown; sed /lvs_sync_daemon/d /etc/keepalived/keepalived.conf >shown/keepalived.conf
    touch -r /etc/keepalived/keepalived.conf shown/keepalived.conf
}
begin() {
    show
    # Each with a /tmp of its own, where it writes what it runs: the hosts share the rest.
    rm -f keepalived.pid; setsid unshare --mount sh -c 'mount -t tmpfs none /tmp
        mount --bind shown /etc/keepalived
        exec keepalived -n -l -P -p /run/keepalived.pid -r /run/v.pid' >>log 2>&1 </dev/null &
    until [ -s keepalived.pid ]; do sleep 0.05; done; now >entered; now >changed
}
case "$*" in
show*)
    echo LoadState=loaded; echo MainPID=$pid
    [ $pid = 0 ] && echo ActiveState=inactive || echo ActiveState=active
    [ -e enabled ] && echo UnitFileState=enabled || echo UnitFileState=disabled
    echo StateChangeTimestampMonotonic=$(cat changed); echo ActiveEnterTimestampMonotonic=$(cat entered)
    echo ExecMainStartTimestampMonotonic=$(cat entered) ;;
is-enabled*) [ -e enabled ] && echo enabled || { echo disabled; exit 1; } ;;
enable*) touch enabled ;;
disable*) rm -f enabled ;;
start*) [ $pid != 0 ] || begin ;;
stop*) [ $pid = 0 ] || { kill $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done; } ;;
reload*) show; kill -HUP $pid; sleep 0.1; now >changed ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
"""

RUN = """
cd "$1"
host() {
    mount -t sysfs none /sys; mount -t tmpfs none /run; mount -t tmpfs none /etc/keepalived; ip link set lo up
    mkdir -p /run/systemd/system; echo 0 | tee /run/entered >/run/changed
}
host
export -f host
unshare --net --mount bash -c 'host; touch up; exec sleep 500' & far=$!
until [ -e up ]; do sleep 0.05; done
there() { nsenter -t $far -n -m --wd="$PWD" "$@"; }
ip link add eth0 type veth peer name far; ip link set far netns $far
there ip link set far name eth0
ip address add 10.77.0.11/24 dev eth0; ip link set eth0 up
there ip address add 10.77.0.12/24 dev eth0; there ip link set eth0 up
printf '#!/bin/sh\\nexec nsenter -t %s -n -m --wd="$PWD" %s "$@"\\n' $far "$PYTHON" >python; chmod +x python
ip -ts -o monitor address >haproxy-1.events & here=$!
there ip -ts -o monitor address >haproxy-2.events & over=$!
begin() {
    [ -e "$1" ] || return
    touch -d "1 hour ago" "$1" # so that there is no doubt that keepalived has read it
    "${@:2}" cp -p "$1" /etc/keepalived/keepalived.conf; "${@:2}" systemctl enable; "${@:2}" systemctl start
}
begin haproxy-1; sleep 1; begin haproxy-2 there; sleep 2
"$PYTHON" -m ansible.cli.playbook -i inventory.json --tags keepalived "$SITE"; echo "ended with $?"
sleep 1
cp /etc/keepalived/keepalived.conf haproxy-1; there cp /etc/keepalived/keepalived.conf haproxy-2
cp /run/log haproxy-1.log; there cp /run/log haproxy-2.log
"""


def vip(number: int, hosts: str = "both", holder: str = TWO) -> dict[str, Any]:
    """A VIP as it is declared."""
    fast = {"advert_int": 0.2}
    return {
        "name": f"v{number}",
        "addresses": [f"{VIPS[number]}/24"],
        "hosts": hosts,
        "holder": holder,
        "instance": fast,
    }


def instance(number: int, host: str, alone: bool = False) -> str:
    """What was written of it before, with haproxy-2 as its holder, or for a host alone."""
    own, peer = (11, 12) if host == ONE else (12, 11)
    speaks = "" if alone else f"  unicast_src_ip 10.77.0.{own}\n  unicast_peer {{\n    10.77.0.{peer}\n  }}\n"
    return (
        f"vrrp_instance v{number} {{\n  state BACKUP\n  interface eth0\n  virtual_router_id {100 + number}\n"
        f"  priority {200 if host == TWO else 190}\n  version 3\n  advert_int 0.2\n{speaks}"
        f"  virtual_ipaddress {{\n    {VIPS[number]}/24\n  }}\n  garp_master_refresh 60\n}}\n"
    )


def group(*numbers: int) -> str:
    return "vrrp_sync_group g {\n  group {\n" + "".join(f"    v{each}\n" for each in numbers) + "  }\n}\n"


@pytest.fixture
def site(tmp_path: Path, collection_root: Path) -> Callable[..., str]:
    """Run the playbook on hosts with these files, until it succeeds; what it said."""

    def run(before: dict[str, str], *vips: dict[str, Any], **more: Any) -> str:
        tools = tmp_path / "bin"
        path = f"{tools}:{os.environ['PATH']}:/usr/sbin:/sbin"
        if os.geteuid() != 0 or not all(shutil.which(name, path=path) for name in ("unshare", "keepalived")):
            pytest.skip("needs root, unshare and keepalived")
        tools.mkdir()
        (tools / "systemctl").write_text(SYSTEMCTL)
        (tools / "systemctl").chmod(0o755)
        common = {
            "ansible_connection": "local",
            "ansible_become": False,
            "keepalived_script_user": "root",
            "k8s_edge_vips": list(vips),
            **more,
        }
        hosts = {
            ONE: {"ansible_host": "10.77.0.11", "ansible_python_interpreter": sys.executable},
            TWO: {"ansible_host": "10.77.0.12", "ansible_python_interpreter": str(tmp_path / "python")},
        }
        groups = {"one": [ONE], "both": HOSTS}
        children = {name: {"hosts": dict.fromkeys(members)} for name, members in groups.items()}
        inventory = {"all": {"vars": common, "hosts": hosts, "children": children}}
        for name, text in {**before, "inventory.json": json.dumps(inventory)}.items():
            (tmp_path / name).write_text(text)
        own = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        known = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
        ended = subprocess.run(
            [*own, "bash", "-c", RUN, "bash", str(tmp_path)],
            env={
                **os.environ,
                "PATH": path,
                "PYTHON": sys.executable,
                "SITE": str(SITE),
                "HOME": str(tmp_path),
                "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(collection_root), *([known] if known else [])]),
                "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
            },
            timeout=900,  # for what hangs: a busy machine takes minutes
            capture_output=True,
            text=True,
        )
        if "Operation not permitted" in ended.stderr:
            pytest.skip("a network or mount namespace is not permitted here")
        logs = "".join(log.read_text() for log in tmp_path.glob("*.log"))
        assert "ended with 0" in ended.stdout, ended.stdout + ended.stderr + logs
        return ended.stdout

    return run


def holding(directory: Path, host: str, address: str) -> list[tuple[float, float]]:
    """The times from and to which a host had an address, on its network or on loopback."""
    found: list[tuple[float, float]] = []
    since: dict[str, float] = {}
    for line in (directory / f"{host}.events").read_text().splitlines():
        match = re.match(rf"\W*\[([^\]]+)\]\s*(Deleted )?\d+: (\S+)\s.*\s{re.escape(address)}/", line)
        if match is not None:
            now, on = datetime.fromisoformat(match.group(1)).timestamp(), match.group(3)
            if match.group(2):
                found.append((since.pop(on), now))
            else:
                since.setdefault(on, now)
    return found + [(start, float("inf")) for start in since.values()]


def away(*spans: tuple[float, float]) -> float:
    """The longest time in which nobody had it, from the first who did."""
    longest, until = 0.0, min(spans)[0]
    for start, end in sorted(spans):
        longest, until = max(longest, start - until), max(until, end)
    assert until == float("inf")
    return longest


def both(ones: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> float:
    """The longest time in which two had it."""
    return max((min(a[1], b[1]) - max(a[0], b[0]) for a in ones for b in others), default=0.0)


def test_a_group_that_grows_always_has_one_holder(site: Callable[..., str], tmp_path: Path) -> None:
    """From one host, which speaks multicast, to two, which speak unicast; the new one is to be the holder. No switch is
    set for it."""
    site({ONE: instance(0, ONE, alone=True)}, vip(0), k8s_edge_plan_file="plan.html")
    (planned,) = json.loads((tmp_path / "plan.json").read_text())["vips"]
    assert (planned["held_by"], planned["then_held_by"]) == ([ONE], TWO)
    assert "<!doctype html>" in (tmp_path / "plan.html").read_text()
    first, second = (holding(tmp_path, host, VIPS[0]) for host in HOSTS)
    assert second[-1][1] == float("inf")
    assert away(*first, *second) < HANDOVER
    assert both(first, second) < HANDOVER


def test_who_joins_the_sync_group_of_a_master_moves_nothing(site: Callable[..., str], tmp_path: Path) -> None:
    before = {host: group(0, 1) + instance(0, host) + instance(1, host) for host in HOSTS}
    groups = [{"name": "g", "group": ["v0", "v1", "v2"]}]
    site(before, vip(0), vip(1), vip(2), keepalived_sync_groups=groups)
    for host in HOSTS:
        assert "    v2\n" in (tmp_path / host).read_text()
    for address in VIPS[:2]:
        # haproxy-1 started first.
        assert len(holding(tmp_path, TWO, address)) == 1
        assert len(holding(tmp_path, ONE, address)) == 1
    assert holding(tmp_path, ONE, VIPS[2]) == []
    assert len(holding(tmp_path, TWO, VIPS[2])) == 1


def test_a_host_leaves_one_sync_group_and_keeps_the_other_vip_renamed(site: Callable[..., str], tmp_path: Path) -> None:
    """What keepalived judges before the change is the file without the old name: it refuses two instances of one router
    ID where one has a password."""
    secret = {"version": 2, "advert_int": 1, "authentication": {"auth_type": "PASS", "auth_pass": "geheim"}}
    with_secret = "version 2\n  advert_int 1\n  authentication {\n    auth_type PASS\n    auth_pass geheim\n  }\n"
    before = {host: group(1, 2) + "".join(instance(number, host) for number in range(3)) for host in HOSTS}
    before = {host: text.replace("version 3\n  advert_int 0.2\n", with_secret, 1) for host, text in before.items()}
    renamed = {**vip(0), "name": "shop", "instance": secret}
    site(before, renamed, vip(1, "one", ONE), vip(2, "one", ONE), keepalived_purge=True)
    left = (tmp_path / TWO).read_text()
    assert re.findall(r"vrrp_\w+ \w+", left) == ["vrrp_instance shop"] and "auth_pass geheim" in left
    ones, twos = ([holding(tmp_path, host, address) for address in VIPS] for host in HOSTS)
    # What haproxy-1 gives up while it changes is on its loopback interface.
    for one, two in zip(ones, twos):
        assert away(*one, *two) < HANDOVER
        assert both(one, two) < HANDOVER
    assert [each[-1][1] for each in (twos[0], *ones[1:])] == [float("inf")] * 3


def test_a_director_leaves_the_vip_that_it_directs_and_keeps_the_other(
    site: Callable[..., str], tmp_path: Path
) -> None:
    directs = (
        f"virtual_server {VIPS[1]} 80 {{\n  lb_algo rr\n  lb_kind DR\n  protocol TCP\n"
        "  real_server 10.77.0.21 80 {\n    weight 1\n  }\n}\n"
    )
    before = {host: instance(0, host) + instance(1, host) for host in HOSTS}
    before[TWO] = "global_defs {\n  lvs_sync_daemon eth0 inst v1\n}\n" + before[TWO] + directs
    said = site(before, vip(0), vip(1, "one", ONE), keepalived_purge=True)
    task = said.partition("Remove what the instances direct]")[2].partition("TASK [")[0]
    assert f"changed: [{TWO}]" in task
    left = (tmp_path / TWO).read_text()
    assert re.findall(r"vrrp_instance \w+|virtual_server|lvs_sync_daemon", left) == ["vrrp_instance v0"]
    for address in VIPS[:2]:
        one, two = (holding(tmp_path, host, address) for host in HOSTS)
        assert away(*one, *two) < HANDOVER
        assert both(one, two) < HANDOVER


def test_a_director_that_gets_a_second_one_always_has_one_holder(site: Callable[..., str], tmp_path: Path) -> None:
    """Its sync daemon is left out of the first reload, and comes back with a second one. That a client loses nothing is
    seen in a kernel with IPVS (tests/kernel/test_growing_directors.py)."""
    directs = (
        f"virtual_server {VIPS[0]} 80 {{\n  lb_algo wlc\n  lb_kind DR\n  protocol TCP\n"
        "  real_server 10.77.0.11 80 {\n    weight 1\n  }\n}\n"
    )
    synced = "global_defs {\n  lvs_sync_daemon eth0 inst v0 id 100\n}\n"
    server = {"address": "10.77.0.11", "port": 80, "weight": 1}
    service = {"address": VIPS[0], "port": 80, "lb_algo": "wlc", "lb_kind": "DR", "protocol": "TCP"}
    said = site(
        {ONE: synced + instance(0, ONE, alone=True) + directs},
        vip(0, holder=ONE),
        # By hand: profile ipvs is refused on a kernel without IPVS.
        keepalived_global_defs={"lvs_sync_daemon": {"interface": "eth0", "inst": "v0", "id": 100}},
        keepalived_virtual_servers=[{**service, "real_servers": [server]}],
    )
    assert f"{ONE}: answers for {VIPS[0]} on loopback while keepalived begins anew." in said
    # The second reload is of the first host only.
    completed = said.partition("Read keepalived after the first reload] ")[2].partition("TASK [")[0]
    assert f"ok: [{ONE}]" in completed
    assert said.count("Read keepalived after the first reload] ") == 1
    for host in HOSTS:
        text = (tmp_path / host).read_text()
        assert text.count("lvs_sync_daemon eth0") == text.count(f"virtual_server {VIPS[0]} 80") == 1
    first, second = (holding(tmp_path, host, VIPS[0]) for host in HOSTS)
    assert first[-1][1] == float("inf")
    assert away(*first, *second) < HANDOVER
    assert both(first, second) < HANDOVER
