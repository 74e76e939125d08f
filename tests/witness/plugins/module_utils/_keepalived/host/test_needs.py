# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration needs of its host, held against keepalived and the host's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import SINCE
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.module_utils._keepalived.host.test_needs import LINKED, said, script


def test_what_a_script_needs(tmp_path: Path) -> None:
    assert said('vrrp_script s {\n script "/bin/true -x"\n}\n') == ""
    assert said("vrrp_script s {\n script killall\n}\n") == ""
    assert "does not exist" in said("vrrp_script s {\n script /nowhere\n}\n")
    assert "not an executable file" in said(script(tmp_path, 0o644))
    assert "by users other than root" in said(script(tmp_path, 0o757))
    assert "not a user" in said("vrrp_script s {\n user k8s_edge_nobody_at_all\n}\n")


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_keepalived_runs_what_is_not_found(user: str, tmp_path: Path, told_by_keepalived: Callable[..., str]) -> None:
    """Its dump has no transition script where it would not run one, and its messages name the checks."""
    path = tmp_path / "keepalived.conf"
    text = LINKED.format(user=user, real="/mnt/real", link="/mnt/link").partition("virtual_server")[0]
    if user == "nobody":  # 2.2.7 ends itself where another user runs a start-up script
        text = text.replace("startup_script", "#")
    path.write_text(text)
    # /tmp itself is a directory that others may write.
    before = (
        "mount -t tmpfs -o mode=755 tmpfs /mnt; mkdir /mnt/real; ln -s /mnt/real /mnt/link;"
        " cp /usr/bin/true /mnt/real/check; ln -s /mnt/real/check /mnt/real/linked;"
    )
    said = told_by_keepalived(path, "-D", before=before)
    minds = number(live.version(System()) or "") >= SINCE and user == "root"
    assert ("Master state transition script" in said) is not minds
    assert ("track script s due to insecure" in said) is minds
    assert "track script t due to insecure" not in said
    assert "Backup state transition script" in said
    assert "Fault state transition script" in said
