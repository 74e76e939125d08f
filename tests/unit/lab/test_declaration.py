# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.command import LabError
from lab.declaration import Lab, from_inventory, from_json, to_json

COMMON = {
    "lab_instance": "k8s-edge",
    "lab_networks": ["10.77.0.0/24", "fd00:77::/64"],
    "k8s_edge_vips": [{"name": "kubeapi", "addresses": ["10.77.0.100/24", "fd00:77::100/64"]}],
}
LISTING: dict[str, Any] = {
    "_meta": {
        "hostvars": {
            "haproxy-1": {"ansible_host": "10.77.0.11", **COMMON},
            "kube-1": {"ansible_host": "10.77.0.21", **COMMON},
        }
    },
    "all": {"children": ["ungrouped", "cluster", "haproxy"]},
    "cluster": {"children": ["kube_control_plane"]},
    "kube_control_plane": {"hosts": ["kube-1"]},
    "haproxy": {"hosts": ["haproxy-1"]},
}


def listing(host: str = "", **changes: Any) -> dict[str, Any]:
    changed = copy.deepcopy(LISTING)
    for name, variables in changed["_meta"]["hostvars"].items():
        if not host or name == host:
            variables.update(changes)
    return changed


def test_hosts_with_their_addresses_and_groups() -> None:
    lab = from_inventory(LISTING)
    assert lab.instance == "k8s-edge"
    assert lab.host("haproxy-1").addresses == ("10.77.0.11/24", "fd00:77::11/64")
    assert lab.host("kube-1").groups == ("cluster", "kube_control_plane")
    assert [host.name for host in lab.members("cluster")] == ["kube-1"]
    assert lab.served == ("10.77.0.100", "fd00:77::100")
    assert lab.gateways == ("10.77.0.1/24", "fd00:77::1/64")


def test_spare_vips_are_no_vips_of_the_lab() -> None:
    lab = from_inventory(listing(lab_spare_vips=["10.77.0.110"]))
    assert (lab.served, lab.spare) == (("10.77.0.100", "fd00:77::100"), ("10.77.0.110",))


def test_an_ipv6_host_has_its_ipv4_counterpart() -> None:
    lab = from_inventory(listing("kube-1", ansible_host="fd00:77::21"))
    assert lab.host("kube-1").addresses == ("10.77.0.21/24", "fd00:77::21/64")


def test_the_instance_given_goes_first() -> None:
    assert from_inventory(LISTING, "other").instance == "other"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (listing(lab_networks=[]), "lab_networks"),
        (listing("kube-1", ansible_host="kube-1.example.org"), "kube-1: ansible_host"),
        (listing("kube-1", ansible_host="10.99.0.21"), "in none of lab_networks"),
        (listing("kube-1", ansible_host="10.77.0.11"), "both have 10.77.0.11"),
        (listing("kube-1", ansible_host="fd00:77::fffe"), "no counterpart"),
        (listing(lab_instance="../etc"), "small letters"),
        (listing(lab_instance="a-very-long-instance-name"), "at most 15"),
        ({"_meta": {"hostvars": {}}}, "no hosts"),
    ],
)
def test_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        from_inventory(changed)


def test_an_unknown_host_is_named_with_those_there_are(small_lab: Lab) -> None:
    with pytest.raises(LabError, match=r"no host kube-9 .* client-1, haproxy-1, kube-1"):
        small_lab.host("kube-9")


def test_json_round_trip(small_lab: Lab) -> None:
    assert from_json(to_json(small_lab)) == small_lab
