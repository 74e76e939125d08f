# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hosts with a real keepalived each, in the steps of the roll: at no moment has nobody the VIP, or both."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_instances import keepalived_instances
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config

VIP, SECOND, THIRD = "10.77.0.100", "10.77.0.101", "10.77.0.102"
ONE, TWO = "haproxy-1", "haproxy-2"
#: A holder that is told of a higher priority has its address for as long as an advertisement takes to reach it.
HANDOVER = 0.25

#: haproxy-2 is a network namespace on the other end of a wire.
RUN = """
cd "$1"; mount -t tmpfs none /run; ip link set lo up
unshare --net sleep 60 & far=$!
until nsenter -t $far -n true 2>/dev/null && ! [ /proc/$far/ns/net -ef /proc/self/ns/net ]; do sleep 0.05; done
ip link add eth0 type veth peer name far; ip link set far netns $far
there() { nsenter -t $far -n "$@"; }
reload() { cp "$2" "$1"; kill -HUP "$(cat "/run/$1")"; sleep 0.3; }
there ip link set far name eth0; there ip link set lo up
ip address add 10.77.0.11/24 dev eth0; ip link set eth0 up
there ip address add 10.77.0.12/24 dev eth0; there ip link set eth0 up
daemon() { exec "${@:2}" keepalived -n -l -D -P -f "$1" -p "/run/$1" -r "/run/$1.v" -c "/run/$1.c" >>"$1.log" 2>&1; }
has() { "${@:2}" ip -o address show dev eth0 | grep -q " $1/"; }
soon() { for n in $(seq 100); do if "$@"; then return; fi; sleep 0.1; done; echo "never: $*"; }
: >haproxy-1.events; : >haproxy-2.events
ip -ts -o monitor address >>haproxy-1.events & here=$!
nsenter -t $far -n ip -ts -o monitor address >>haproxy-2.events & over=$!
. ./steps
sleep 1
kill $(jobs -p); wait
"""


def written(before: str, instances: Sequence[Any], groups: Sequence[Any] = ()) -> str:
    """A keepalived.conf with the instances and groups, as the module writes it."""
    return plan_config(before, {"instances": instances, "sync_groups": groups, "purge": True}).text


def run(folder: Path, steps: str, files: dict[str, str]) -> None:
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if os.geteuid() != 0 or not all(shutil.which(name, path=path) for name in ("unshare", "keepalived")):
        pytest.skip("needs root, unshare and keepalived")
    for name, text in {**files, "steps": steps}.items():
        (folder / name).write_text(text)
    own = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    ended = subprocess.run(
        [*own, "bash", "-c", RUN, "bash", str(folder)],
        env={**os.environ, "PATH": path},
        timeout=60,
        capture_output=True,
        text=True,
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("a network or mount namespace is not permitted here")
    assert "never" not in ended.stdout, ended.stdout + "".join(log.read_text() for log in folder.glob("*.log"))


def holding(folder: Path, host: str, address: str, device: str = r"\S+") -> list[tuple[float, float]]:
    """The times from and to which a host had an address, on that device or on any."""
    found: list[tuple[float, float]] = []
    since: dict[str, float] = {}
    for line in (folder / f"{host}.events").read_text().splitlines():
        match = re.match(rf"\W*\[([^\]]+)\]\s*(Deleted )?\d+: ({device})\s.*\s{re.escape(address)}/", line)
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


def read(instances: Sequence[Any], groups: Sequence[Any] = (), state: str = "MASTER") -> dict[str, Any]:
    """What keepalived_info says of a host that runs these."""
    entries = [(each["name"], entry["address"]) for each in instances for entry in each["virtual_ipaddress"]]
    return {
        "active": bool(instances),
        "installed": True,
        "loaded": True,
        "configuration": {"instances": list(instances), "sync_groups": list(groups)},
        "instances": [{"name": each["name"], "state": state} for each in instances],
        "vips": [{"address": text, "instance": name, "held": state == "MASTER"} for name, text in entries],
        "addresses": [],
    }


def declared(*addresses: str, **more: Any) -> list[dict[str, Any]]:
    fast = {"advert_int": 0.2}
    return [
        {"name": f"v{index}", "hosts": "haproxy", "addresses": [f"{address}/24"], "instance": fast, **more}
        for index, address in enumerate(addresses)
    ]


@pytest.mark.parametrize("holder", [ONE, TWO])
def test_a_group_that_grows_always_has_one_holder(lab: SimpleNamespace, tmp_path: Path, holder: str) -> None:
    """From one host, which speaks multicast, to two, which speak unicast."""
    vips, more = declared(VIP), declared(VIP, holder=holder)
    old = keepalived_instances(vips, ONE, lab.groups(1), lab.hostvars(vips, 1))
    variables = lab.hostvars(more)
    new = {host: keepalived_instances(more, host, lab.groups(), variables) for host in (ONE, TWO)}
    variables[ONE].update(k8s_edge_before=read(old), k8s_edge_read=True)
    variables[TWO].update(k8s_edge_before=read([]), k8s_edge_read=True)
    fleet = edge_fleet(lab.groups(), variables, "read")
    assert (fleet["problems"], fleet["order"]) == ([], [ONE, TWO])
    change = keepalived_change(read(old), new[ONE], [read([])])
    assert change["without_successor"] == []  # so that no switch has to be set for it
    (bridge,) = change["bridged"]
    steps = f"""
cp old one; daemon one & soon has {VIP}
ip address replace {bridge} dev lo; reload one new.one; soon has {VIP}; ip address delete {bridge} dev lo
daemon new.two nsenter -t $far -n & sleep 1.5; soon has {VIP} {"there" if holder == TWO else ""}
"""
    run(tmp_path, steps, {"old": written("", old), "new.one": written("", new[ONE]), "new.two": written("", new[TWO])})
    first, second = (holding(tmp_path, host, VIP) for host in (ONE, TWO))
    assert away(*first, *second) < (HANDOVER if holder == TWO else 0.001)
    assert both(first, second) < HANDOVER
    assert len(second) == (holder == TWO)


def test_who_joins_the_sync_group_of_a_master_moves_nothing(lab: SimpleNamespace, tmp_path: Path) -> None:
    """The backup first, in one reload; then the holder in two."""
    old, new = declared(VIP, SECOND, holder=ONE), declared(VIP, SECOND, THIRD, holder=ONE)
    parts = [
        {host: keepalived_instances(vips, host, lab.groups(), lab.hostvars(vips)) for host in (ONE, TWO)}
        for vips in (old, new)
    ]
    groups = [[{"name": "g", "group": [each["name"] for each in part[ONE]]}] for part in parts]
    change = keepalived_change(read(parts[0][ONE], groups[0]), parts[1][ONE], groups=groups[1])
    assert change["grouped_later"] == ["v2"]
    assert change["first_groups"] == groups[0]
    files = {
        **{f"old.{host}": written("", parts[0][host], groups[0]) for host in (ONE, TWO)},
        **{f"new.{host}": written("", parts[1][host], groups[1]) for host in (ONE, TWO)},
        "first": written("", parts[1][ONE], change["first_groups"]),
    }
    steps = f"""
cp old.{ONE} one; cp old.{TWO} two; daemon one & soon has {VIP}; soon has {SECOND}
daemon two nsenter -t $far -n & sleep 1
reload two new.{TWO}; sleep 1
reload one first; soon has {THIRD}; reload one new.{ONE}; sleep 1
soon has {VIP}; soon has {SECOND}; soon has {THIRD}
"""
    run(tmp_path, steps, files)
    for address in (VIP, SECOND, THIRD):
        assert away(*holding(tmp_path, ONE, address)) < 0.001
        assert holding(tmp_path, TWO, address) == []


def grouped(groups: Sequence[Any], state: str = "MASTER", before: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
    """What waits where v0 runs and v1 and v2 are new: the instances, and the groups that go first."""
    instances = [
        {
            "name": f"v{n}",
            "interface": "eth0",
            "virtual_router_id": n,
            "virtual_ipaddress": [{"address": f"10.0.0.{n}"}],
        }
        for n in range(3)
    ]
    change = keepalived_change(read(instances[:1], before, state), instances, groups=groups)
    return change["grouped_later"], change["first_groups"]


def test_only_who_joins_a_master_waits_for_its_group() -> None:
    all_new, mixed = {"name": "n", "group": ["v1", "v2"]}, {"name": "m", "group": ["v0", "v1"]}
    assert grouped([mixed]) == (["v1"], [])
    assert grouped([mixed], before=[{"name": "m", "group": ["v0"]}]) == (["v1"], [{"name": "m", "group": ["v0"]}])
    assert grouped([mixed], "BACKUP") == ([], [mixed])
    assert grouped([all_new]) == ([], [all_new])
    assert grouped([]) == ([], [])
