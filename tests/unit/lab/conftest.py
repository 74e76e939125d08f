# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the package `lab` importable, and offers a small lab as a value."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from lab.declaration import Host, Lab


@pytest.fixture
def small_lab() -> Lab:
    hosts = (
        Host("client-1", ("10.77.0.50/24", "fd00:77::50/64"), ("client",)),
        Host("haproxy-1", ("10.77.0.11/24", "fd00:77::11/64"), ("haproxy",)),
        Host("kube-1", ("10.77.0.21/24", "fd00:77::21/64"), ("kube_control_plane",)),
    )
    return Lab("small", ("10.77.0.0/24", "fd00:77::/64"), ("10.77.0.100", "fd00:77::100"), hosts, ("10.77.0.110",))
