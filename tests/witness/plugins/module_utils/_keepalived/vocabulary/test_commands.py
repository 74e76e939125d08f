# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in whatever quotes: keepalived would run what they mean to us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

from unit.plugins.module_utils._keepalived.vocabulary.test_commands import SPELLINGS


def test_keepalived_runs_the_words_that_are_read(tmp_path: Path, told_by_keepalived: Callable[..., str]) -> None:
    path = tmp_path / "keepalived.conf"
    written = ['"haproxy -f" x', "a b"]
    scripts = "".join(f"vrrp_script s{at} {{\n script {one}\n}}\n" for at, one in enumerate(SPELLINGS))
    processes = "".join(f"vrrp_track_process p{at} {{\n process {one}\n}}\n" for at, one in enumerate(written))
    tracked = "".join(f" s{at}\n" for at in range(len(SPELLINGS)))
    path.write_text(
        f"global_defs {{\n script_user root\n}}\n{scripts}{processes}vrrp_instance A {{\n interface v0\n"
        f" virtual_router_id 5\n virtual_ipaddress {{\n 10.1.1.1\n }}\n track_script {{\n{tracked} }}\n"
        " track_process {\n p0\n p1\n }\n}\n"
    )
    said = told_by_keepalived(path)
    commands = dict(re.findall(r"VRRP Script = (s\d+)\n.*?Command = ([^\n]*)", said, re.DOTALL))
    assert commands == {
        f"s{at}": " ".join(f"'{word}'" for word in words) for at, words in enumerate(SPELLINGS.values())
    }
    assert re.findall(r" Process = ([^\n]*)\n[^\n]*Parameters = ([^\n]*)", said) == [("haproxy -f", "x"), ("a", "b")]
