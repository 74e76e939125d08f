# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived says of what we refuse. Where it says nothing, nothing but the refusal stands between a user and the
surprise.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan import changes
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.module_utils._keepalived.sync.test_silent import (
    CASES,
    LINK,
    PATTERNS,
)

HERE = shutil.which("keepalived", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


#: What keepalived of the 2.3 series says where 2.2.7 says nothing.
SAID_LATER = {"a group of nobody": "has no members - removing"}


@pytest.mark.skipif(not HERE or os.geteuid() != 0, reason="needs keepalived, and root for its test mode")
@pytest.mark.skipif(not LINK, reason="no Ethernet interface here to run VRRP on")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "_"))
def test_what_the_daemon_would_have_said(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _words, daemon, desired = CASES[case]
    for name in ("changes.new_faults", "config.refuse"):
        monkeypatch.setattr(f"{changes.__name__.rpartition('.')[0]}.{name}", lambda *found: [])
    path = tmp_path / "keepalived.conf"
    path.write_text(plan_config("", desired).text)
    program = System().which("keepalived")
    assert program is not None
    said = System().run([program, "-t", "-f", str(path)], timeout=20, ignore_sigterm=True)
    if not daemon and said.stderr:
        daemon = SAID_LATER.get(case, "")
    assert daemon in said.stderr
    assert bool(said.stderr.strip()) == bool(daemon), said.stderr


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_judged_as_pcre_does(pattern: str) -> None:
    """PCRE2 itself is the witness, through grep."""
    grep = System().run(["/usr/bin/grep", "-P", "-e", pattern, "/dev/null"], timeout=20)
    if "-P" in grep.stderr or grep.rc not in (1, 2):
        pytest.skip("this grep has no PCRE")
    assert (grep.rc == 1) == PATTERNS[pattern], grep.stderr
