# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.declaration import read_inventory


@pytest.mark.skipif(not shutil.which("ansible-inventory"), reason="needs ansible-inventory")
def test_the_labs_own_inventory() -> None:
    lab = read_inventory(str(Path(__file__).resolve().parents[3] / "inventories" / "lab"), None)
    counts = {group: len(lab.members(group)) for group in ("haproxy", "kube_control_plane", "client")}
    assert counts == {"haproxy": 2, "kube_control_plane": 3, "client": 1}
    assert lab.served == ("10.77.0.100", "fd00:77::100")


@pytest.mark.skipif(not shutil.which("ansible-inventory"), reason="needs ansible-inventory")
def test_the_inventory_of_edge_nodes() -> None:
    lab = read_inventory(str(Path(__file__).resolve().parents[3] / "inventories" / "lab-edge"), "mine")
    assert {group: len(lab.members(group)) for group in ("edge", "client")} == {"edge": 3, "client": 1}
    assert len({host.kind for host in lab.members("edge")}) == 1
    assert lab.served == ("10.77.0.100",)
