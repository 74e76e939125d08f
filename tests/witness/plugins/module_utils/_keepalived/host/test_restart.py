# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived would find what its files need if it were started now."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import info
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("keepalived", path=os.environ["PATH"] + ":/usr/sbin"),
    reason="only root can tell, where keepalived is installed",
)

FILE = """\
global_defs {
  script_user root
}
vrrp_script check {
  script "/usr/bin/true"
}
vrrp_instance A {
  interface lo
  virtual_router_id 51
  virtual_ipaddress {
    10.9.0.100/32
  }
}
"""


def problems(path: Path, text: str, check_start: bool = True) -> list[str] | None:
    path.write_text(text)
    told: list[str] | None = info({"path": str(path), "live": False, "check_start": check_start}, System(), False)[
        "start_problems"
    ]
    return told


def test_nothing_is_told_of_a_file_whose_needs_are_met(tmp_path: Path) -> None:
    assert problems(tmp_path / "keepalived.conf", FILE) == []
    assert problems(tmp_path / "keepalived.conf", FILE, check_start=False) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/usr/bin/true", "/nowhere/check"),
        ("script_user root", "script_user nobody-of-this-host"),
        ("interface lo", "interface eth99"),
        ("interface lo", "interface lo\n  unicast_src_ip 192.0.2.1"),
        ("interface lo", "interface lo\n  notify_master /nowhere/notify"),
    ],
)
def test_what_is_missing_is_told_also_where_it_was_missing_before(tmp_path: Path, before: str, after: str) -> None:
    told = problems(tmp_path / "keepalived.conf", FILE.replace(before, after))
    assert told is not None
    assert [after.split()[-1] in each for each in told] == [True]


def test_included_files_and_definitions_count(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text(FILE.replace('"/usr/bin/true"', "$CHECK"))
    (told,) = problems(tmp_path / "keepalived.conf", f"$CHECK=/nowhere/check\ninclude {tmp_path}/more.conf\n") or ()
    assert "/nowhere/check" in told
