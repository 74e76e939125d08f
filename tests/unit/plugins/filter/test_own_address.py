"""Which of a host's addresses is its own, and that a held VIP is no source of what the holder sends."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_instances import keepalived_instances

CHECKOUT = Path(__file__).resolve().parents[4]
SIX = "fd00:77::100/64"


def listed(*addresses, **flags):
    """Addresses of eth0 as keepalived_info lists them."""
    return [
        {"address": each, "interface": "eth0", "secondary": False, "deprecated": False, **flags.get(each, {})}
        for each in addresses
    ]


def source(lab, before, vip=SIX, **variables):
    vips = [{**lab.kubeapi, "addresses": [vip]}]
    hostvars = lab.hostvars(vips)
    hostvars["haproxy-1"].update(k8s_edge_before=before, **variables)
    (instance,) = keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)
    return instance["unicast_src_ip"]


FLOATING, OWN = "fd00:77::5/64", "fd00:77::11/64"
BOTH = {"addresses": listed(FLOATING, OWN)}


@pytest.mark.parametrize(
    ("before", "variables"),
    [
        # A VIP from before a renumbering, or of an instance that somebody else declared.
        ({**BOTH, "vips": [{"address": FLOATING, "instance": "old", "held": True}]}, {}),
        # keepalived runs with it, and its file has been changed since.
        ({**BOTH, "instances": [{"name": "x", "state": "MASTER", "addresses": [FLOATING]}]}, {}),
        (BOTH, {"ansible_host": "fd00:77::11"}),
        (BOTH, {"ansible_host": "10.77.0.11", "k8s_edge_address": "fd00:77::11"}),
        (BOTH, {"ansible_host": "fd00:77::11", "k8s_edge_address": "10.77.0.11"}),
        (BOTH, {"kube_vip_control_plane": {"addresses": ["10.77.0.99", "fd00:77::5"]}}),
        (BOTH, {"kube_vip_cloud_provider_pools": [{"ranges": ["fd00:77::1-fd00:77::9"]}]}),
        ({"addresses": listed(FLOATING, OWN, **{FLOATING: {"deprecated": True}})}, {}),
        ({"addresses": listed(FLOATING, OWN, **{FLOATING: {"secondary": True}})}, {}),
    ],
)
def test_an_address_that_moves_is_not_the_hosts_own(lab, before, variables):
    assert source(lab, before, **variables) == "fd00:77::11"
    assert source(lab, BOTH) == "fd00:77::5"  # told by nothing


def test_the_same_for_ipv4(lab):
    before = {"addresses": listed("10.77.0.5/24", "10.77.0.11/24"), "vips": [{"address": "10.77.0.5/24", "held": True}]}
    assert source(lab, before, "10.77.0.100/24") == "10.77.0.11"
    assert source(lab, {"addresses": before["addresses"]}, "10.77.0.100/24") == "10.77.0.11"  # by ansible_host


def test_a_host_that_has_only_what_moves_is_told_so(lab):
    before = {"addresses": listed(FLOATING), "vips": [{"address": FLOATING, "held": True}]}
    with pytest.raises(AnsibleFilterError, match=r"none of the host's networks.*fd00:77::5/64 moves between hosts"):
        source(lab, before)
    with pytest.raises(AnsibleFilterError, match=r"no IPv6 address of its own is there; fd00:77::5/64 moves"):
        source(lab, before, k8s_edge_interface="eth0")


def test_the_interface_by_hand_is_left_by_its_best_address(lab):
    before = {"addresses": listed("fd00:99::1/128", "fd00:99::2/64")}
    vips = [{**lab.kubeapi, "addresses": ["2001:db8::1/128"], "interface": "eth0"}]
    hostvars = lab.hostvars(vips)
    hostvars["haproxy-1"]["k8s_edge_before"] = before
    (instance,) = keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)
    assert instance["unicast_src_ip"] == "fd00:99::2"


@pytest.mark.parametrize(
    ("vip", "own", "fits"),
    [
        ("10.77.0.100/16", "10.77.0.11/24", "10.77.0.100/24, or 10.77.0.100/32"),
        ("10.77.0.100/25", "10.77.0.11/24", "10.77.0.100/24, or 10.77.0.100/32"),
        ("fd00:77::100/48", OWN, "fd00:77::100/64, or fd00:77::100/128"),
        ("fd00:77::100/96", OWN, "fd00:77::100/64, or fd00:77::100/128"),
    ],
)
def test_a_prefix_that_is_not_the_networks_is_refused(lab, vip, own, fits):
    with pytest.raises(AnsibleFilterError) as raised:
        source(lab, {"addresses": listed(own)}, vip)
    assert f"'{vip}' has another prefix than the host's network there" in str(raised.value)
    assert f"Write {fits}." in str(raised.value)


@pytest.mark.parametrize("vip", ["172.20.0.119/17", "172.20.0.119/32"])
def test_the_networks_prefix_and_the_address_alone_are_fine(lab, vip):
    vips = [{**lab.kubeapi, "addresses": [vip]}]
    hostvars = lab.hostvars(vips)
    for n in (1, 2):
        hostvars[f"haproxy-{n}"]["k8s_edge_before"] = {"addresses": listed(f"172.20.0.11{n}/17")}
    assert keepalived_instances(vips, "haproxy-1", lab.groups(), hostvars)[0]["unicast_src_ip"] == "172.20.0.111"


def test_the_holder_that_keepalived_knows_is_last(lab):
    """Whatever facts show: a VIP with a label and /32 is missing there."""
    for before in (
        {"vips": [{"address": "10.77.0.100/24", "instance": "kubeapi", "held": True}]},
        {"instances": [{"name": "kubeapi", "state": "MASTER"}]},
    ):
        hostvars = lab.hostvars()
        for host in ("haproxy-1", "haproxy-2"):
            hostvars[host]["k8s_edge_before"] = {"active": True, "loaded": True, "configuration": {}}
        hostvars["haproxy-1"]["k8s_edge_before"].update(before)
        assert edge_hosts(lab.groups(), hostvars, "in_order") == ["haproxy-2", "haproxy-1"]


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
