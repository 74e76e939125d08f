# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of change does to a held VIP: our word for it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import (
    impact,
    let_go,
    lost_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.instance import plan_instance
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse

VIP, SECOND, THIRD = "10.9.0.100", "10.9.0.101", "10.9.0.102"
#: Seconds between advertisements: an instance that begins anew waits three of them and a bit.
ADVERT = 0.2
GAP = 0.4


def instance(name="A", vrid=51, vips=(f"{VIP}/24",), unicast=True, **lines):
    options = {"state": "BACKUP", "interface": "eth0", "priority": 200, "version": 3, "advert_int": ADVERT, **lines}
    text = "".join(f"  {key} {value}\n" for key, value in options.items() if value is not None)
    if unicast:
        text += "  unicast_peer {\n    10.9.0.2\n  }\n"
        text += "" if "unicast_src_ip" in lines else "  unicast_src_ip 10.9.0.1\n"
    addresses = "".join(f"    {vip}\n" for vip in vips)
    return f"vrrp_instance {name} {{\n  virtual_router_id {vrid}\n{text}  virtual_ipaddress {{\n{addresses}  }}\n}}\n"


def group(*names):
    return "vrrp_sync_group G {\n  group {\n" + "".join(f"    {name}\n" for name in names) + "  }\n}\n"


def block(keyword, line):
    return {keyword: "{\n    " + line + "\n  }"}


A, B, C = instance(), instance("B", 52, (f"{SECOND}/24",)), instance("C", 53, (f"{THIRD}/24",))
SCRIPT = 'global_defs {\n  script_user root\n}\nvrrp_script ok {\n  script "/usr/bin/true"\n  interval 1\n}\n'
STAYS, MOVES, MAY = "stays", "moves", "may move"


class Case(NamedTuple):
    """Two files, and what becomes of VIP at the reload from one to the other. MAY: it stays here, where no peer is."""

    before: str
    after: str
    fate: str
    lost: tuple[str, ...] = ()


CASES = {
    "unicast begins": Case(instance(unicast=False), A, MOVES),
    "unicast ends": Case(A, instance(unicast=False), MOVES),
    "one more peer": Case(A, A.replace("10.9.0.2\n", "10.9.0.2\n    10.9.0.3\n"), STAYS),
    "another own address": Case(A, instance(unicast_src_ip="10.9.0.9"), MOVES),
    "virtual_router_id": Case(A, instance(vrid=61), MOVES),
    "virtual_router_id and name": Case(A, instance("Z", vrid=61), MOVES),
    "name": Case(A, instance("Z"), STAYS),
    "interface": Case(A, instance(interface="eth1"), MOVES),
    "priority falls": Case(A, instance(priority=100), MAY),
    "priority rises": Case(A, instance(priority=220), MAY),
    "nopreempt": Case(A, A.replace("priority", "nopreempt\n  priority"), STAYS),
    "nopreempt ends": Case(A.replace("priority", "nopreempt\n  priority"), A, MAY),
    "advert_int": Case(A, instance(advert_int=0.3), STAYS),
    "version": Case(instance(advert_int=1), instance(advert_int=1, version=2), STAYS),
    "state": Case(A, instance(state="MASTER"), STAYS),
    "garp_master_refresh": Case(A, instance(garp_master_refresh=60), STAYS),
    "track_script": Case(SCRIPT + A, SCRIPT + instance(**block("track_script", "ok")), STAYS),
    "track_interface": Case(A, instance(**block("track_interface", "lo")), STAYS),
    "authentication": Case(
        instance(advert_int=1, version=2),
        instance(advert_int=1, version=2, **block("authentication", "auth_type PASS\n    auth_pass abc")),
        STAYS,
    ),
    "prefix": Case(A, instance(vips=(f"{VIP}/32",)), STAYS),
    "label": Case(A, instance(vips=(f"{VIP}/24 label eth0:v",)), STAYS),
    "broadcast": Case(A, instance(vips=(f"{VIP}/24 brd 10.9.0.255",)), STAYS),
    "scope": Case(A, instance(vips=(f"{VIP}/24 scope link",)), MOVES),
    "device": Case(A, instance(vips=(f"{VIP}/24 dev eth1",)), MOVES),
    "device said": Case(A, instance(vips=(f"{VIP}/24 dev eth0",)), STAYS),
    "address added": Case(A, instance(vips=(f"{VIP}/24", f"{SECOND}/24")), STAYS),
    "that address removed": Case(instance(vips=(f"{VIP}/24", f"{SECOND}/24")), instance(vips=(f"{SECOND}/24",)), MOVES),
    "order of addresses": Case(
        instance(vips=(f"{VIP}/24", f"{SECOND}/24")), instance(vips=(f"{SECOND}/24", f"{VIP}/24")), STAYS
    ),
    "excluded": Case(
        instance(vips=(f"{SECOND}/24", f"{VIP}/24")),
        instance(vips=(f"{SECOND}/24",), **block("virtual_ipaddress_excluded", f"{VIP}/24")),
        STAYS,
    ),
    "instance added": Case(A, A + B, STAYS),
    "that instance removed": Case(A + B, B, MOVES),
    "two grouped": Case(A + B, group("A", "B") + A + B, STAYS),
    "two ungrouped": Case(group("A", "B") + A + B, A + B, STAYS),
    "grouped with a new one": Case(A, group("A", "B") + A + B, MOVES),
    "a new one in the group": Case(group("A", "B") + A + B, group("A", "B", "C") + A + B + C, MOVES),
    "one leaves the group": Case(group("A", "B", "C") + A + B + C, group("A", "B") + A + B + C, STAYS),
    "another's virtual_router_id in the group": Case(
        group("A", "B") + A + B, group("A", "B") + A + B.replace("router_id 52", "router_id 62"), MOVES
    ),
    "names traded": Case(
        A + B, instance("B", 51, (f"{VIP}/24",)) + instance("A", 52, (f"{SECOND}/24",)), STAYS
    ),
    "virtual_router_ids traded": Case(B + A, B.replace("52", "51") + A.replace("51", "52", 1), MOVES, (VIP,)),
    "addresses traded": Case(
        B + A, instance("B", 52, (f"{VIP}/24",)) + instance("A", 51, (f"{SECOND}/24",)), MOVES, (VIP,)
    ),
    "an address handed up": Case(
        B + instance(vips=(f"{THIRD}/24", f"{VIP}/24")),
        instance("B", 52, (f"{SECOND}/24", f"{VIP}/24")) + instance(vips=(f"{THIRD}/24",)),
        MOVES,
        (VIP,),
    ),
}  # fmt: skip


def fate(directory: Path) -> str:
    """STAYS, or MOVES where the VIP was away for longer than GAP or is away for good."""
    log = (directory / "log").read_text()
    assert "Entering MASTER STATE" in log, log
    assert "Reload complete" in log, log
    away, since = 0.0, None
    for line in (directory / "events").read_text().splitlines():
        match = re.match(rf"\W*\[([^\]]+)\]\s*(Deleted )?.*\s{re.escape(VIP)}/", line)
        if match is None:
            continue
        now = datetime.fromisoformat(match.group(1)).timestamp()
        if match.group(2):
            since = now
        elif since is not None:
            away, since = max(away, now - since), None
    held = any(f"{VIP}/" in line and "eth0" in line for line in (directory / "held").read_text().splitlines())
    return STAYS if held and away < GAP else MOVES


@pytest.mark.parametrize("name", CASES)
def test_the_impact_of_a_change(name: str) -> None:
    case = CASES[name]
    before, after = parse(case.before), parse(case.after)
    assert impact(before, after) == ("reload" if case.fate == STAYS else "vip_move")
    assert lost_addresses(before, after) == list(case.lost)


def test_what_the_file_leaves_open_is_no_change() -> None:
    text = "$ID=51\n" + A.replace("virtual_router_id 51", "virtual_router_id $ID")
    assert impact(parse(text), parse(text + B)) == "reload"


def test_a_file_without_instances_moves_nothing() -> None:
    assert impact(parse(""), parse(group("A", "B") + A + B)) == "reload"
    assert impact(parse(SCRIPT), parse(SCRIPT.replace("interval 1", "interval 2"))) == "reload"


def of(line: str) -> str:
    return instance(vips=(line,))


def test_what_is_left_as_it_is_is_said() -> None:
    said = plan_config(of(f"{VIP}/24"), {"instances": [{"name": "A", "virtual_ipaddress": [LIFETIME]}]}).warnings
    assert [
        f"reload does not change this of an address that keepalived holds: {VIP}/24 preferred_lft." in each
        for each in said
    ] == [True]


def test_what_joins_a_group_too_early_is_said() -> None:
    members = [{"name": "A"}, {"name": "B"}]
    new = {**members[1], "interface": "eth0", "virtual_router_id": 52, "priority": 200}
    new["virtual_ipaddress"] = [{"address": f"{SECOND}/24"}]
    grouped = {"sync_groups": [{"name": "G", "group": ["A", "B"]}]}
    said = plan_config(A, {"instances": [members[0], new], **grouped})
    assert said.impact == "vip_move"
    assert "a reload with the new instance B in it removes the group's addresses" in said.warnings[0]
    later = plan_config(plan_config(A, {"instances": [members[0], new]}).text, grouped)
    assert (later.impact, later.warnings) == ("reload", ())


def test_an_instance_that_goes_leaves_its_group_and_the_last_takes_it_along() -> None:
    text = "# kept\n" + group("A", "B") + A + B
    one = plan_instance(text, {"name": "A", "state": "absent"})
    assert one.text == "# kept\n" + group("B") + B
    assert one.summaries == ("remove vrrp_instance A", "vrrp_sync_group G: remove group A")
    assert plan_instance(one.text, {"name": "B", "state": "absent"}).text == "# kept\n"


LIFETIME = {"address": f"{VIP}/24", "preferred_lft": "0"}


@pytest.mark.parametrize(
    ("changes", "groups", "expected"),
    [
        ({}, [], []),
        ({"priority": 1}, [], []),
        ({"name": "other"}, [], []),
        ({"virtual_router_id": 9}, [], [VIP]),
        ({"unicast_src_ip": "10.9.0.7"}, [], [VIP]),
        ({"virtual_ipaddress": [{"address": f"{VIP}/32"}]}, [], []),
        ({"virtual_ipaddress": [{"address": SECOND}]}, [], [VIP]),
        ({"virtual_router_id": 9}, ["one", "two"], [VIP, THIRD]),
        ({"virtual_ipaddress": [{"address": SECOND}]}, ["one", "two"], [VIP]),
        ({"name": "other", "unicast_src_ip": "10.9.0.7"}, ["other", "two"], [VIP, THIRD]),
        ({}, ["one", "two", "new"], [VIP, THIRD]),
    ],
)
def test_which_addresses_a_master_lets_go_of(changes, groups, expected):
    one = {"name": "one", "virtual_router_id": 5, "interface": "eth0", "virtual_ipaddress": [{"address": f"{VIP}/24"}]}
    two = {"name": "two", "virtual_router_id": 6, "interface": "eth0", "virtual_ipaddress": [{"address": THIRD}]}
    new = {"name": "new", "virtual_router_id": 7, "interface": "eth0"}
    assert let_go([one, two], [{**one, **changes}, two, new], [{"name": "G", "group": groups}]) == expected


def test_an_instance_that_goes_lets_go_of_all_its_addresses():
    one = {
        "name": "one",
        "virtual_router_id": 5,
        "interface": "eth0",
        "virtual_ipaddress": [{"address": VIP}, {"address": SECOND}],
    }
    assert let_go([one], [], []) == [VIP, SECOND]
