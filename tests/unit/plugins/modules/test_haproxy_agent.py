# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server and servers with an agent check: how long it may take."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.agent import agents_turn
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers.state import Server


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ("agent-check agent-inter 5s inter 1s", 5.5),
        ("agent-check inter 4000", 4.5),
        ("agent-check", 2.5),
        ("agent-check agent-inter 10m", 30.5),
    ],
)
def test_how_long_an_agent_takes(options, seconds, tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text(f"backend b\n    server one 10.0.0.1:80 {options}\n")
    server = Server("b", "one", 0, 2, 1, 1, 1.0, 0, 0, 0, "UP", True, False, False, "", True)
    assert agents_turn(str(file), [server]) == seconds
    assert agents_turn(str(tmp_path / "none"), [server]) == 2.5
