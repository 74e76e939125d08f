# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks about interfaces: those of others stay, lists given are whole, and what came in goes out again."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config

THEIRS = """\
# ours and theirs
garp_group {
    garp_interval 0.5   # slow switch
    interface eth0
}
static_routes {
    # the old network
    10.1.0.0/16 via 10.0.0.1
}
"""
GARP = {"interfaces": ["eth2", "eth1"], "gna_interval": 0.1}


def plan(text: str, purge: bool = False, **desired: Any) -> str:
    new = plan_config(text, dict(desired, purge=purge)).text
    assert plan_config(new, dict(desired, purge=purge)).text == new
    return new


def test_a_garp_group_is_told_by_its_interfaces() -> None:
    both = plan(THEIRS, garp_groups=[GARP])
    assert "garp_interval 0.5   # slow switch" in both
    assert both.count("garp_group {") == 2
    assert plan(both, garp_groups=[dict(GARP, interfaces=["eth1", "eth2"])]) == both
    faster = plan(both, garp_groups=[{"interface": "eth0", "garp_interval": 0.2}])
    assert faster == both.replace("garp_interval 0.5", "garp_interval 0.2")
    assert plan(both, purge=True, garp_groups=[GARP]).count("garp_group {") == 1


def test_static_lists_are_whole_and_go_out_as_they_came_in() -> None:
    address = {"address": "192.0.2.7/32", "dev": "lo"}
    added = plan(THEIRS, static_ipaddress=[address], static_rules=["from 10.1.0.0/16 table 7 priority 5"])
    assert "static_ipaddress {\n    192.0.2.7/32 dev lo\n}\n" in added
    assert plan(added, static_ipaddress=[], static_rules=[]) == THEIRS
    routes = ["10.1.0.0/16 via 10.0.0.1", "10.2.0.0/16 via 10.0.0.2"]
    more = plan(THEIRS, static_routes=routes)
    assert more == THEIRS.replace("via 10.0.0.1\n", "via 10.0.0.1\n    10.2.0.0/16 via 10.0.0.2\n")
    assert plan(more, static_routes=routes[:1]) == THEIRS


def test_what_names_a_track_group_comes_after_it() -> None:
    text = plan(
        "static_routes {\n    10.1.0.0/16 dev lo\n}\nvrrp_instance A {\n    virtual_router_id 7\n}\n",
        track_groups=[{"name": "g", "group": ["A"]}],
        static_routes=["10.1.0.0/16 dev lo track_group g"],
    )
    assert text.index("track_group g {") < text.index("dev lo track_group g")


def test_the_second_delay_is_written_where_only_one_stands() -> None:
    text = "interface_up_down_delays {\n    eth0 0.5\n}\n"
    desired = [{"name": "eth0", "down_delay": 0.5, "up_delay": 0.0}]
    assert plan(text, interface_up_down_delays=desired) == text.replace("eth0 0.5", "eth0 0.5 0")


def test_several_blocks_leave_the_end_of_a_file_as_it_was() -> None:
    text = "vrrp_instance A {\n    virtual_router_id 7\n    interface eth0\n}"
    files = [{"name": name, "file": f"/run/{name}"} for name in ("f", "g", "h")]
    delays = [{"name": "eth0", "down_delay": 1.0, "up_delay": 1.0}]
    added = plan(plan(text, track_files=files), interface_up_down_delays=delays)
    assert plan(plan(added, purge=True, track_files=[]), interface_up_down_delays=[]) == text
    groups = [{"name": name, "members": ["fwmark 3"]} for name in ("f", "g", "h")]
    added = plan(text, virtual_server_groups=groups)
    assert not added.endswith("\n")
    assert plan(added, purge=True, virtual_server_groups=[]) == text
    swapped = plan(added, purge=True, virtual_server_groups=[groups[0], dict(groups[1], name="new"), groups[2]])
    assert plan(swapped, purge=True, virtual_server_groups=[]) == text
