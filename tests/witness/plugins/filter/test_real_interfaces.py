"""Where a host stands, by the facts and by keepalived_info of real interfaces of every kind that this kernel makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import held, place_for, places
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared

#: Kind of interface: its name and how it is made. The n-th has the address 10.7.n.11/24.
KINDS = {
    "veth": ("veth-a.b_c", "ip link add veth-a.b_c type veth peer name other"),
    "fifteen characters": ("a-b.c_d-e.f_g-h", "ip link add a-b.c_d-e.f_g-h type veth peer name peer15"),
    "vlan": ("up0.110", "ip link add link up0 name up0.110 type vlan id 110"),
    "bond": ("bond-0", "ip link add bond-0 type bond"),
    "vlan on a bond": ("bond-0.7", "ip link add link bond-0 name bond-0.7 type vlan id 7"),
    "bridge": ("br_lan-1.x", "ip link add br_lan-1.x type bridge"),
    "macvlan": ("vrrp.51", "ip link add link up0 name vrrp.51 type macvlan mode bridge"),
    "ipvlan": ("ipv-l2.0", "ip link add link up1 name ipv-l2.0 type ipvlan mode l2"),
    "dummy": ("dummy-0.0", "ip link add dummy-0.0 type dummy"),
    "vrf": ("vrf-red", "ip link add vrf-red type vrf table 10"),
    "vrf member": ("red-1.5", "ip link add red-1.5 master vrf-red type veth peer name red-peer"),
    "tap": ("tap-1.2", "ip tuntap add tap-1.2 mode tap"),
    "vxlan": ("vx-5.0", "ip link add vx-5.0 type vxlan id 5 remote 192.0.2.1 dstport 4789"),
    "team": ("team-0.0", "ip link add team-0.0 type team"),
}
#: Names of which facts keep one, and addresses of which they keep the last.
TWINS = """
ip link add eth-9 type veth peer name eth_9
ip address add 10.8.1.11/24 dev eth-9
ip address add 10.8.2.11/24 dev eth_9
ip address add 10.8.1.100/32 dev eth-9 label eth-9:vip
ip address add 10.8.1.101/32 dev eth-9 label eth-9:vip
ip address add 10.8.1.102/24 dev eth-9 label eth-9:vip
ip address add 10.8.2.100/32 dev eth_9 label free
"""


def _script(facts: Path, info: Path) -> str:
    made = ["set -e; mount -t sysfs none /sys; ip link set lo up"]
    made.append("for n in 0 1; do ip link add up$n type veth peer name down$n; done")
    for number, (name, command) in enumerate(KINDS.values(), 1):
        # What the kernel has no module for is seen by its absence.
        made.append(f"if ({command}) 2>/dev/null && [ -e /sys/class/net/{name} ]; then")
        made.append(f"ip address add 10.7.{number}.11/24 dev {name}; ip link set {name} up || true; fi")
    module = "ansible localhost -c local -e ansible_python_interpreter={0} -m {1} >{2}"
    made += [TWINS, module.format(sys.executable, "setup -a 'gather_subset=!all,network'", facts)]
    made.append(module.format(sys.executable, "k8s_edge.ha.keepalived_info", info))
    return "\n".join(made)


@pytest.fixture(scope="module")
def read(tmp_path_factory, collection_root):
    """The host variables of a host with all these interfaces: by its facts alone, and with keepalived_info's answer."""
    if os.geteuid() != 0:
        pytest.skip("making interfaces in a network namespace of its own needs root")
    directory = tmp_path_factory.mktemp("host")
    facts, info = directory / "facts", directory / "info"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "ANSIBLE_REMOTE_TMP": str(directory / "tmp"),
        "ANSIBLE_COLLECTIONS_PATH": str(collection_root),
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
    }
    ended = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", _script(facts, info)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("a network or mount namespace is not permitted here")
    assert ended.returncode == 0, ended.stdout + ended.stderr + facts.read_text()
    answers = [json.loads(path.read_text().partition("=> ")[2]) for path in (facts, info)]
    by_facts = {
        "ansible_facts": {key.removeprefix("ansible_"): value for key, value in answers[0]["ansible_facts"].items()}
    }
    return {"facts": by_facts, "keepalived_info": {**by_facts, "k8s_edge_before": answers[1]}}


def _vip(address, **more):
    return declared([{"name": "v", "addresses": [address], "hosts": "h", **more}], {"h": ["here"]})


@pytest.mark.parametrize("source", ["facts", "keepalived_info"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_interface_of_every_kind_is_seen(read, kind, source):
    number, (name, _command) = list(KINDS).index(kind) + 1, KINDS[kind]
    hostvars = read[source]
    if name.replace("-", "_") not in [each.replace("-", "_") for each in hostvars["ansible_facts"]["interfaces"]]:
        pytest.skip(f"the kernel here makes no {kind}")
    for more in ({}, {"interface": name}):
        vips = _vip(f"10.7.{number}.100/24", **more)
        place = place_for(vips[0], vips[0].addresses[0], "here", hostvars, vips)
        assert (place.interface, str(place.address)) == (name, f"10.7.{number}.11/24")


@pytest.mark.parametrize("address", ["10.8.1.100/32", "10.8.1.101/32", "10.8.1.102/24", "10.8.2.100/32"])
def test_a_vip_with_a_label_is_seen_as_held(read, address):
    assert held(_vip(address)[0], read["keepalived_info"])


def test_facts_alone_tell_of_a_label_what_they_keep(read):
    vips = [_vip(f"10.8.1.{last}/32")[0] for last in (100, 101, 102)]
    assert [held(vip, read["facts"]) for vip in vips] == [False, False, True]
    by_label = {str(place.address.ip): place.interface for place in places(read["facts"])}
    assert by_label["10.8.2.100"] == ""


def test_names_that_are_one_key_of_the_facts_are_two_interfaces(read):
    for address, name in (("10.8.1.50/24", "eth-9"), ("10.8.2.50/24", "eth_9")):
        vips = _vip(address)
        assert place_for(vips[0], vips[0].addresses[0], "here", read["keepalived_info"], vips).interface == name
