# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with a kernel of their own: what is declared of them, and what they carry."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab import luggage, machines, network
from lab.command import LabError
from lab.declaration import Host, Lab, from_inventory, from_json, to_json


def declared(**told: Any) -> Host:
    hostvars = {"edge-1": {"ansible_host": "10.77.0.31", "lab_networks": ["10.77.0.0/24", "fd00:77::/64"], **told}}
    return from_inventory({"_meta": {"hostvars": hostvars}}).hosts[0]


def test_hosts_are_containers_unless_they_say_otherwise() -> None:
    assert (declared().kind, declared().selinux) == ("container", False)
    machine = declared(lab_kind="machine", lab_selinux=True)
    assert (machine.kind, machine.selinux) == ("machine", True)


@pytest.mark.parametrize(
    ("told", "said"),
    [({"lab_kind": "vm"}, "edge-1: lab_kind is 'vm'"), ({"lab_selinux": True}, "Add lab_kind: machine")],
)
def test_what_cannot_be_is_refused_in_words(told: dict[str, Any], said: str) -> None:
    with pytest.raises(LabError, match=said):
        declared(**told)


@pytest.mark.parametrize(("here", "kind"), [(True, "container"), (False, "machine")])
def test_a_host_with_ipvs_is_a_machine_where_this_kernel_has_none(here: bool, kind: str) -> None:
    hostvars = {"edge-1": {"ansible_host": "10.77.0.31", "lab_networks": ["10.77.0.0/24"], "lab_ipvs": True}}
    assert from_inventory({"_meta": {"hostvars": hostvars}}, None, lambda: here).hosts[0].kind == kind


def test_the_kernel_is_not_asked_where_the_inventory_says_it() -> None:
    assert declared(lab_ipvs=True, lab_kind="container").kind == "container"
    assert declared(lab_ipvs=True, lab_kind="machine").kind == "machine"


def test_a_lab_remembers_what_its_hosts_are(small_lab: Lab) -> None:
    lab = replace(small_lab, hosts=(declared(lab_kind="machine", lab_selinux=True), *small_lab.hosts))
    assert from_json(to_json(lab)) == lab


def test_a_machine_carries_its_name_and_its_network(small_lab: Lab, tmp_path: Path) -> None:
    machine = declared(lab_kind="machine")
    for name in ("id.pub", "host", "host.pub"):
        (tmp_path / name).write_text("a key\n")
    with tarfile.open(fileobj=io.BytesIO(luggage.pack(small_lab, machine, tmp_path))) as tar:
        name, orders = (tar.extractfile(path).read().decode() for path in ("etc/hostname", "etc/lab-network"))  # type: ignore[union-attr]
    assert name == "edge-1\n"
    assert orders == network.orders(small_lab, machine)
    assert "addr add 10.77.0.31/24 dev eth0\n" in orders
    assert "addr add fd00:77::31/64 dev eth0 nodad\n" in orders


def test_a_machine_keeps_its_disk_when_the_recipe_becomes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = declared(lab_kind="machine")
    monkeypatch.setattr(machines.disk, "path", lambda _selinux: Path("/new"))
    assert machines._disk(tmp_path, machine) == f"{tmp_path}/edge-1.disk,/new"
    (tmp_path / "edge-1.disk").touch()
    assert machines._disk(tmp_path, machine) == f"{tmp_path}/edge-1.disk"
